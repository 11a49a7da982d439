"""Opening a backup that may be encrypted: where its secret comes from, and what is inside."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Annotated

import typer

from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.files import Look, is_stdin, opened, spooled, stdin_or_file

if TYPE_CHECKING:
    from securechat.storage.archive import Manifest

StdinOption = Annotated[
    bool,
    typer.Option("--passphrase-stdin", help="Read the passphrase from the first line of standard input."),
]
FileOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", metavar="FILE", help="Read the passphrase from the first line of a file."
    ),
]


@dataclass(frozen=True, slots=True)
class Secret:
    """With what a backup is opened: a passphrase from standard input or a file, or the file of a key.

    With none of them the passphrase is asked for where one is needed.
    """

    stdin: bool
    file: Path | None
    identity: Path | None


def secret_of(backup: Path, stdin: bool, file: Path | None, identity: Path | None) -> Secret:
    """Return what the options say about the secret of a backup. Raises BadParameter."""
    stdin, file = stdin_or_file(stdin, file)
    if stdin + (file is not None) + (identity is not None) > 1:
        raise typer.BadParameter("use one of --passphrase-stdin, --passphrase-file and --identity")
    if is_stdin(backup) and (stdin or is_stdin(identity)):
        raise typer.BadParameter("standard input has the backup itself: have the secret in a file")
    return Secret(stdin, file, identity)


def unpacked(backup: Path, secret: Secret, directory: Path) -> "tuple[Manifest, Path]":
    """Write what is in a backup below a private directory; return what it says of itself, and where it is.

    Raises CommandFailed, StorageError and OSError.
    """
    from securechat.storage.archive import unpack
    from securechat.storage.files import create_private_directory

    with (
        opened(backup) as given,
        spooled(given, directory, look=_beginning()) as stream,
        TemporaryFile(dir=directory) as plain,
    ):
        _unseal(stream, plain, secret)
        plain.seek(0)
        new = directory / "new"
        create_private_directory(new)
        return unpack(plain, new), new


def passphrase(stdin: bool, file: Path | None) -> str:
    """Return the passphrase; it is asked for on the terminal when nothing says where it is."""
    from securechat.client.account.credentials import PasswordSource, ask_on_terminal, read_password
    from securechat.client.errors import CredentialError

    try:
        return read_password(
            PasswordSource(stdin=stdin, file=file), "Passphrase of the backup: ", ask_on_terminal
        )
    except CredentialError as error:
        raise CommandFailed(str(error).replace("password", "passphrase")) from error


def contents(manifest: "Manifest") -> str:
    """Return in words what a backup holds."""
    from securechat.irc.text import count

    entries = manifest.rows["messages"]
    noun = "entry" if entries == 1 else "entries"
    return f"{count(manifest.rows['accounts'], 'account')} and {entries} {noun} of history"


def _beginning() -> Look:
    """Return what refuses a pipe that does not begin as a backup does, before anything of it is kept."""
    from securechat.storage.sealing import may_be_backup

    seen = b""

    def look(piece: bytes) -> None:
        nonlocal seen
        if len(seen) < 32:
            seen += piece[:32]
            if not may_be_backup(seen):
                raise CommandFailed("nothing was restored: this is no backup of securechat")

    return look


def _unseal(stream: IO[bytes], plain: IO[bytes], secret: Secret) -> None:
    """Write the archive inside a backup, encrypted or not."""
    from securechat.storage.sealing import read_identities, sealed_how, unseal_for, unseal_with

    how, identity = sealed_how(stream), secret.identity
    if how == "no":
        shutil.copyfileobj(stream, plain)
    elif how == "passphrase":
        if identity is not None:
            raise CommandFailed("this backup was encrypted with a passphrase, not for a key", ExitCode.USAGE)
        unseal_with(stream, plain, passphrase(secret.stdin, secret.file))
    elif identity is None:
        raise CommandFailed("this backup was encrypted for a key: name it with --identity", ExitCode.USAGE)
    else:
        unseal_for(stream, plain, read_identities(Path("/dev/stdin") if is_stdin(identity) else identity))
