"""`securechat connect`: the chat on a terminal, or through pipes."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.exits import ExitCode
from securechat.cli.remote import (
    CaOption,
    CommandOption,
    FileOption,
    HostOption,
    Login,
    PinOption,
    StdinOption,
    UserOption,
    complain,
    exit_code,
    prepare,
)

if TYPE_CHECKING:
    from securechat.client.address import Address
    from securechat.client.bookmark_file import BookmarkFile
    from securechat.client.history import Bookmarks
    from securechat.client.plain import Result

_SIGNALLED = 128


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(connect)


def connect(
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
            "--plain", help="Print line by line, for screen readers and slow links (what is done anyway)."
        ),
    ] = False,
    password_stdin: StdinOption = False,
    password_file: FileOption = None,
    password_command: CommandOption = "",
) -> None:
    """Chat. The password is asked for on the terminal; what you type is sent, `exit` ends it.

    Through a pipe every line of standard input is a message, and the end of input ends the chat once
    everything is confirmed.
    """
    channels = [_channel(name) for name in join or ()]
    login = prepare(host, user, ca, pin, stdin=password_stdin, file=password_file, command=password_command)
    raise typer.Exit(chat(login, channels))


def _channel(name: str) -> str:
    from securechat.client.errors import Refused
    from securechat.client.session import check_target
    from securechat.irc.names import is_channel

    try:
        return check_target(name if is_channel(name) else f"#{name}")
    except Refused as error:
        raise typer.BadParameter(str(error), param_hint="--join") from error


def chat(login: Login, channels: list[str]) -> int:
    """Chat until the end of it; return the exit code."""
    from securechat.client.bookmark_file import BookmarkFile
    from securechat.client.connection import keep_connected
    from securechat.client.console import OutputClosed, Terminated, standard_console
    from securechat.client.paths import places
    from securechat.client.plain import PlainClient

    goodbye = ""
    kept = BookmarkFile(places(os.environ).bookmarks)
    address, account = login.trust.address, login.credentials.account
    bookmarks = kept.load(address, account)
    try:
        with standard_console(os.environ) as console:
            connection = keep_connected(
                login.trust,
                login.credentials,
                lambda events: client.deliver(events),
                channels,
                bookmarks=bookmarks,
            )
            client = PlainClient(console, connection.submit, first="".join(channels[:1]))
            connection.start()
            try:
                result = client.run()
                goodbye = result.goodbye
            finally:
                connection.close(goodbye)
                _keep(kept, address, account, bookmarks)
    except Terminated as signalled:
        return _SIGNALLED + signalled.number
    except OutputClosed:
        return ExitCode.ERROR  # there is nobody to tell
    return _report(result)


def _keep(kept: "BookmarkFile", address: "Address", account: str, bookmarks: "Bookmarks") -> None:
    try:
        kept.store(address, account, bookmarks)
    except OSError as error:
        complain(f"what you have seen could not be kept ({error.strerror}): the next time it is shown again")


def _report(result: "Result") -> ExitCode:
    """Say how it ended, if that is not what was wanted."""
    from securechat.client.wording import count

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
