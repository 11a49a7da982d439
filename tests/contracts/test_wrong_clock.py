"""What readers find by time after the clock was wrong, in every database.

alice says A; the clock jumps ahead and B is said; then it is right again, and C, D and E are said.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from securechat.chat.reading import LAST_ID, ChannelPlace, Conversation, Place, Search, Span, Target
from securechat.chat.records import MessageRedacted, MessageSent
from securechat.chat.state.ids import MessageIds
from securechat.chat.words import terms
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.sqlite import open_reader
from securechat.storage.upkeep import Sweep
from tests.contracts.databases import Database, DurableDatabase, SqliteDatabase
from tests.contracts.facts import ALICE, BOB, CHANNELS, DEV, GENERAL, NOON, PEOPLE, message

MINUTE = 60_000
HOUR = 60 * MINUTE
YEAR = 365 * 24 * HOUR
HERE, TALK = ChannelPlace(GENERAL), Conversation(ALICE, BOB)
ANY = Span(-1, LAST_ID, 100, newest=True)
LATER = range(1, 4)
"""The minutes after noon in which C, D and E are said."""


def said(ahead: int, recipient: int | None = None) -> dict[str, MessageSent]:
    """Return the messages; B is said when the clock is ahead by so many milliseconds."""
    ids = MessageIds(0)
    times = {"A": NOON, "B": NOON + ahead} | {
        name: NOON + minute * MINUTE for name, minute in zip("CDE", LATER, strict=True)
    }
    return {
        name: message(ids.next(at, 0), at=at, text=f"tea {name}", recipient=recipient)
        for name, at in times.items()
    }


@pytest.fixture(params=[HOUR, YEAR], ids=["an hour", "a year"])
def ahead(request: pytest.FixtureRequest) -> int:
    """How far the clock was ahead, in milliseconds."""
    return int(request.param)


def names(found: Sequence[MessageSent]) -> str:
    """Return what was found by name, in its order."""
    return "".join(message.text.removeprefix("tea ") for message in found)


SPANS = [
    ("everything", ANY, "ABCDE"),
    ("after A", replace(ANY, since=NOON), "BCDE"),
    ("after C", replace(ANY, since=NOON + MINUTE), "BDE"),
    ("up to D", replace(ANY, until=NOON + 2 * MINUTE), "AC"),
    ("up to C", replace(ANY, until=NOON + MINUTE), "A"),
    ("between", replace(ANY, since=NOON, until=NOON + 3 * MINUTE), "CD"),
    ("the time of nothing", replace(ANY, since=NOON + 5 * MINUTE, until=NOON + 50 * MINUTE), ""),
    ("the newest", replace(ANY, limit=2), "DE"),
    ("the newest after A", replace(ANY, since=NOON, limit=2), "DE"),
    ("the newest up to E", replace(ANY, until=NOON + 3 * MINUTE, limit=2), "CD"),
    ("the newest of all times", replace(ANY, until=NOON + 9 * YEAR, limit=4), "BCDE"),
    ("the oldest after A", replace(ANY, since=NOON, limit=2, newest=False), "CD"),
    ("the oldest after A, one by one", replace(ANY, since=NOON, limit=1, newest=False), "C"),
    ("the oldest after E", replace(ANY, since=NOON + 3 * MINUTE, limit=5, newest=False), "B"),
    ("no room", replace(ANY, since=NOON, limit=0), ""),
]


@pytest.mark.parametrize(("span", "found"), [case[1:] for case in SPANS], ids=[case[0] for case in SPANS])
@pytest.mark.parametrize("recipient", [None, BOB], ids=["channel", "direct"])
def test_history_by_time(
    database: Database, ahead: int, recipient: int | None, span: Span, found: str
) -> None:
    """Times select what people see with that time; order and the newest are by id, also after a restart."""
    database.store().commit([*PEOPLE, *CHANNELS, *said(ahead, recipient).values(), message(6, channel=DEV)])
    database.store()
    place: Place = HERE if recipient is None else TALK
    rows = database.reader().history(place, span, events=False, tombstones=False)
    assert names(rows) == found
    assert names(database.reader().history(place, span, events=True, tombstones=True)) == found


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
def test_pages_by_time_miss_nothing_said_afterwards(
    database: Database, ahead: int, limit: int, forward: bool
) -> None:
    """A client goes on from the time of the last message that it was given, or of the first one."""
    database.store().commit([*PEOPLE, *CHANNELS, *said(ahead).values()])
    reader, seen = database.reader(), set[str]()
    start = Span(-1, LAST_ID, limit, not forward)
    span = replace(start, since=0) if forward else replace(start, until=NOON + 2 * YEAR)
    for _ in range(10):
        page = reader.history(HERE, span, events=False, tombstones=False)
        if not page:
            break
        seen |= set(names(page))
        span = replace(start, since=page[-1].at) if forward else replace(start, until=page[0].at)
    assert seen >= set("ABCDE" if forward else "ACDE")


def test_several_jumps(database: Database) -> None:
    """To and fro, also within one conversation and in both directions of it."""
    ids, at = MessageIds(0), [0, HOUR, MINUTE, YEAR, 2 * MINUTE, HOUR + MINUTE, -HOUR, 3 * MINUTE]
    pair = [(ALICE, BOB), (BOB, ALICE)]
    sent = [
        message(
            ids.next(NOON + t, 0), at=NOON + t, sender=pair[n % 2][0], recipient=pair[n % 2][1], text=f"{n}"
        )
        for n, t in enumerate(at)
    ]
    database.store().commit([*PEOPLE, *CHANNELS, *sent])
    reader = database.reader()
    for since in (-2 * HOUR, -HOUR, 0, MINUTE, 2 * MINUTE, HOUR, HOUR + MINUTE, YEAR):
        for until in (-HOUR, 1, MINUTE, 3 * MINUTE, 2 * HOUR, YEAR, YEAR + 1):
            span = replace(ANY, since=NOON + since, until=NOON + until)
            rows = reader.history(TALK, span, events=False, tombstones=False)
            assert [row.text for row in rows] == [f"{n}" for n, t in enumerate(at) if since < t < until]


@pytest.mark.parametrize("recipient", [None, BOB], ids=["channel", "direct"])
def test_targets_by_time(database: Database, ahead: int, recipient: int | None) -> None:
    """A place has the time of what was said last in it, and is found by it; so has a redaction."""
    messages = said(ahead, recipient)
    store = database.store()
    store.commit([*PEOPLE, *CHANNELS, *messages.values()])
    place: Place = HERE if recipient is None else TALK
    last = messages["E"]

    def found(since: int, until: int) -> list[Target]:
        span = replace(ANY, since=NOON + since, until=NOON + until)
        return list(database.reader().targets(ALICE, [HERE], span, events=False, tombstones=True))

    assert found(0, 10 * MINUTE) == [Target(place, last.id, last.at)]
    assert found(4 * MINUTE, 2 * YEAR) == []
    redaction = MessageRedacted(messages["C"], ALICE, "a!a@x", "#general", "", NOON + 5 * MINUTE, last.id + 1)
    store.commit([redaction])
    assert found(4 * MINUTE, 6 * MINUTE) == [Target(place, last.id + 1, NOON + 5 * MINUTE)]


def test_redactions_by_time(database: Database, ahead: int) -> None:
    """What was redacted is in its place, and its redaction where that happened, both by their times."""
    messages = said(ahead)
    key = messages["E"].id + 1
    redaction = MessageRedacted(messages["C"], ALICE, "a!a@x", "#general", "", NOON + 5 * MINUTE, key)
    database.store().commit([*PEOPLE, *CHANNELS, *messages.values(), redaction])

    def found(since: int, until: int) -> list[tuple[str, int]]:
        span = replace(ANY, since=NOON + since, until=NOON + until)
        rows = database.reader().history(HERE, span, events=False, tombstones=True)
        return [(row.command, row.id) for row in rows]

    left = ("PRIVMSG", messages["C"].id)
    assert found(0, 2 * MINUTE) == [left]
    assert found(4 * MINUTE, 6 * MINUTE) == [("REDACT", messages["C"].id)]
    assert found(0, 6 * MINUTE) == [
        left,
        ("PRIVMSG", messages["D"].id),
        ("PRIVMSG", messages["E"].id),
        ("REDACT", messages["C"].id),
    ]


@pytest.mark.parametrize("indexed", [0, 3, 100])
@pytest.mark.parametrize("words", ["tea", ""])
def test_search_by_time(durable: DurableDatabase, ahead: int, indexed: int, words: str) -> None:
    """A search between times finds what has these times, whether it is in the index or not."""
    store = durable.store()
    store.commit([*PEOPLE, *CHANNELS, *said(ahead).values()])
    if indexed:
        store.index(indexed)

    def found(span: Span) -> str:
        return names(durable.reader().search(Search(ALICE, (HERE,), False, terms(words), None, span)))

    for name, span, expected in SPANS:
        if span.limit:
            assert found(span) == expected, name
    assert found(replace(ANY, since=NOON, newest=False)) == "BCDE"


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
@pytest.mark.parametrize("indexed", [0, 3, 100])
def test_pages_of_a_search_miss_nothing_said_afterwards(
    durable: DurableDatabase, ahead: int, indexed: int, limit: int
) -> None:
    """A client goes on searching from the latest time that it was given, as it does with history."""
    store = durable.store()
    store.commit([*PEOPLE, *CHANNELS, *said(ahead).values()])
    if indexed:
        store.index(indexed)
    reader, seen, since = durable.reader(), set[str](), 0
    for _ in range(10):
        span = Span(-1, LAST_ID, limit, newest=False, since=since)
        page = reader.search(Search(ALICE, (HERE,), False, terms("tea"), None, span))
        if not page:
            break
        assert len(page) <= limit
        seen |= set(names(page))
        since = max(message.at for message in page)
    assert seen == set("ABCDE")


def test_a_search_by_time_reads_all_that_is_astray(durable: DurableDatabase) -> None:
    """Also more than a page of it, within one millisecond, in channels and conversations that one reads."""
    ids = MessageIds(0)
    ahead = message(ids.next(NOON + YEAR, 0), at=NOON + YEAR, text="tea ahead")
    many = [message(ids.next(NOON, 0), at=NOON, text=f"number{n}", channel=DEV) for n in range(450)]
    last = message(ids.next(NOON, 0), at=NOON, text="tea", sender=BOB, recipient=ALICE)
    durable.store().commit([*PEOPLE, *CHANNELS, ahead, *many, last])

    def found(text: str, place: Place, **times: int) -> list[int]:
        span = replace(ANY, newest=False, limit=2, **times)
        return [
            row.id for row in durable.reader().search(Search(ALICE, (place,), True, terms(text), None, span))
        ]

    assert found("number449", ChannelPlace(DEV), since=NOON - 1) == [many[449].id]
    assert found("number449", ChannelPlace(DEV, many[449].id + 1), since=NOON - 1) == []
    assert found("number449", HERE, since=NOON - 1) == []
    assert found("number449", ChannelPlace(DEV), since=NOON) == []
    assert found("tea", HERE, since=NOON - 1) == [ahead.id, last.id]
    assert found("tea", HERE, since=NOON - 1, until=NOON + 1) == [last.id]


def test_retention_by_time(durable: DurableDatabase, ahead: int) -> None:
    """What is old by its time is deleted, and what was said while the clock was ahead stays until then."""
    store = durable.store()
    store.commit([*PEOPLE, *CHANNELS, *said(ahead).values()])
    assert store.prune(NOON + 2 * MINUTE, 100) == 2
    rows = durable.reader().history(HERE, ANY, events=False, tombstones=False)
    assert names(rows) == "BDE"
    rows = durable.reader().history(HERE, replace(ANY, since=0), events=False, tombstones=False)
    assert names(rows) == "BDE"


def test_retention_of_a_channel_by_time(durable: DurableDatabase, ahead: int) -> None:
    """Step by step by their ids; what is old by its time goes, before and behind what was said ahead."""
    store = durable.store()
    store.commit([*PEOPLE, *CHANNELS, *said(ahead).values(), message(LAST_ID, at=NOON, channel=DEV)])
    sweep, deleted = Sweep(rows=2), []
    while sweep.rows:
        deleted.append(store.prune_channel(GENERAL, NOON + 2 * MINUTE, 2, sweep))
    assert deleted == [1, 1, 0, 0]
    rows = durable.reader().history(HERE, replace(ANY, since=0), events=False, tombstones=False)
    assert names(rows) == "BDE"
    (left,) = durable.reader().history(ChannelPlace(DEV), ANY, events=False, tombstones=False)
    assert left.at == NOON


def test_times_are_found_in_indexes(tmp_path: Path, migrated: Path) -> None:
    """No selection by time reads the whole table, or all that is astray of other places."""
    database = SqliteDatabase(tmp_path)
    database.store().commit([*PEOPLE, *CHANNELS, *said(YEAR).values()])
    statements: list[tuple[str, tuple[int, ...]]] = []
    reader = open_reader(tmp_path)

    @event.listens_for(reader._connection.engine, "before_cursor_execute")
    def note(_c: object, _k: object, sql: str, given: tuple[int, ...], _x: object, _m: object) -> None:
        statements.append((sql, given))

    span = replace(ANY, since=NOON, until=NOON + HOUR)
    for place in (HERE, TALK):
        for newest in (True, False):
            reader.history(place, replace(span, newest=newest), events=False, tombstones=True)
    for times in (span, replace(span, since=None), replace(span, until=None)):
        for newest in (True, False):
            for words in ("tea", ""):
                wanted = Search(ALICE, (HERE,), True, terms(words), None, replace(times, newest=newest))
                reader.search(wanted)
    reader.close()
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        plans = {
            sql: " | ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", given))
            for sql, given in statements
            if "message_words" not in sql
        }
    database.close()
    for table in ("messages", "astray"):
        assert not [plan for plan in plans.values() if f"SCAN {table}" in plan], plans
    assert not [plan for plan in plans.values() if "messages_at" in plan], plans
    found = {sql: plan for sql, plan in plans.items() if "JOIN astray" in sql}
    for sql, plan in found.items():
        index = "astray_place (place=? AND at>? AND at<?)" if "astray.place" in sql else "astray_at (at"
        first, second = plan.split(" | ")[:2]
        assert first.startswith(f"SEARCH astray USING COVERING INDEX {index}"), (sql, plan)
        assert second == "SEARCH messages USING INTEGER PRIMARY KEY (rowid=?)", (sql, plan)
    # Of a channel and of a conversation the newest, the oldest and the tombstones; and searches.
    assert len(found) == 9
    for index in ("messages_channel", "messages_direct"):
        assert any(f"INDEX {index} (" in plan for plan in plans.values()), (index, plans)
