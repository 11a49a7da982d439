"""`securechat connect`: the chat on a terminal, or through pipes."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.client.first_run import is_first, way_in
from securechat.cli.client.profiles import Given, is_lost, remember
from securechat.cli.client.remote import (
    CaOption,
    CommandOption,
    FileOption,
    HostOption,
    PinOption,
    ProfileOption,
    StdinOption,
    UserOption,
    WhereArgument,
    can_be_asked,
    complain,
    exit_code,
    fail,
    prepare,
)
from securechat.cli.exits import ExitCode
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.client.account.login import Login
    from securechat.client.account.profiles import Profile
    from securechat.client.plain.client import Result

_SIGNALLED = 128


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(connect)


def connect(
    where: WhereArgument = None,
    profile: ProfileOption = "",
    host: HostOption = "",
    user: UserOption = "",
    ca: CaOption = None,
    pin: PinOption = "",
    join: Annotated[
        list[str] | None, typer.Option("--join", metavar="#CHANNEL", help="Enter a channel; may be repeated.")
    ] = None,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain",
            help="Print line by line, for screen readers and slow links; so it is anyway where the output is "
            "no terminal, and with SECURECHAT_PLAIN=1 in the environment.",
        ),
    ] = False,
    device: Annotated[
        bool | None,
        typer.Option(
            "--device/--no-device",
            help="Make a key for this computer, with which it logs in without the password; or use no key "
            "and do not offer to make one.",
            show_default=False,
        ),
    ] = None,
    password_stdin: StdinOption = False,
    password_file: FileOption = None,
    password_command: CommandOption = "",
) -> None:
    """Chat. The password is asked for on the terminal, unless this computer has a key of its own by now; F1
    shows the keys, Ctrl+Q ends it. With --plain what you type is sent line by line, and `exit` ends it.

    The first login with a server and an account makes a profile of them, so that nothing has to be typed
    again. Through a pipe every line of standard input is a message, and the end of input ends the chat once
    everything is confirmed.
    """
    channels = [_channel(name) for name in join or ()]
    first, *more = where or [""]
    given = Given(
        where=first,
        profile=profile,
        host=host,
        user=user,
        ca=ca,
        pin=pin,
        stdin=password_stdin,
        file=password_file,
        command=password_command,
    )
    if given == Given() and is_first():
        found = way_in(plain=plain)
        raise typer.Exit(found if isinstance(found, int) else chat(found, channels, plain=plain))
    others = _others(given, more, plain=plain)
    raise typer.Exit(_to_the_end(given, channels, others, device=device, plain=plain))


def _to_the_end(
    given: Given, channels: list[str], others: "list[Profile]", *, device: bool | None, plain: bool
) -> int:
    """Log in and chat, with another password where this one does not do; return the exit code."""

    def talk(login: "Login") -> "int | Result":
        return _chat(_with_offer(login, device, given), channels, others, plain=plain)

    login = prepare(given, by_key=device)
    ended = talk(login)
    if _needs_password(ended):
        login = prepare(given, by_key=False)
        ended = talk(login)
    if _wants_new_password(ended):
        ended = talk(_renew(login))
    return ended if isinstance(ended, int) else _report(ended)


def _others(given: Given, more: list[str], *, plain: bool) -> "list[Profile]":
    """Return the profiles to open beside the first one: those that are named, and where no server is, those
    that are marked in the file.
    """
    from securechat.cli.client.window import has_room
    from securechat.client.account.profiles import Profiles
    from securechat.client.errors import InvalidProfile
    from securechat.client.paths import places

    in_window = not plain and has_room(os.environ)
    if more and not in_window:
        raise typer.BadParameter("several servers at once need the app: name one")
    if not in_window or (not more and given.names_server):
        return []
    try:
        profiles = Profiles(places(os.environ))
        last = profiles.last()
        first = given.where or given.profile or (last.name if last is not None else "")
        wanted = map(profiles.named, more) if more else (each for each in profiles.all() if each.open)
        return [each for each in dict.fromkeys(wanted) if each.name != first]
    except InvalidProfile as error:
        fail(error)


def _wants_new_password(ended: "int | Result") -> bool:
    """Return whether the server wants a new password before anything else, if a person can be asked."""
    from securechat.client.errors import PasswordDue

    if isinstance(ended, int) or not isinstance(ended.error, PasswordDue):
        return False
    return can_be_asked()


def _renew(login: "Login") -> "Login":
    """Ask for a new password until the server takes one; return what a connection needs then."""
    from dataclasses import replace

    from securechat.cli.passwords import ask_twice
    from securechat.client.account.renewing import set_password
    from securechat.client.errors import ClientError, Refused

    tell("An administrator wants you to set a new password before you do anything else.")
    while True:
        try:
            password = ask_twice(login.credentials.account)
            set_password(login.trust, login.credentials, password)
        except Refused as error:
            complain(str(error))
        except ClientError as error:
            fail(error)
        else:
            tell("Your password was changed.")
            return replace(login, credentials=replace(login.credentials, password=password))


def _with_offer(login: "Login", device: bool | None, given: Given) -> "Login":
    """Have this computer made a device, or that offered where the password was typed, unless it is one."""
    from securechat.client.errors import ClientError

    enrolment, profile = login.enrolment, login.profile
    kept = profile is not None and profile.password.given and not is_lost(profile)
    typed = not (given.names_password or kept)
    if login.credentials.device is None:
        try:
            enrolment.wanted = device is True
            enrolment.offered = device is None and typed and _on_terminal() and not enrolment.declined()
        except ClientError as error:
            fail(error)
    return login


def _on_terminal() -> bool:
    return os.isatty(0) and os.isatty(1)


def _needs_password(ended: "int | Result") -> bool:
    """Return whether the server did not take this computer's key, and say so, if a person can be asked."""
    from securechat.client.errors import DeviceRefused

    if isinstance(ended, int) or ended.came_in or not isinstance(ended.error, DeviceRefused):
        return False
    if not _on_terminal():
        return False
    complain(str(ended.error))
    return True


