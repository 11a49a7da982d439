"""Where a new password comes from: the terminal, standard input, a file or chance; never the command line.

Arguments are seen by every user of the machine and kept in the shell's history.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.files import stdin_or_file
from securechat.cli.secret import shown_first
from securechat.cli.table import written_as_json
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.config import Argon2Section

_TRIES: Final = 3
StdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]
FileOption = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Read the password from the first line of a file."),
]
GenerateOption = Annotated[
    bool, typer.Option("--generate", help="Make a strong password and print it, once, on standard output.")
]
SaveOption = Annotated[
    Path | None,
    typer.Option(
        "--save", metavar="FILE", help="Write the password into a new file that --password-file can read."
    ),
]


def obtain(name: str, *, stdin: bool, file: Path | None, generate: bool) -> str:
    """Return the new password for the account `name`.

    Raises CommandFailed, and BadParameter when more than one source is named.
    """
    stdin, file = stdin_or_file(stdin, file)
    if stdin + (file is not None) + generate > 1:
        raise typer.BadParameter("use one of --password-stdin, --password-file and --generate")
    if generate:
        from securechat.storage.passwords import generate as generate_password

        return generate_password()
    from securechat.client.account.credentials import PasswordSource, read_password
    from securechat.client.errors import CredentialError

    try:
        if stdin or file is not None:
            return read_password(PasswordSource(stdin=stdin, file=file), "")
        return ask_twice(name)
    except CredentialError as error:
        raise CommandFailed(str(error)) from error


@contextmanager
def shown_or_saved(
    password: str,
    generate: bool,
    save: Path | None,
    facts: Mapping[str, object] | None = None,
    called: str = "password",
) -> Iterator[bool]:
    """Save a password where that is wanted, else print a generated one; it is set inside the `with`.

    Programs get the `facts` as JSON then, with the password in it under the name `called`. Yields whether
    they have. Raises CommandFailed, also when the file is there already.
    """
    if save is None and generate:
        shown = password if facts is None else written_as_json({**facts, called: password})
        with shown_first(shown):
            yield facts is not None
        return
    if save is None:
        yield False
        return
    from securechat.storage.files import new_file

    try:
        with new_file(save) as file:
            file.write(password.encode() + b"\n")
    except OSError as error:
        raise CommandFailed(f"the {called} cannot be saved, so nothing was done: {error}") from error
    try:
        yield False
    except CommandFailed as error:
        if error.code is not ExitCode.UNKNOWN_OUTCOME:
            save.unlink()
        raise


def hash_password(password: str, cost: "Argon2Section") -> str:
    """Check the password against the policy and return its argon2id hash. Raises CommandFailed (refused)."""
    from securechat.storage.passwords import Hasher, WeakPassword

    try:
        return Hasher(cost.time_cost, cost.memory_cost, cost.parallelism).hash(password)
    except WeakPassword as error:
        raise CommandFailed(str(error), ExitCode.REFUSED) from error


def ask_twice(name: str) -> str:
    """Ask until a password can be used and was typed twice, a few times.

    Raises CommandFailed, and CredentialError when the terminal has gone.
    """
    from securechat.storage.passwords import MIN_LENGTH, WeakPassword, check_policy

    problem, code = "", ExitCode.ERROR
    for _ in range(_TRIES):
        if problem:
            tell(f"{problem}. Once again:")
        password = _ask(f"New password for {name} ({MIN_LENGTH} characters or more): ")
        try:
            check_policy(password)
        except WeakPassword as error:
            problem, code = str(error), ExitCode.REFUSED
            continue
        if _ask("The same once more: ") == password:
            return password
        problem, code = "The two passwords differ", ExitCode.ERROR
    raise CommandFailed(f"{problem}: nothing was changed", code)


def _ask(question: str) -> str:
    from getpass import GetPassWarning

    from securechat.client.account.credentials import PasswordSource, ask_on_terminal, read_password

    with warnings.catch_warnings():
        # What is left without a terminal is to read what everybody can see.
        warnings.simplefilter("error", GetPassWarning)
        try:
            return read_password(PasswordSource(), question, ask_on_terminal)
        except GetPassWarning as error:
            raise CommandFailed(
                "there is no terminal to ask for the password on: "
                "use --password-stdin, --password-file or --generate",
                ExitCode.USAGE,
            ) from error
