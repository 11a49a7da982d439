"""`securechat backup`: everything in one file, or one more file in a directory of them."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Annotated

import typer

from securechat.cli.data.unsealing import FileOption, StdinOption, contents
from securechat.cli.exits import CommandFailed
from securechat.cli.files import (
    is_stdout,
    name_of,
    new_output,
    refuse_existing,
)
from securechat.cli.place import ConfigOption, DataDirOption, Place, existing_place
from securechat.cli.table import JsonOption, print_facts
from securechat.cli.telling import tell
from securechat.storage.lock import DATABASE_NAME

if TYPE_CHECKING:
    from securechat.cli.data.envelope import Envelope
    from securechat.config import Config
    from securechat.storage.archive import Manifest

ScratchOption = Annotated[
    Path | None,
    typer.Option(
        "--scratch",
        metavar="DIR",
        help="Where the database is copied to meanwhile, in plain text. By default that is where FILE is, or "
        "the data directory for an encrypted backup and for standard output.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(backup)


def backup(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|DIR|-",
            help="A new file, or - for standard output. In a directory a new file is made, --check is done, "
            "and only the newest backups are kept.",
        ),
    ],
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep", min=1, max=10_000, help="Of the backups in DIR; by default as many as backup.keep says."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Try out a restore; a backup that is no good is not kept.")
    ] = False,
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
    if is_stdout(file) and (as_json or check or sys.stdout.isatty()):
        raise typer.BadParameter("standard output has the backup itself: name a file, or use a pipe")
    if keep is not None and not file.is_dir():
        raise typer.BadParameter(f"--keep is for a directory of backups, which {file} is not")
    source = _source(config, data_dir, scratch)
    passphrases = (passphrase_stdin, passphrase_file)
    if file.is_dir():
        _save_in(source, file, keep, passphrases, recipient or (), with_keys, as_json)
    else:
        print_facts(_save(source, file, passphrases, recipient or (), with_keys, check), as_json)


@dataclass(frozen=True, slots=True)
class _Source:
    """What is saved, and where its database is copied to meanwhile, if that was said."""

    place: Place
    scratch: Path | None


def _source(config: Path | None, data_dir: Path | None, scratch: Path | None) -> _Source:
    return _Source(existing_place(config, data_dir), scratch)


def _save_in(
    source: _Source,
    directory: Path,
    keep: int | None,
    passphrases: tuple[bool, Path | None],
    recipients: Sequence[str],
    with_keys: bool,
    as_json: bool,
) -> None:
    """Make one more backup in a directory, and remove the oldest when it is good."""
    from securechat.cli.data.rotation import next_name, remove_oldest

    settings = source.place.config.backup
    if not any(passphrases):
        recipients = recipients or settings.recipients
    file = next_name(directory)
    facts = _save(source, file, passphrases, recipients, with_keys, check=True)
    try:
        removed = remove_oldest(directory, keep or settings.keep, file)
    except OSError as error:
        raise CommandFailed(f"{file} is good, but older backups cannot be removed: {error}") from error
    for path in removed:
        tell(f"Removed {name_of(path)}.")
    print_facts({**facts, "removed": [name_of(path) for path in removed]}, as_json)


def _save(
    source: _Source,
    file: Path,
    passphrases: tuple[bool, Path | None],
    recipients: Sequence[str],
    with_keys: bool,
    check: bool,
) -> Mapping[str, object]:
    """Make a backup; return what it is, for programs. Raises BadParameter and CommandFailed."""
    from securechat.chat.requests import NoteBackup
    from securechat.cli.data.envelope import envelope
    from securechat.cli.data.note import note_first
    from securechat.storage.errors import StorageError

    refuse_existing(file)
    name = "standard output" if is_stdout(file) else name_of(file)
    try:
        sealing = envelope(*passphrases, recipients, check=check)
        keys = with_keys or sealing.sealed
        held = "with the server's keys" if keys else "without the server's keys"
        note_first(source.place, NoteBackup(name, f"{held}, {sealing}"))
        manifest = _write(source, file, keys, sealing, check)
    except (StorageError, OSError) as error:
        raise CommandFailed(f"there is no backup: {error}") from error
    rows, tried = manifest.rows, "; a restore was tried out" if check else ""
    tell(f"The backup holds {contents(manifest)}, {held} ({name}){tried}.")
    facts = {"file": name, "keys": keys, "checked": check}
    return {**facts, "accounts": rows["accounts"], "messages": rows["messages"]}


def _write(source: _Source, file: Path, keys: bool, sealing: "Envelope", check: bool) -> "Manifest":
    from securechat.cli.data.snapshot import snapshot
    from securechat.storage.archive import pack
    from securechat.storage.databases import Database

    place, scratch = source.place, source.scratch
    # What is encrypted is not to be in plain text where it goes, not even for a while.
    where = scratch or (None if sealing.sealed or is_stdout(file) else file.absolute().parent)
    database = Database(place.directory, source.place.config.storage.url)
    with snapshot(database, where, insist=scratch is not None) as directory:
        files = _files(place, directory, keys)
        manifest = _manifest(source.place.config, files)
        with _target(file, directory) as target:
            with TemporaryFile(dir=directory) as plain:
                pack(plain if sealing.sealed else target, manifest, files)
                if sealing.sealed:
                    plain.seek(0)
                    sealing.seal(plain, target)
            if check:
                files[DATABASE_NAME].unlink()  # so that there is room
                _try_out(target, sealing, directory)
    return manifest


def _try_out(target: IO[bytes], sealing: "Envelope", directory: Path) -> None:
    """Restore what was written into a private directory, and look at it. Raises StorageError."""
    from securechat.cli.data.drill import drill
    from securechat.storage.archive import unpack
    from securechat.storage.files import create_private_directory

    target.flush()
    new = directory / "new"
    create_private_directory(new)
    # What is on the disk, by the only way to a file that has no name yet.
    with (
        Path(f"/proc/self/fd/{target.fileno()}").open("rb") as written,
        TemporaryFile(dir=directory) as plain,
    ):
        sealing.open_again(written, plain)
        plain.seek(0)
        drill(unpack(plain, new), new)


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
