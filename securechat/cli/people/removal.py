"""`deluser`: removes an account, and asks what becomes of the channels that it founded."""

from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.change import change
from securechat.cli.consent import ForceOption, can_be_asked, require_consent
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.people.accounts import NameArgument
from securechat.cli.place import ConfigOption, DataDirOption, existing_place
from securechat.cli.table import JsonOption
from securechat.cli.telling import tell
from securechat.irc.text import count

if TYPE_CHECKING:
    from securechat.cli.ask import Asking


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(deluser)


def deluser(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    messages: Annotated[
        str, typer.Option("--messages", metavar="keep|anonymise|delete", help="What becomes of its messages.")
    ] = "",
    channels: Annotated[
        str, typer.Option("--channels", metavar="keep|drop", help="What becomes of the channels it founded.")
    ] = "",
    heir: Annotated[
        str, typer.Option("--channels-to", metavar="NAME", help="The account that gets these channels.")
    ] = "",
    force: ForceOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Remove an account.

    Nobody can have its name again. Its messages stay unless history.on_account_removal, or --messages, says
    otherwise. Channels that it founded stay without a founder unless --channels or --channels-to says
    otherwise.
    """
    from securechat.chat.requests import CHANNELS_AT_ONCE, RemoveAccount
    from securechat.chat.rules.removal import FATES
    from securechat.cli.ask import Asking
    from securechat.cli.moderation.many_channels import find, show, so_far

    if messages and messages not in FATES:
        text = f"{messages!r} cannot be done with messages: use one of {', '.join(FATES)}"
        raise CommandFailed(text, ExitCode.REFUSED)
    if channels not in ("", "keep", "drop") or (channels and heir):
        raise CommandFailed("use one of --channels keep, --channels drop, --channels-to NAME", ExitCode.USAGE)
    place = existing_place(config, data_dir)
    with Asking(place) as asking:
        founded = find(asking, ["*"], name)
        if founded and not channels and not heir:
            tell(f"{name} founded {count(len(founded), 'channel')}:")
            show(founded)
            channels, heir = ("keep", "") if yes or not can_be_asked() else _ask_what_becomes()
        if not yes:
            require_consent(f"Remove the account {name}? Nobody can have this name again.")
        names = [str(row["name"]) for row in founded]
        # So few go together with the account, or nothing does.
        many = len(names) > CHANNELS_AT_ONCE
        if many:
            asking.ask(RemoveAccount(name, force=force, check=True))
        handed_on = _hand_on(asking, name, names, channels, heir) if many else 0
    request = RemoveAccount(name, messages, channels, heir, force)
    more = _what_became(count(len(names), "channel"), channels, heir) if names else ""
    facts = {"account": name, "channels": len(names)}
    with so_far("given" if heir else "dropped", handed_on, len(names)):
        change(place, request, f"The account {name} was removed", more, as_json=as_json, facts=facts)


def _ask_what_becomes() -> tuple[str, str]:
    """Ask what becomes of the channels: return keep or drop, or who gets them."""
    answer = typer.prompt(
        "Type keep (they stay, without a founder), drop, or the name of the account that gets them",
        default="keep",
        err=True,
    ).strip()
    return (answer, "") if answer in ("keep", "drop") else ("", answer)


def _hand_on(asking: "Asking", name: str, names: list[str], channels: str, heir: str) -> int:
    """Drop the channels or give them to somebody, in steps; return how many there were to do that with."""
    from securechat.chat.requests import DropChannels, SetFounder
    from securechat.cli.moderation.many_channels import change_all

    if heir:
        return change_all(asking, "given", names, lambda some: SetFounder(some, heir, previous=name))
    if channels == "drop":
        return change_all(asking, "dropped", names, lambda some: DropChannels(some, founder=name))
    return 0


def _what_became(many: str, channels: str, heir: str) -> str:
    """Return what to say of the channels."""
    if heir:
        return f"{heir} is the founder of its {many} now."
    if channels == "drop":
        return f"Its {many} went with it."
    return f"Its {many} stay without a founder: administrators look after them."
