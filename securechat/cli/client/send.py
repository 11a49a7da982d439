"""`securechat send`: one message from a script, with an exit code that tells whether it is stored."""

import os
from typing import Annotated

import typer

from securechat.cli.client.completing import targets
from securechat.cli.client.profiles import Given
from securechat.cli.client.remote import TimeoutOption, fail, open_client, prepare, with_server
from securechat.cli.exits import CommandFailed
from securechat.cli.table import print_json

_LONGEST = 256 * 1024
_STDIN = 0


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(send)


@with_server
def send(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", help="A #channel, or an account.", show_default=False, autocompletion=targets
        ),
    ],
    text: Annotated[
        str, typer.Argument(metavar="[TEXT|-]", help="What to say; - reads it from standard input.")
    ] = "-",
    join: Annotated[
        bool, typer.Option("--join", help="Enter the channel first; the account stays a member.")
    ] = False,
    lines: Annotated[bool, typer.Option("--lines", help="Send each line as a message of its own.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print id and time of each stored message, one JSON object a line.")
    ] = False,
    timeout: TimeoutOption = 30.0,
    *,
    given: Given,
) -> None:
    """Send a message and wait until it is stored. A text of several lines is one message.

    A text with a line that is no UTF-8, or has a NUL, is refused.

    Exit codes: 0 stored, 3 no connection, 4 wrong password, 5 not the right server, 6 refused, 7 not known.
    """
    from securechat.client.errors import ClientError
    from securechat.irc.timestamp import format_ms

    login = prepare(given)
    message = _standard_input() if text == "-" else text
    try:
        with open_client(login, timeout) as chat:
            if join:
                chat.join(target)
            stored = chat.send_all(target, message, lines=lines)
    except ClientError as error:
        fail(error)
    for sent in stored if as_json else ():
        print_json({"id": sent.id, "time": format_ms(sent.time)})


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
