"""`securechat export` and `securechat import`: what was said, as lines of JSON."""

import time
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from securechat.cli.exits import CommandFailed
from securechat.cli.files import (
    is_stdin,
    is_stdout,
    name_of,
    new_output,
    refuse_existing,
    rereadable,
    short_lines,
)
from securechat.cli.place import ConfigOption, DataDirOption, Place, existing_place
from securechat.cli.table import JsonOption, for_terminals, print_facts
from securechat.cli.telling import tell
from securechat.irc.text import count

if TYPE_CHECKING:
    from securechat.storage.exchange.exporting import Selection
    from securechat.storage.exchange.importing import Imported


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("export")(export_messages)
    app.command("import")(import_messages)


def export_messages(
    file: Annotated[
        Path, typer.Argument(metavar="[FILE|-]", help="A new file, or - for standard output.")
    ] = Path("-"),
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
    from securechat.cli.data.note import note_first
    from securechat.irc.text import count
    from securechat.storage.errors import StorageError
    from securechat.storage.exchange.exporting import Selection

    if bool(channel) + bool(account) + everything != 1:
        raise typer.BadParameter("use one of --channel, --account and --all")
    if as_json and is_stdout(file):
        raise typer.BadParameter("--json needs a FILE: standard output has the export itself")
    place = existing_place(config, data_dir)
    refuse_existing(file)
    into = "standard output" if is_stdout(file) else name_of(file)
    try:
        with new_output(file) as stream:
            note_first(place, NoteExport(channel or account or "*", into))
            done = _export(place, Selection(channel, account), stream)
    except (StorageError, OSError) as error:
        raise CommandFailed(f"nothing was exported: {error}") from error
    tell(f"Exported {count(done, 'message')}.")
    print_facts({"file": into, "messages": done}, as_json)


def import_messages(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE|-", help="What `securechat export` has written; - is standard input."),
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
    from securechat.irc.text import count
    from securechat.storage.errors import StorageError
    from securechat.storage.exchange.checking import MAX_LINE
    from securechat.storage.lock import DirectoryLock

    place = existing_place(config, data_dir)
    name = "standard input" if is_stdin(file) else name_of(file)
    try:
        # A pipe is read to its end before the lock is taken: whoever writes may take his time.
        with rereadable(file, place.directory, look=short_lines(MAX_LINE)) as stream, ExitStack() as stack:
            patiently(lambda: stack.enter_context(DirectoryLock(place.directory)))
            done = _import(place, stream, name, create_accounts)
    except (StorageError, OSError) as error:
        raise CommandFailed(f"nothing was imported from {name}: {error}") from error
    tell(
        f"Imported {count(done.messages, 'message')}, {count(done.events, 'event')}, "
        f"{count(done.accounts, 'account')} and {count(done.channels, 'channel')}; "
        f"{_lines(done.known)} there already."
    )
    if done.dropped:
        tell(f"{_lines(done.dropped)} left out: their channels are no more.")
    if done.alone:
        tell(f"{_answers(done.alone)} not linked to what they answer: it was said elsewhere.")
    if done.accounts:
        tell("Give the new accounts passwords with `securechat passwd NAME`.")
    print_facts(asdict(done), as_json)


def _lines(number: int) -> str:
    return "1 message or event was" if number == 1 else f"{number} messages and events were"


def _answers(number: int) -> str:
    return "1 answer or reaction is" if number == 1 else f"{number} answers and reactions are"


def _export(place: Place, selection: "Selection", stream: IO[bytes]) -> int:
    import msgspec

    from securechat.app.composition import server_name
    from securechat.cli.data.snapshot import snapshot
    from securechat.cli.progress import Progress
    from securechat.storage.databases import Database
    from securechat.storage.exchange.exporting import Exporter
    from securechat.storage.exchange.form import Message

    encode, done = msgspec.json.Encoder().encode, 0
    with (
        snapshot(Database(place.directory, place.config.storage.url)) as directory,
        closing(Database(directory).open_store()) as store,
        store.transaction() as connection,
        Progress("messages") as progress,
    ):
        exporter = Exporter(connection, selection)
        for line in exporter.lines(server_name(place.config), time.time_ns() // 1_000_000):
            stream.write(f"{for_terminals(encode(line).decode())}\n".encode())
            done += isinstance(line, Message)
            progress(done, exporter.total)
        stream.flush()
    return done


def _import(place: Place, stream: IO[bytes], name: str, create_accounts: bool) -> "Imported":
    from securechat.cli.data.note import note
    from securechat.cli.progress import Progress
    from securechat.storage import audit
    from securechat.storage.databases import Database
    from securechat.storage.exchange.checking import check
    from securechat.storage.exchange.importing import Importer
    from securechat.storage.passwords import Hasher, generate

    now = time.time_ns() // 1_000_000
    contents = check(stream, now)
    cost = place.config.auth.argon2
    hasher = Hasher(cost.time_cost, cost.memory_cost, cost.parallelism)
    phc = hasher.hash(generate()) if create_accounts else None
    database = Database(place.directory, place.config.storage.url)
    with (
        closing(database.open_store()) as store,
        store.transaction() as connection,
        Progress("messages") as progress,
    ):
        done = Importer(connection, store.search_index, contents, phc, now).write(stream, progress)
        new = (done.messages, "message"), (done.events, "event")
        more = (done.accounts, "account"), (done.channels, "channel")
        detail = ", ".join(count(number, noun) for number, noun in (*new, *more))
        audit.append(connection, note("import", name, detail))
    return done
