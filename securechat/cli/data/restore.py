"""`securechat restore`: what a backup holds, put back, or only tried out."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated

import typer

from securechat.cli.data.unsealing import FileOption, Secret, StdinOption, contents, secret_of, unpacked
from securechat.cli.exits import CommandFailed
from securechat.cli.files import is_stdin, name_of
from securechat.cli.place import ConfigOption, DataDirOption, find_place
from securechat.cli.table import JsonOption, print_facts
from securechat.cli.telling import tell


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(restore)


def restore(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE|-", help="What `securechat backup` has written; - is standard input."),
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Only try it out: nothing is put anywhere, and nothing is left.")
    ] = False,
    scratch: Annotated[
        Path | None,
        typer.Option(
            "--scratch",
            metavar="DIR",
            help="Where --check restores it for a while, in plain text; by default the system's place for "
            "temporary files.",
        ),
    ] = None,
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

    Nothing is overwritten, and everything is checked before anything is put in its place. With --check
    everything is restored in a place of its own, opened as a server does, looked at, and taken away again.
    """
    secret = secret_of(file, passphrase_stdin, passphrase_file, identity)
    name = "standard input" if is_stdin(file) else name_of(file)
    if check:
        _check(file, secret, scratch or Path(gettempdir()), name, as_json)
        return
    if scratch is not None:
        raise typer.BadParameter("--scratch is for --check: a restore is made in the data directory itself")
    _restore(file, secret, name, as_json, config, data_dir)


def _restore(
    file: Path, secret: Secret, name: str, as_json: bool, config: Path | None, data_dir: Path | None
) -> None:
    from securechat.app.patience import patiently
    from securechat.cli.data.restoring import put_back
    from securechat.cli.scratch import scratch
    from securechat.storage.errors import StorageError
    from securechat.storage.lock import DirectoryLock

    place = find_place(config, data_dir)
    try:
        with ExitStack() as stack:
            there = place.directory.exists()
            patiently(lambda: stack.enter_context(DirectoryLock(place.directory)))
            stack.enter_context(_nothing_left(place.directory, there))
            directory = stack.enter_context(scratch(place.directory))
            manifest, new = unpacked(file, secret, directory)
            restored = put_back(place, manifest, new, name)
    except (StorageError, OSError) as error:
        raise CommandFailed(f"nothing was restored from {name}: {error}") from error
    rows = manifest.rows
    tell(f"Restored {contents(manifest)} of {manifest.server}, in {', '.join(restored)}.")
    facts: dict[str, object] = {"server": manifest.server, "files": restored}
    print_facts(facts | {"accounts": rows["accounts"], "messages": rows["messages"]}, as_json)


def _check(file: Path, secret: Secret, where: Path, name: str, as_json: bool) -> None:
    from securechat.cli.data.drill import drill
    from securechat.cli.scratch import aside
    from securechat.irc.timestamp import format_ms
    from securechat.storage.errors import StorageError

    try:
        with aside(where) as directory:
            manifest, new = unpacked(file, secret, directory)
            entries = drill(manifest, new)
    except StorageError as error:
        raise CommandFailed(f"{name} is no good: {error}") from error
    except OSError as error:
        raise CommandFailed(f"{name} could not be tried out: {error}") from error
    made = format_ms(manifest.created)
    tell(f"{name} is good: {contents(manifest)} of {manifest.server}, of {made}.")
    rows = manifest.rows
    facts: dict[str, object] = {"file": name, "server": manifest.server, "created": made}
    facts |= {"files": list(manifest.files), "audit": entries}
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
