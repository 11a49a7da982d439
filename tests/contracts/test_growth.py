"""What a question costs follows from what it answers, and not from how much else there is.

Counted are the steps of SQLite's machine, which are the same every time.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from securechat.chat.ports import Reader
from securechat.chat.reading import LAST_ID, ChannelPlace, Span
from securechat.chat.records import (
    ChannelCreated,
    MessageRedacted,
    MetadataForgotten,
    Personal,
    PersonalSet,
    Record,
    RetentionSet,
)
from securechat.storage.sqlite import SqliteReader, SqliteStore, open_reader, open_store
from tests.contracts.facts import ALICE, BOB, CHANNELS, GENERAL, NOON, PEOPLE, message

JOINED = NOON << 20
LATE = JOINED + 10_000
"""The id of alice's JOIN, and the first of the few messages that came last."""
FEW = tuple(range(LATE, LATE + 5))
OTHERS = 200
"""Steps that may differ: where a tree has one level more."""

Ask = Callable[[Reader], object]


def place() -> ChannelPlace:
    return ChannelPlace(GENERAL, JOINED, ALICE)


def history(span: Span, *, all_of_it: bool = False) -> Ask:
    return lambda reader: reader.history(place(), span, events=all_of_it, tombstones=all_of_it)


def targets(reader: Reader) -> object:
    span = Span(-1, LAST_ID, 10, newest=True)
    return reader.targets(ALICE, [place()], span, events=True, tombstones=True)


QUESTIONS: dict[str, Ask] = {
    "the newest": history(Span(-1, LAST_ID, 3, newest=True)),
    "the newest, with redactions": history(Span(-1, LAST_ID, 3, newest=True), all_of_it=True),
    "what came after the last that was read": history(Span(LATE - 1, LAST_ID, 50, newest=True)),
    "the same from its beginning": history(Span(LATE - 1, LAST_ID, 50, newest=False)),
    "where something was said": targets,
}


def steps(of: SqliteReader | SqliteStore, work: Callable[[], object]) -> int:
    """Count the steps of something."""
    driver = of._connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    driver.set_progress_handler(count, 1)
    work()
    driver.set_progress_handler(None, 0)
    return taken


def cost(directory: Path, earlier: int, ask: Ask) -> int:
    """Count the steps in a channel where so much was said before the few last messages."""
    store = open_store(directory)
    said: list[Record] = [message(JOINED + key, sender=BOB) for key in range(1, earlier + 1)]
    latest: list[Record] = [message(key, sender=BOB) for key in FEW]
    gone = MessageRedacted(message(JOINED + 1, sender=BOB), BOB, "bob!b@x", "#general", "", NOON, LATE + 50)
    store.commit([*PEOPLE, *CHANNELS, *said, *latest, gone])
    reader = open_reader(directory)
    try:
        ask(reader)
        return steps(reader, lambda: ask(reader))
    finally:
        reader.close()
        store.close()


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_costs_as_much_in_a_long_channel(tmp_path: Path, name: str) -> None:
    """Ten times as much that was said earlier changes nothing."""
    few, many = (cost(tmp_path / str(earlier), earlier, QUESTIONS[name]) for earlier in (300, 3000))
    assert many <= few + OTHERS


def test_a_step_of_the_retention_costs_as_much_among_many_channels(tmp_path: Path) -> None:
    """Whatever they keep: it looks at those of its messages."""

    def cost(others: int) -> int:
        store = open_store(tmp_path / str(others))
        keys = range(10, 10 + others)
        made: list[Record] = [ChannelCreated(key, f"#c{key}", None, NOON) for key in keys]
        kept: list[Record] = [RetentionSet(key, 3, None) for key in keys]
        store.commit([*PEOPLE, *CHANNELS, *made, *kept, *(message(key) for key in FEW)])
        try:
            return steps(store, lambda: store.prune(NOON + 1, 10))
        finally:
            store.close()

    assert cost(500) <= cost(50) + OTHERS


def test_what_is_said_of_a_channel_goes_by_itself(tmp_path: Path) -> None:
    """However much people keep for themselves of others."""

    def cost(others: int) -> int:
        store = open_store(tmp_path / str(others))
        noted: list[Record] = [
            PersonalSet(BOB, target, "soju.im/muted", "1", None, NOON) for target in range(10, 10 + others)
        ]
        own = Personal(ALICE, GENERAL, "soju.im/muted", "1")
        store.commit([*PEOPLE, *CHANNELS, *noted, PersonalSet(*own, None, NOON)])
        try:
            return steps(store, lambda: store.commit([MetadataForgotten(GENERAL, (), (own,))]))
        finally:
            store.close()

    assert cost(500) <= cost(50) + OTHERS


def test_a_start_reads_no_messages(tmp_path: Path) -> None:
    """What is loaded at the start takes as many steps with a thousand messages more, but for a few."""
    store = open_store(tmp_path)
    try:
        store.commit([*PEOPLE, *CHANNELS, message(5)])
        before = steps(store, store.load)
        store.commit([message(key) for key in range(6, 1006)])
        assert steps(store, store.load) < before + 100
    finally:
        store.close()
