"""`securechat audit`: who used their power, and the proof that nobody has changed that."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.exits import CommandFailed
from securechat.cli.place import ConfigOption, DataDirOption, Place, find_place
from securechat.cli.table import JsonOption, print_facts, print_json
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.chat.ports import AuditEntry
    from securechat.chat.requests import Row


HashOption = Annotated[
    str | None,
    typer.Option(
        "--expect",
        metavar="HASH",
        help="A hash that an earlier `verify` printed: fail unless the log still goes on from it.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(help="Show and verify the audit log.", no_args_is_help=True, rich_markup_mode=None)
    group.command("show")(show)
    group.command("verify")(verify)
    app.add_typer(group, name="audit")


def show(as_json: JsonOption = False, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Print who did what to whom, when and from where, the oldest first.

    With --json there is one object a line.
    """
    from securechat.irc.timestamp import format_ms

    for row in _rows(find_place(config, data_dir)):
        if as_json:
            print_json(dict(row))
            continue
        at = row["at"]
        assert isinstance(at, int)
        words = [row["actor"], "from", row["origin"], row["action"], row["target"], row["detail"]]
        tell(f"{format_ms(at)}  {' '.join(str(word) for word in words if word)}", out=True)


def verify(
    expect: HashOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Check that no entry of the audit log was changed, removed or put between.

    Note the printed hash elsewhere: with --expect it proves later that everything up to it is as it was.
    """
    from securechat.storage.audit import FIRST, ChainBroken
    from securechat.storage.audit import verify as verify_chain

    last, head = 0, FIRST
    seen = expect is None
    try:
        for row in _rows(find_place(config, data_dir)):
            last, head = verify_chain([_entry(row)], last, head)
            seen = seen or head == expect
    except ChainBroken as error:
        raise CommandFailed(f"the audit log is not what was written: {error}") from error
    if not seen:
        raise CommandFailed(
            f"no entry of the audit log has the hash {expect}: its end was removed or replaced"
        )
    print_facts({"entries": last, "hash": head}, as_json)
    if not as_json:
        entries = "1 entry" if last == 1 else f"{last} entries"
        tell(f"{entries}, none changed, removed or put between; the last hash is {head}", out=True)


def _rows(place: Place) -> Iterator["Row"]:
    from securechat.chat.requests import ListAudit
    from securechat.cli.ask import ask

    place.require()
    after = 0
    while rows := ask(place, ListAudit(after)).rows:
        yield from rows
        last = rows[-1]["id"]
        assert isinstance(last, int)
        after = last


def _entry(row: "Row") -> "AuditEntry":
    from securechat.chat.ports import AuditEntry
    from securechat.chat.records import Audited

    number, at = row["id"], row["at"]
    assert isinstance(number, int) and isinstance(at, int)
    words = [str(row[name]) for name in ("actor", "origin", "action", "target", "detail")]
    return AuditEntry(number, Audited(at, words[0], words[1], words[2], words[3], words[4]), str(row["hash"]))