def _channel(name: str) -> str:
    from securechat.client.errors import Refused
    from securechat.client.protocol.sendable import check_target
    from securechat.irc.names import is_channel

    try:
        return check_target(name if is_channel(name) else f"#{name}")
    except Refused as error:
        raise typer.BadParameter(str(error), param_hint="--join") from error


def chat(login: "Login", channels: list[str], *, plain: bool = False) -> int:
    """Chat until the end of it; return the exit code."""
    ended = _chat(login, channels, plain=plain)
    if _wants_new_password(ended):
        ended = _chat(_renew(login), channels, plain=plain)
    return ended if isinstance(ended, int) else _report(ended)


def _chat(
    login: "Login", channels: list[str], others: "Sequence[Profile]" = (), *, plain: bool = False
) -> "int | Result":
    """Chat; return how it ended, or the exit code of what ended the program."""
    from securechat.cli.client.window import has_room, in_app

    channels = channels or list(login.profile.join if login.profile is not None else ())
    if not plain and has_room(os.environ):
        return in_app(login, channels, others)
    return _line_by_line(login, channels)


def _line_by_line(login: "Login", channels: list[str]) -> "int | Result":
    from securechat.client.paths import places
    from securechat.client.plain.console import OutputClosed, Terminated
    from securechat.client.plain.run import run

    profile = login.profile
    try:
        outcome = run(
            login,
            channels,
            places(os.environ),
            os.environ,
            arrived=lambda: remember(profile) if profile is not None else "",
        )
    except Terminated as signalled:
        return _SIGNALLED + signalled.number
    except OutputClosed:
        return ExitCode.ERROR  # there is nobody to tell
    if outcome.problem:
        complain(outcome.problem)
    if outcome.result.unconfirmed and outcome.kept:
        complain("what was not confirmed is kept: the next start sends it, and nothing appears twice")
    return outcome.result


def _report(result: "Result") -> ExitCode:
    """Say how it ended, if that is not what was wanted."""
    from securechat.irc.text import count

    if result.unconfirmed:
        messages = count(result.unconfirmed, "message")
        complain(f"{messages} not confirmed: the server may or may not have stored what was sent last")
    if result.error is not None:
        complain(*str(result.error).split("\n"))
        return exit_code(result.error)
    if result.interrupted:
        return ExitCode.INTERRUPTED
    if result.unconfirmed:
        return ExitCode.UNKNOWN_OUTCOME
    return ExitCode.REFUSED if result.refused else ExitCode.DONE
