"""What every command that connects to a server has: its options, whom to trust, as whom to log in."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from securechat.cli.exits import ExitCode
from securechat.cli.files import stdin_or_file
from securechat.cli.telling import begin, tell

if TYPE_CHECKING:
    from securechat.client.address import Address
    from securechat.client.credentials import PasswordSource
    from securechat.client.errors import ClientError
    from securechat.client.login import Login
    from securechat.client.trust import Ask, UnknownServer

HostOption = Annotated[
    str,
    typer.Option(
        "--host",
        metavar="HOST[:PORT]",
        help="The server, by default that of your last `join`; the port is 6697 unless given.",
        show_default=False,
    ),
]
UserOption = Annotated[
    str,
    typer.Option(
        "--user",
        metavar="NAME",
        help="The account; by default the one you joined with, else your name on this computer.",
        show_default=False,
    ),
]
CaOption = Annotated[
    Path | None,
    typer.Option("--ca", metavar="FILE", help="Trust only the certificate authority in this file (PEM)."),
]
PinOption = Annotated[
    str,
    typer.Option(
        "--pin",
        metavar="sha256:…",
        help="Trust only the key with this pin (`securechat certs show` prints it on the server's host).",
    ),
]
StdinOption = Annotated[
    bool,
    typer.Option(
        "--password-stdin", help="The first line of standard input is the password, the rest is input."
    ),
]
FileOption = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="The first line of this file is the password."),
]
CommandOption = Annotated[
    str,
    typer.Option("--password-command", metavar="COMMAND", help="What this command prints is the password."),
]

_SHOWN_OF_PIN = 8


def prepare(
    host: str,
    user: str,
    ca: Path | None,
    pin: str,
    *,
    stdin: bool,
    file: Path | None,
    command: str,
    by_key: bool | None = None,
) -> "Login":
    """Read the options, settle whom to trust, and only then get the password, unless this computer has a key
    for the account. Ends the program when it cannot.

    `by_key` says whether a key is used; None is where no other way to get the password was named.
    """
    from securechat.client import trust
    from securechat.client.errors import ClientError
    from securechat.client.login import log_in
    from securechat.client.own_accounts import OwnAccounts
    from securechat.client.paths import places

    own = OwnAccounts(places(os.environ).accounts)
    address = parse_host(host) if host else own.newest()
    if address is None:
        raise typer.BadParameter("name the server with --host HOST, or join one with `securechat join LINK`")
    source = password_source(stdin=stdin, file=file, command=command)
    if ca is not None and pin:
        raise typer.BadParameter("use one of --ca and --pin")
    pin = _pin(pin)
    account = user or own.on(address) or own_name()
    try:
        here = places(os.environ)
        trusted = trust.settle(address, here, ca=ca, pin=pin or None, ask=asker())
        prompt = f"Password of {account} on {address}: "
        by_key = not source.given if by_key is None else by_key
        return log_in(trusted, account, here, lambda: _password(source, prompt), by_key=by_key)
    except ClientError as error:
        fail(error)


def password_source(*, stdin: bool, file: Path | None, command: str) -> "PasswordSource":
    """Return where the password comes from. Raises BadParameter when more than one place is named."""
    from securechat.client.credentials import PasswordSource

    stdin, file = stdin_or_file(stdin, file)
    source = PasswordSource(stdin, file, command or None)
    if source.given > 1:
        raise typer.BadParameter("use one of --password-stdin, --password-file and --password-command")
    return source


def fail(error: "ClientError") -> NoReturn:
    """Say what went wrong and end the program with the exit code for it."""
    complain(*str(error).split("\n"))
    raise typer.Exit(exit_code(error))


def complain(first: str, *more: str) -> None:
    """Print an error for the person, made safe."""
    from securechat.client.safe import safe

    for line in (f"securechat: {first}", *more):
        tell(safe(line))


def exit_code(error: "ClientError") -> ExitCode:
    """Return the exit code for what went wrong."""
    from securechat.client import errors

    codes = {
        errors.Unreachable: ExitCode.NETWORK,
        errors.LoginFailed: ExitCode.AUTHENTICATION,
        errors.DeviceRefused: ExitCode.AUTHENTICATION,
        errors.TrustError: ExitCode.TRUST,
        errors.Refused: ExitCode.REFUSED,
        errors.OutcomeUnknown: ExitCode.UNKNOWN_OUTCOME,
        errors.NoTerminal: ExitCode.USAGE,
        errors.InvalidAddress: ExitCode.USAGE,
        errors.InvalidInvitation: ExitCode.USAGE,
    }
    return codes.get(type(error), ExitCode.ERROR)


def parse_host(text: str) -> "Address":
    """Read HOST[:PORT]. Raises BadParameter."""
    from securechat.client.address import parse_address
    from securechat.client.errors import InvalidAddress

    try:
        return parse_address(text)
    except InvalidAddress as error:
        raise typer.BadParameter(str(error), param_hint="HOST") from error


def _pin(text: str) -> str:
    from securechat.tls.errors import InvalidPin
    from securechat.tls.pins import parse_pin

    try:
        return parse_pin(text) if text else ""
    except InvalidPin as error:
        raise typer.BadParameter(str(error), param_hint="--pin") from error


def own_name() -> str:
    """Return this user's name on this computer. Raises BadParameter."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise typer.BadParameter("this user has no name here: name the account with --user") from error


def _password(source: "PasswordSource", prompt: str) -> str:
    from securechat.client.credentials import ask_on_terminal, read_password

    return read_password(source, prompt, ask_on_terminal if _has_terminal() else None)


def _has_terminal() -> bool:
    if sys.platform == "win32":
        return os.isatty(0)
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def asker() -> "Ask | None":
    """A person who can be asked sits at a terminal and types the input; anything else gets an exit code."""
    return _ask if can_be_asked() else None


def _ask(server: "UnknownServer") -> bool:
    """Have the person compare the pin. The answer no is the default, and yes has to be typed from the pin."""
    from securechat.client.trust import WHERE_THE_PIN_IS

    start = len("sha256:")
    for line in (
        f"The certificate of {server.address} comes from an unknown authority.",
        "If you did not expect that, somebody may be between you and the server.",
        f"  Its pin:  {server.pin}",
        *(f"  {line}" for line in WHERE_THE_PIN_IS),
        f"To trust this server from now on, type the first {_SHOWN_OF_PIN} characters of its pin",
    ):
        tell(line)
    typer.echo('that come after "sha256:". To stop, press Enter: ', err=True, nl=False)
    answer = answered().removeprefix("sha256:")
    return len(answer) >= _SHOWN_OF_PIN and server.pin[start:].startswith(answer)


def can_be_asked() -> bool:
    """Return whether somebody sits at a terminal and types the input."""
    return os.isatty(0) and os.isatty(2)


def ask_line(question: str) -> str:
    """Ask a question at the terminal; return the answer without the blanks around it, "" for none."""
    begin(question)
    return answered()


def answered() -> str:
    """Return the line that the person types, without the blanks around it.

    Not from sys.stdin: it would read ahead, and what follows belongs to whoever reads next.
    """
    return os.read(0, 4096).decode(errors="replace").strip()
