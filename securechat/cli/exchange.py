"""`securechat export` and `securechat import`: what was said, as lines of JSON."""

import sys
import time
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from securechat.cli.config import JsonOption, load_config
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.place import ConfigOption, DataDirOption, Place, find_place
from securechat.cli.table import print_facts

if TYPE_CHECKING:
    from securechat.storage.exchange.exporting import Selection
    from securechat.storage.exchange.importing import Imported


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("export")(export_messages)
    app.command("import")(import_messages)


def export_messages(
    file: Annotated[
        str, typer.Argument(metavar="[FILE|-]", help="A new file, or - for standard output.")
    ] = "-",
    channel: Annotated[str, typer.Option("--channel", metavar="NAME", help="Only this channel.")] = "",
    account: Annotated[
        str,
        typer.Option(
            "--account", metavar="NAME", help="All that is kept about this account, and its messages."
        ),
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="Everything, direct messages included.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write what was said as lines of JSON, with the server running or without it."""
    from securechat.chat.requests import NoteExport
    from securechat.cli.note import note_first
    from securechat.storage.errors import StorageError
    from securechat.storage.exchange.exporting import Selection

    if bool(channel) + bool(account) + everything != 1:
        raise typer.BadParameter("use one of --channel, --account and --all")
    if as_json and file == "-":
        raise typer.BadParameter("--json needs a FILE: standard output has the export itself")
    place = find_place(config, data_dir)
    place.require()
    try:
        with _output(file) as stream:
            into = "standard output" if file == "-" else str(Path(file).absolute())
            note_first(place, load_config(place).config, NoteExport(channel or account or "*", into))
            count = _export(place, Selection(channel, account), stream)
    except (StorageError, OSError) as error:
        raise CommandFailed(f"nothing was exported: {error}") from error
    typer.echo(f"Exported {count} messages.", err=True)
    print_facts({"file": into, "messages": count}, as_json)


def import_messages(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file that `securechat export` has written.")
    ],
    create_accounts: Annotated[
        bool,
        typer.Option("--create-accounts", help="Make accounts that are missing, without a known password."),
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Add what an export holds, all of it or nothing.

    The server has to be stopped. What is there already stays as it is, so the same file may come again.
    """
    from securechat.app.patience import patiently
    from securechat.storage.errors import StorageError
    from securechat.storage.lock import DirectoryLock

    place = find_place(config, data_dir)
    place.require()
    try:
        with ExitStack() as stack:
            patiently(lambda: stack.enter_context(DirectoryLock(place.directory)))
            done = _import(place, file, create_accounts)
    except (StorageError, OSError) as error:
        raise CommandFailed(f"nothing was imported: {error}") from error
    typer.echo(
        f"Imported {done.messages} messages, {done.events} events, {done.accounts} accounts and "
        f"{done.channels} channels; {done.known} messages and events were there already.",
        err=True,
    )
    if done.dropped:
        typer.echo(
            f"{done.dropped} messages and events of channels that are no more were left out.", err=True
        )
    if done.accounts:
        typer.echo("Give the new accounts passwords with `securechat passwd NAME`.", err=True)
    print_facts(asdict(done), as_json)


def _export(place: Place, selection: "Selection", stream: IO[bytes]) -> int:
    import msgspec

    from securechat.app.composition import server_name
    from securechat.cli.progress import Progress
    from securechat.cli.snapshot import snapshot
    from securechat.storage.databases import Database
    from securechat.storage.exchange.exporting import Exporter
    from securechat.storage.exchange.form import Message

    settings = load_config(place).config
    encode, done = msgspec.json.Encoder().encode, 0
    with (
        snapshot(Database(place.directory, settings.storage.url)) as directory,
        closing(Database(directory).open_store()) as store,
        store.transaction() as connection,
        Progress("messages") as progress,
    ):
        exporter = Exporter(connection, selection)
        for line in exporter.lines(server_name(settings), time.time_ns() // 1_000_000):
            stream.write(encode(line) + b"\n")
            done += isinstance(line, Message)
            progress(done, exporter.total)
        stream.flush()
    return done


def _import(place: Place, file: Path, create_accounts: bool) -> "Imported":
    from securechat.cli.note import note
    from securechat.cli.progress import Progress
    from securechat.storage import audit
    from securechat.storage.databases import Database
    from securechat.storage.exchange.checking import check
    from securechat.storage.exchange.importing import Importer
    from securechat.storage.passwords import Hasher, generate

    settings = load_config(place).config
    contents = check(file, time.time_ns() // 1_000_000)
    cost = settings.auth.argon2
    hasher = Hasher(cost.time_cost, cost.memory_cost, cost.parallelism)
    phc = hasher.hash(generate()) if create_accounts else None
    database = Database(place.directory, settings.storage.url)
    with (
        closing(database.open_store()) as store,
        store.transaction() as connection,
        Progress("messages") as progress,
    ):
        done = Importer(connection, store.search_index, contents, phc).write(file, progress)
        new = f"{done.messages} messages, {done.events} events"
        detail = f"{new}, {done.accounts} accounts, {done.channels} channels"
        audit.append(connection, note("import", str(file.absolute()), detail))
    return done


def _output(name: str) -> AbstractContextManager[IO[bytes]]:
    """Return standard output, or a file that gets its name when it is complete and on disk."""
    from securechat.storage.files import new_file

    if name == "-":
        return nullcontext(sys.stdout.buffer)
    file = Path(name)
    if file.exists():
        raise CommandFailed(f"{file} is there already: name a new file", ExitCode.REFUSED)
    return new_file(file)
