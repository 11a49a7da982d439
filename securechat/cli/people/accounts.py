"""Accounts: making, listing and changing them; `deluser` is in `removal`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from securechat.app.directory import data_dir_option
from securechat.cli.change import change
from securechat.cli.consent import ForceOption
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.passwords import (
    FileOption,
    GenerateOption,
    SaveOption,
    StdinOption,
    hash_password,
    obtain,
    shown_or_saved,
)
from securechat.cli.place import ConfigOption, DataDirOption, existing_place, find_place
from securechat.cli.table import JsonOption, day, print_rows

if TYPE_CHECKING:
    from securechat.chat.requests import Row

NameArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="The account's name.")]


MustChangeOption = Annotated[
    bool,
    typer.Option("--must-change", help="The next login can do nothing but set a new password."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (adduser, passwd, users, disable, enable, rename, role):
        app.command()(command)


def adduser(
    name: NameArgument,
    admin: Annotated[bool, typer.Option("--admin", help="The account may become an operator.")] = False,
    bot: Annotated[bool, typer.Option("--bot", help="The account belongs to a program.")] = False,
    password_stdin: StdinOption = False,
    password_file: FileOption = None,
    generate: GenerateOption = False,
    save: SaveOption = None,
    must_change: MustChangeOption = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print nothing when it is done but a generated password.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make an account.

    Without an option for it, the password is asked for on the terminal.
    """
    from securechat.chat.requests import AddAccount

    if admin and bot:
        raise typer.BadParameter("an account is either --admin or --bot")
    place = find_place(config, data_dir)
    settings = place.config
    check_name(name)
    password = obtain(name, stdin=password_stdin, file=password_file, generate=generate)
    role = "admin" if admin else "bot" if bot else "member"
    request = AddAccount(name, hash_password(password, settings.auth.argon2), role, must_change)
    facts = {"account": name, "role": role}
    with shown_or_saved(password, generate, save, facts if as_json else None) as printed:
        done, where = f"The account {name} was added", _whereabouts(generate, save)
        quiet = printed or (quiet and not as_json)
        change(place, request, done, where, quiet=quiet, as_json=as_json, facts=facts)


def passwd(
    name: NameArgument,
    keep_sessions: Annotated[
        bool, typer.Option("--keep-sessions", help="Let the account's sessions go on.")
    ] = False,
    password_stdin: StdinOption = False,
    password_file: FileOption = None,
    generate: GenerateOption = False,
    save: SaveOption = None,
    must_change: MustChangeOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Change an account's password.

    Its sessions end, so whoever knew the old one is out. With --must-change, and without a new password here,
    the old one stays and can only be changed.
    """
    from securechat.chat.people import RequirePassword
    from securechat.chat.requests import SetPassword

    place = existing_place(config, data_dir)
    settings = place.config
    if must_change and not (password_stdin or password_file or generate):
        done = f"{name} has to set a new password at the next login"
        due = {"account": name, "must_change": True}
        change(place, RequirePassword(name), done, as_json=as_json, facts=due)
        return
    password = obtain(name, stdin=password_stdin, file=password_file, generate=generate)
    request = SetPassword(name, hash_password(password, settings.auth.argon2), keep_sessions, must_change)
    facts = {"account": name}
    with shown_or_saved(password, generate, save, facts if as_json else None) as printed:
        done, where = f"The password of {name} was changed", _whereabouts(generate, save)
        change(place, request, done, where, quiet=printed, as_json=as_json, facts=facts)


def disable(
    name: NameArgument,
    force: ForceOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """End the sessions of an account and refuse its logins."""
    from securechat.chat.requests import DisableAccount

    place = existing_place(config, data_dir)
    facts = {"account": name, "disabled": True}
    done = f"The account {name} was disabled"
    change(place, DisableAccount(name, force), done, as_json=as_json, facts=facts)


def enable(
    name: NameArgument,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Let a disabled account log in again."""
    from securechat.chat.requests import EnableAccount

    place = existing_place(config, data_dir)
    facts = {"account": name, "disabled": False}
    done = f"The account {name} was enabled"
    change(place, EnableAccount(name), done, as_json=as_json, facts=facts)


def rename(
    name: NameArgument,
    new: Annotated[str, typer.Argument(metavar="NEW", show_default=False, help="Its new name.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Give an account another name.

    Everything stays with it, and its sessions go on under the new name. Nobody else can have the old one.
    """
    from securechat.chat.people import RenameAccount

    place = existing_place(config, data_dir)
    check_name(new)
    facts = {"account": new, "previous": name}
    done, more = (
        f"The account {name} was renamed to {new}",
        f"The password stays; the login is by the name {new}.",
    )
    change(place, RenameAccount(name, new), done, more, as_json=as_json, facts=facts)


def role(
    name: NameArgument,
    role: Annotated[
        str, typer.Argument(metavar="member|admin|bot", show_default=False, help="Its new role.")
    ],
    force: ForceOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Give an account another role: member, admin or bot.

    Sessions that have an operator's powers by it lose them at once when it is no administrator any more.
    """
    from securechat.chat.people import SetRole

    place = existing_place(config, data_dir)
    facts = {"account": name, "role": role}
    request, done = SetRole(name, role, force), f"The role of {name} was set to {role}"
    change(place, request, done, as_json=as_json, facts=facts)


def users(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[import FILE]", show_default=False, help="Make the accounts in a CSV file."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save", metavar="FILE", help="Where passwords go that `import` generates: a new file."
        ),
    ] = None,
    must_change: MustChangeOption = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look at the file to import, and no more.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List the accounts with their roles and states, and the day of the last login; or import some.

    The file has a line of headings: name, and where wanted role (member, admin, bot) and password. An account
    without a password gets a generated one, which a person has to change at the first login. Every wrong line
    is named, and then nothing is done. - reads standard input.
    """
    from securechat.chat.requests import ListAccounts
    from securechat.cli.ask import ask

    match words or []:
        case []:
            place = existing_place(config, data_dir)
        case ["import", file]:
            from securechat.cli.people.many_accounts import import_accounts

            place = find_place(config, data_dir)
            options = {"must_change": must_change, "dry_run": dry_run, "as_json": as_json}
            import_accounts(place, Path(file), save, **options)
            return
        case _:
            raise typer.BadParameter("use `users`, or `users import FILE`")
    rows = ask(place, ListAccounts()).rows
    headings = ("NAME", "ROLE", "STATE", "SESSIONS", "CREATED", "LAST LOGIN")
    option = data_dir_option(place.directory)
    nothing = f"There is no account in {place.directory}: make one with `securechat adduser NAME{option}`."
    print_rows(rows, as_json, headings, _cells, nothing)


def _cells(row: "Row") -> list[object]:
    due = "must change password" if row.get("must_change") else "enabled"
    state = "disabled" if row["disabled"] else due
    seen = day(row["last_login"]) if row["last_login"] else "never"
    return [row["name"], row["role"], state, row["sessions"], day(row["created"]), seen]


def check_name(name: str) -> None:
    """Refuse a name that cannot be before a password is asked for; the chat decides about the others."""
    from securechat.irc.names import InvalidName, check_account

    try:
        check_account(name)
    except InvalidName as error:
        raise CommandFailed(str(error), ExitCode.REFUSED) from error


def _whereabouts(generate: bool, save: Path | None) -> str:
    """Say where a password is that nobody has typed, or that was saved."""
    if save is not None:
        return f"The password is in {save}: use it with --password-file."
    return "The password is above and shown only now." if generate else ""
