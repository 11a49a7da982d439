"""`securechat backup` and `securechat restore`."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Annotated, Final

import typer

from securechat.cli.config import JsonOption, load_config
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.files import (
    Look,
    is_stdin,
    is_stdout,
    name_of,
    new_output,
    opened,
    refuse_existing,
    spooled,
    stdin_or_file,
)
from securechat.cli.place import ConfigOption, DataDirOption, Place, find_place
from securechat.cli.table import print_facts
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.config import Config
    from securechat.storage.archive import Manifest
    from securechat.storage.sealing import Recipient

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
ScratchOption = Annotated[
    Path | None,
    typer.Option(
        "--scratch",
        metavar="DIR",
        help="Where the database is copied to meanwhile, in plain text. By default that is where FILE is, or "
        "the data directory for an encrypted backup and for standard output.",
    ),
]
_SHORTEST: Final = 12


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(backup)
    app.command()(restore)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE|-", help="A new file, or - for standard output.")],
    passphrase_stdin: StdinOption = False,
    passphrase_file: FileOption = None,
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            "--recipient", metavar="KEY", help="Encrypt for an age or SSH public key; may be repeated."
        ),
    ] = None,
    with_keys: Annotated[
        bool,
        typer.Option("--with-keys", help="Put the server's private keys into a file that is not encrypted."),
    ] = False,
    scratch: ScratchOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Save everything in one file, with the server running or without it.

    An encrypted backup also holds the server's certificates, private keys and configuration.
    """
    from securechat.chat.requests import NoteBackup
    from securechat.cli.note import note_first
    from securechat.storage.errors import StorageError
    from securechat.storage.sealing import parse_recipient

    passphrase_stdin, passphrase_file = stdin_or_file(passphrase_stdin, passphrase_file)
    if passphrase_stdin + (passphrase_file is not None) + bool(recipient) > 1:
        raise typer.BadParameter("use one of --passphrase-stdin, --passphrase-file and --recipient")
    if is_stdout(file) and (as_json or sys.stdout.isatty()):
        raise typer.BadParameter("standard output has the backup itself: name a file, or use a pipe")
    place = find_place(config, data_dir)
    place.require()
    settings = load_config(place).config
    refuse_existing(file)
    name = "standard output" if is_stdout(file) else name_of(file)
    try:
        recipients = [parse_recipient(text) for text in recipient or ()]
        secret = _new_passphrase(passphrase_stdin, passphrase_file)
        keys = with_keys or bool(recipients) or secret is not None
        held = "with the server's keys" if keys else "without the server's keys"
        how = f"{held}, {_sealed(secret, recipients)}"
        note_first(place, settings, NoteBackup(name, how))
        manifest = _write(place, settings, file, keys, secret, recipients, scratch)
    except (StorageError, OSError) as error:
        raise CommandFailed(f"there is no backup: {error}") from error
    rows = manifest.rows
    tell(f"The backup holds {_contents(manifest)}, {held} ({name}).")
    facts = {"file": name, "keys": keys}
    print_facts(facts | {"accounts": rows["accounts"], "messages": rows["messages"]}, as_json)


