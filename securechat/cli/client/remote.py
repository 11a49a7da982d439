"""What every command that connects to a server has: its options, whom to trust, as whom to log in."""

import os
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from securechat.cli.client.completing import profiles
from securechat.cli.client.profiles import Given, find_profile, is_lost, password_source
from securechat.cli.exits import ExitCode
from securechat.cli.telling import begin, tell

if TYPE_CHECKING:
    from securechat.client.account.credentials import PasswordSource
    from securechat.client.account.login import Login
    from securechat.client.account.profiles import Profile
    from securechat.client.address import Address
    from securechat.client.api.client import Client
    from securechat.client.errors import ClientError
    from securechat.client.network.trust import Ask, UnknownServer

WhereArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PROFILE | [NAME@]HOST[:PORT]]...",
        help="A server, with your name there, or a profile; the one that was used last unless given. The app "
        "opens several profiles at once.",
        show_default=False,
        autocompletion=profiles,
    ),
]
ProfileOption = Annotated[
    str,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="A server and account from the file profiles.toml; the one that was used last unless given.",
        show_default=False,
        autocompletion=profiles,
    ),
]
HostOption = Annotated[
    str,
    typer.Option(
        "--host",
        metavar="HOST[:PORT]",
        help="The server; the port is 6697 unless given.",
        show_default=False,
    ),
]
UserOption = Annotated[
    str,
    typer.Option(
        "--user",
        metavar="NAME",
        help="The account; by default that of the profile, else your name on this computer.",
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

TimeoutOption = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=1.0, help="How long to wait for the server.")
]

_SHOWN_OF_PIN = 8
_OPTIONS: Final[Mapping[str, tuple[str, object, object]]] = {
    "profile": ("profile", ProfileOption, ""),
    "host": ("host", HostOption, ""),
    "user": ("user", UserOption, ""),
    "ca": ("ca", CaOption, None),
    "pin": ("pin", PinOption, ""),
    "password_stdin": ("stdin", StdinOption, False),
    "password_file": ("file", FileOption, None),
    "password_command": ("command", CommandOption, ""),
}
"""The options of every command that connects: the field of `Given`, the type and the default of each."""


def with_server(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which server and account are meant, in the place of its parameter
    `given`.
    """

    @wraps(function)
    def command(**values: object) -> None:
        options = {field: values.pop(name, default) for name, (field, _, default) in _OPTIONS.items()}
        function(**values, given=Given(**options))  # type: ignore[arg-type]

    own = [each for each in signature(function).parameters.values() if each.name != "given"]
    more = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (_, kind, default) in _OPTIONS.items()
    ]
    keywords = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own]
    command.__signature__ = Signature([*keywords, *more])  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in (*keywords, *more)}
    return command


def prepare(given: Given, *, by_key: bool | None = None) -> "Login":
    """Find the profile, settle whom to trust, and only then get the password, unless this computer has a key
    for the account; before a person is asked for it, the server is looked at. Ends the program if it cannot.

    `by_key` says whether a key is used; None is where no option says where the password is.
    """
    from securechat.client.account.login import log_in
    from securechat.client.errors import ClientError
    from securechat.client.network import trust
    from securechat.client.paths import places

    here = places(os.environ)

    def password() -> str:
        source = _source(given, profile)
        if not source.given and has_terminal():
            trust.look(trusted)
        return _password(source, f"Password of {profile.user} on {profile.address}: ")

    try:
        profile = find_profile(given)
        trusted = trust.settle(profile.address, here, ca=profile.ca, pin=profile.pin or None, ask=asker())
        by_key = not given.names_password if by_key is None else by_key
        return log_in(trusted, profile.user, here, password, by_key=by_key, profile=profile)
    except ClientError as error:
        fail(error)


def _source(given: Given, profile: "Profile") -> "PasswordSource":
    """Return where the password is; a person is asked when the file that was kept is not there any more."""
    if given.names_password:
        return password_source(stdin=given.stdin, file=given.file, command=given.command)
    if is_lost(profile) and has_terminal():
        complain(f"the password file {profile.password_file} is not there any more")
        return password_source(stdin=False, file=None, command="")
    return profile.password


def open_client(login: "Login", timeout: float) -> "Client":
    """Return a client to connect with; what waits for the account still waits for it after that."""
    from securechat.client.api.client import Client

    return Client.over(login.trust, login.credentials, timeout, replay=False, enrolment=login.enrolment)


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
        errors.PasswordDue: ExitCode.AUTHENTICATION,
        errors.DeviceRefused: ExitCode.AUTHENTICATION,
        errors.TrustError: ExitCode.TRUST,
        errors.Refused: ExitCode.REFUSED,
        errors.OutcomeUnknown: ExitCode.UNKNOWN_OUTCOME,
        errors.NoTerminal: ExitCode.USAGE,
        errors.InvalidAddress: ExitCode.USAGE,
        errors.InvalidInvitation: ExitCode.USAGE,
        errors.InvalidProfile: ExitCode.USAGE,
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


def _password(source: "PasswordSource", prompt: str) -> str:
    from securechat.client.account.credentials import ask_on_terminal, read_password

    return read_password(source, prompt, ask_on_terminal if has_terminal() else None)


def has_terminal() -> bool:
    """Return whether there is a terminal to ask for a password on, whatever standard input is."""
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
    from securechat.client.network.trust import WHERE_THE_PIN_IS

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
