"""`securechat send`: one message from a script, with an exit code that tells whether it is stored."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.exits import CommandFailed
from securechat.cli.profiles import Given
from securechat.cli.remote import (
    CaOption,
    CommandOption,
    FileOption,
    HostOption,
    PinOption,
    ProfileOption,
    StdinOption,
    UserOption,
    fail,
    prepare,
)
from securechat.cli.table import print_json

if TYPE_CHECKING:
    from securechat.client.api import Client
    from securechat.client.login import Login

_LONGEST = 256 * 1024
_STDIN = 0


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(send)


def send(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="A #channel, or an account.", show_default=False)
    ],
    text: Annotated[
        str, typer.Argument(metavar="[TEXT|-]", help="What to say; - reads it from standard input.")
    ] = "-",
    profile: ProfileOption = "",
    host: HostOption = "",
    user: UserOption = "",
    ca: CaOption = None,
    pin: PinOption = "",
    join: Annotated[
        bool, typer.Option("--join", help="Enter the channel first; the account stays a member.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print id and time of each stored message, one JSON object a line.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=1.0, help="How long to wait for the server.")
    ] = 30.0,
    password_stdin: StdinOption = False,
    password_file: FileOption = None,
    password_command: CommandOption = "",
) -> None:
    """Send a message and wait until it is stored.

    A text with a line that is no UTF-8, or has a NUL, is refused.

    Exit codes: 0 stored, 3 no connection, 4 wrong password, 5 not the right server, 6 refused, 7 not known.
    """
    from securechat.client.errors import ClientError
    from securechat.irc.timestamp import format_ms

    login = prepare(
        Given(
            profile=profile,
            host=host,
            user=user,
            ca=ca,
            pin=pin,
            stdin=password_stdin,
            file=password_file,
            command=password_command,
        )
    )
    message = _standard_input() if text == "-" else text
    try:
        with _client(login, timeout) as chat:
            if join:
                chat.join(target)
            stored = chat.send_all(target, message)
    except ClientError as error:
        fail(error)
    for sent in stored if as_json else ():
        print_json({"id": sent.id, "time": format_ms(sent.time)})


def _client(login: "Login", timeout: float) -> "Client":
    from securechat.client.api import Client

    return Client.over(login.trust, login.credentials, timeout, replay=False, enrolment=login.enrolment)


def _standard_input() -> str:
    """Read the message. Not through sys.stdin, since the password may have been read from the same
    descriptor.
    """
    data = bytearray()
    try:
        while len(data) <= _LONGEST and (piece := os.read(_STDIN, 65536)):
            data += piece
    except OSError as error:  # a directory, say
        raise CommandFailed(f"standard input cannot be read: {error.strerror}") from error
    if len(data) > _LONGEST:
        raise typer.BadParameter(
            f"the message is too long: the most is {_LONGEST // 1024} KiB", param_hint="-"
        )
    return data.decode("utf-8-sig", errors="surrogateescape")