def restore(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE|-", help="What `securechat backup` has written; - is standard input."),
    ],
    passphrase_stdin: StdinOption = False,
    passphrase_file: FileOption = None,
    identity: Annotated[
        Path | None,
        typer.Option("--identity", metavar="FILE", help="The key to decrypt with: of age-keygen, or SSH's."),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Put back what a backup holds, into a data directory without a database.

    Nothing is overwritten, and everything is checked before anything is put in its place.
    """
    from securechat.app.patience import patiently
    from securechat.cli.restoring import put_back
    from securechat.cli.snapshot import scratch
    from securechat.storage.archive import unpack
    from securechat.storage.errors import StorageError
    from securechat.storage.files import create_private_directory
    from securechat.storage.lock import DirectoryLock

    passphrase_stdin, passphrase_file = stdin_or_file(passphrase_stdin, passphrase_file)
    if passphrase_stdin + (passphrase_file is not None) + (identity is not None) > 1:
        raise typer.BadParameter("use one of --passphrase-stdin, --passphrase-file and --identity")
    if is_stdin(file) and (passphrase_stdin or is_stdin(identity)):
        raise typer.BadParameter("standard input has the backup itself: have the secret in a file")
    place = find_place(config, data_dir)
    name = "standard input" if is_stdin(file) else name_of(file)
    try:
        with ExitStack() as stack:
            there = place.directory.exists()
            patiently(lambda: stack.enter_context(DirectoryLock(place.directory)))
            stack.enter_context(_nothing_left(place.directory, there))
            directory = stack.enter_context(scratch(place.directory))
            with (
                opened(file) as given,
                spooled(given, directory, look=_beginning()) as stream,
                TemporaryFile(dir=directory) as plain,
            ):
                _unseal(stream, plain, passphrase_stdin, passphrase_file, identity)
                plain.seek(0)
                create_private_directory(directory / "new")
                manifest = unpack(plain, directory / "new")
            restored = put_back(place, manifest, directory / "new", name)
    except (StorageError, OSError) as error:
        raise CommandFailed(f"nothing was restored: {error}") from error
    rows = manifest.rows
    tell(f"Restored {_contents(manifest)} of {manifest.server}, in {', '.join(restored)}.")
    facts = {"server": manifest.server, "files": restored}
    print_facts(facts | {"accounts": rows["accounts"], "messages": rows["messages"]}, as_json)


@contextmanager
def _nothing_left(path: Path, there: bool) -> Iterator[None]:
    """Take the data directory away again when what is done in it fails, unless it was `there` before."""
    from securechat.storage.lock import LOCK_NAME

    try:
        yield
    except BaseException:
        if not there and path.is_dir() and {file.name for file in path.iterdir()} <= {LOCK_NAME}:
            (path / LOCK_NAME).unlink(missing_ok=True)
            path.rmdir()
        raise


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


def _contents(manifest: "Manifest") -> str:
    from securechat.client.wording import count

    entries = manifest.rows["messages"]
    noun = "entry" if entries == 1 else "entries"
    return f"{count(manifest.rows['accounts'], 'account')} and {entries} {noun} of history"


def _sealed(secret: str | None, recipients: "list[Recipient]") -> str:
    """Return what the audit log says about who can read a backup."""
    from securechat.client.wording import count

    if recipients:
        return f"encrypted for {count(len(recipients), 'key')}"
    return "not encrypted" if secret is None else "encrypted with a passphrase"


def _write(
    place: Place,
    settings: "Config",
    file: Path,
    keys: bool,
    secret: str | None,
    recipients: "list[Recipient]",
    scratch: Path | None,
) -> "Manifest":
    from securechat.cli.snapshot import snapshot
    from securechat.storage.archive import pack
    from securechat.storage.databases import Database
    from securechat.storage.sealing import seal_for, seal_with

    sealing = bool(recipients) or secret is not None
    # What is encrypted is not to be in plain text where it goes, not even for a while.
    where = scratch or (None if sealing or is_stdout(file) else file.absolute().parent)
    database = Database(place.directory, settings.storage.url)
    with snapshot(database, where, insist=scratch is not None) as directory:
        files = _files(place, directory, keys)
        manifest = _manifest(settings, files)
        with _target(file, directory) as target, TemporaryFile(dir=directory) as plain:
            pack(plain if sealing else target, manifest, files)
            plain.seek(0)
            if recipients:
                seal_for(plain, target, recipients)
            elif secret is not None:
                seal_with(plain, target, secret)
    return manifest


@contextmanager
def _target(file: Path, directory: Path) -> Iterator[IO[bytes]]:
    """Give what a backup is written into. A backup for standard output goes there when it is complete.

    An encrypted backup is not written from its beginning to its end.
    """
    with new_output(file) as output:
        if not is_stdout(file):
            yield output
            return
        with TemporaryFile(dir=directory) as whole:
            yield whole
            whole.seek(0)
            shutil.copyfileobj(whole, output)


def _files(place: Place, directory: Path, keys: bool) -> Mapping[str, Path]:
    """Return what goes into the backup, by its name there."""
    from securechat.storage.archive import OTHER_FILES
    from securechat.storage.lock import DATABASE_NAME

    files = {DATABASE_NAME: directory / DATABASE_NAME}
    if keys:
        own = {name: place.directory / name for name in OTHER_FILES}
        if place.file is not None:
            own["securechat.toml"] = place.file
        files |= {name: path for name, path in own.items() if path.is_file()}
    return files


def _manifest(settings: "Config", files: Mapping[str, Path]) -> "Manifest":
    import time

    from securechat import __version__
    from securechat.app.composition import server_name
    from securechat.storage.archive import FORMAT, VERSION, Manifest, entry_of
    from securechat.storage.copying import contents_of
    from securechat.storage.lock import DATABASE_NAME

    schema, rows = contents_of(files[DATABASE_NAME])
    return Manifest(
        format=FORMAT,
        version=VERSION,
        program=__version__,
        schema=schema,
        created=time.time_ns() // 1_000_000,
        server=server_name(settings),
        rows=dict(rows),
        files={name: entry_of(path) for name, path in files.items()},
    )


def _new_passphrase(stdin: bool, file: Path | None) -> str | None:
    if not stdin and file is None:
        return None
    secret = _passphrase(stdin, file)
    if len(secret) < _SHORTEST:
        raise CommandFailed(
            f"the passphrase is too short: use at least {_SHORTEST} characters", ExitCode.REFUSED
        )
    return secret


def _passphrase(stdin: bool, file: Path | None) -> str:
    """Return the passphrase; it is asked for on the terminal when nothing says where it is."""
    from securechat.client.credentials import PasswordSource, ask_on_terminal, read_password
    from securechat.client.errors import CredentialError

    try:
        return read_password(
            PasswordSource(stdin=stdin, file=file), "Passphrase of the backup: ", ask_on_terminal
        )
    except CredentialError as error:
        raise CommandFailed(str(error).replace("password", "passphrase")) from error


def _unseal(
    stream: IO[bytes], plain: IO[bytes], stdin: bool, file: Path | None, identity: Path | None
) -> None:
    """Write the archive inside a backup, encrypted or not."""
    from securechat.storage.sealing import read_identities, sealed_how, unseal_for, unseal_with

    how = sealed_how(stream)
    if how == "no":
        shutil.copyfileobj(stream, plain)
    elif how == "passphrase":
        if identity is not None:
            raise CommandFailed("this backup was encrypted with a passphrase, not for a key", ExitCode.USAGE)
        unseal_with(stream, plain, _passphrase(stdin, file))
    elif identity is None:
        raise CommandFailed("this backup was encrypted for a key: name it with --identity", ExitCode.USAGE)
    else:
        unseal_for(stream, plain, read_identities(Path("/dev/stdin") if is_stdin(identity) else identity))
