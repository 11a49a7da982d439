"""Deleting old messages and erasing those of removed accounts: in steps, and only what is to go."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from securechat.app.retention import Retention
from securechat.chat.ports import StoreFull
from securechat.chat.records import (
    NOBODY,
    AccountAdded,
    AccountRemoved,
    Fate,
    MessageRedacted,
    MessageSent,
    RetentionSet,
)
from securechat.chat.state.ids import MessageIds
from securechat.storage.sqlite import SqliteStore, open_reader, open_store
from securechat.storage.upkeep import Erasure, Seen, Sweep
from tests.contracts.facts import ALICE, BOB, CHANNELS, DEV, GENERAL, PEOPLE, message

DAY = 24 * 60 * 60 * 1000
NOW = 1_800_000_000.0
REMOVED = 9


class Counted:
    """A store that notes what each step has deleted; it can be told to be full."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.steps: list[int] = []
        self.full = False
        self.retention, self.erasures = store.retention, store.erasures
        self.note_clock = store.note_clock
        self.to_give_back = 0

    def prune(self, before_ms: int, limit: int, sweep: Sweep | None = None, now_ms: int = 0) -> int:
        return self._noted(self.store.prune(before_ms, 0 if self.full else limit, sweep, now_ms))

    def prune_channel(
        self, channel: int, before_ms: int, limit: int, sweep: Sweep | None = None, now_ms: int = 0
    ) -> int:
        return self._noted(self.store.prune_channel(channel, before_ms, limit, sweep, now_ms))

    def erase(self, erasure: Erasure, limit: int, sweep: Sweep) -> int:
        return self._noted(self.store.erase(erasure, limit, sweep))

    def give_back(self, *, all_of_it: bool = False) -> bool:
        self.to_give_back -= 1
        return self.to_give_back > 0

    def _noted(self, deleted: int) -> int:
        if self.full:
            raise StoreFull("no room")
        self.steps.append(deleted)
        return deleted


class Believed:
    """A clock that is always believed, whatever a test makes it say."""

    doubt = ""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall

    def look(self) -> int:
        return int(self._wall() * 1000)

    def seen(self) -> Seen:
        return Seen(self.look(), 3600)


class Chore:
    """The retention with a clock that a test moves, and a store of people and channels."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = open_store(directory)
        self.store.commit([*PEOPLE, *CHANNELS])
        self.counted = Counted(self.store)
        self.days = 0
        self.seconds = 0.0
        self.wall = NOW
        clock = Believed(lambda: self.wall)
        self.retention = Retention(self.counted, lambda: self.days, clock, mono=lambda: self.seconds)

    def run(self, calls: int = 1) -> None:
        """Call it about once a second, and at once as often as it wants."""
        for _ in range(calls):
            while self.retention():
                pass
            self.seconds += 1

    def again(self, calls: int = 1) -> None:
        """Let a minute pass before the next calls."""
        self.seconds += 60
        self.run(calls)

    def kept(self) -> list[int]:
        """Return the ids of the messages that are there."""
        with self.store.transaction() as connection:
            return list(connection.exec_driver_sql("SELECT id FROM messages ORDER BY id").scalars())

    def message(self, key: int) -> MessageSent | None:
        reader = open_reader(self.directory)
        try:
            return reader.message(key)
        finally:
            reader.close()


@pytest.fixture
def chore(tmp_path: Path) -> Iterator[Chore]:
    """A retention with nothing to do."""
    chore = Chore(tmp_path)
    yield chore
    chore.store.close()


def ago(days: float) -> int:
    """Return the time of so many days ago."""
    return int(NOW * 1000) - int(days * DAY)


def test_zero_days_keep_everything(chore: Chore) -> None:
    """Nothing is even looked for."""
    chore.store.commit([message(5, at=ago(10_000))])
    chore.run(3)
    assert (chore.kept(), chore.counted.steps) == ([5], [])


def test_what_is_older_goes(chore: Chore) -> None:
    """A message is kept until it is as old as the setting says."""
    chore.store.commit([message(key, at=ago(days)) for key, days in enumerate((7.001, 7, 6.999, 0), 1)])
    chore.days = 7
    chore.run()
    assert chore.kept() == [2, 3, 4]


def test_many_go_in_steps(chore: Chore) -> None:
    """A step is small, others may come between two, and with nothing left there is a minute's rest."""
    chore.store.commit([message(key, at=key) for key in range(1, 1211)])
    chore.days = 1
    assert chore.retention()
    assert chore.counted.steps == [25]
    chore.run()
    assert chore.counted.steps == [25] * 40, "then it is the next second"
    chore.run(4)
    assert chore.counted.steps == [25] * 48 + [10]
    chore.seconds = 1 + 59.9
    chore.run()
    assert len(chore.counted.steps) == 49
    chore.seconds = 1 + 60
    chore.run()
    assert chore.counted.steps[49:] == [0]


def test_the_setting_may_change(chore: Chore) -> None:
    """A reload is in force at the next round; fewer days find what more days have kept."""
    chore.store.commit([message(5, at=ago(3)), message(6, at=ago(8))])
    chore.run()
    chore.days = 7
    chore.again()
    assert chore.kept() == [5]
    chore.days = 2
    chore.again()
    assert chore.kept() == []


def test_a_channel_may_have_a_retention_of_its_own(chore: Chore) -> None:
    """It keeps its messages longer or shorter than the others, or for ever, until it has none again."""
    days = (1, 3, 10, 100)
    sent = [message(key, at=ago(age)) for key, age in enumerate(days, 1)]
    chore.store.commit([*sent, *(one._replace(id=one.id + 10, channel=DEV) for one in sent)])
    chore.store.commit([RetentionSet(GENERAL, 20, None), RetentionSet(DEV, 0, None)])
    chore.days = 5
    chore.run(3)
    assert chore.kept() == [1, 2, 3, 11, 12, 13, 14]
    chore.store.commit([RetentionSet(GENERAL, 2, 20), RetentionSet(DEV, None, 0)])
    chore.again(3)
    assert chore.kept() == [1, 11, 12]
    chore.days = 0
    chore.store.commit([RetentionSet(DEV, 2, None)])
    chore.again(3)
    assert chore.kept() == [1, 11]


def test_a_clock_that_was_wrong_does_not_hold_up_a_channel(chore: Chore) -> None:
    """Old messages behind some from the future are found once a day; otherwise the first say that none is."""
    chore.store.commit([message(key, at=ago(-1000)) for key in range(1, 1001)])
    chore.store.commit([message(key, at=ago(3)) for key in range(1001, 1004)])
    chore.store.commit([RetentionSet(GENERAL, 2, None)])
    chore.run(5)
    assert (chore.counted.steps, len(chore.kept())) == ([0] * 40 + [3], 1000)
    chore.store.commit([message(2000, at=ago(3))])
    chore.again(5)
    assert (chore.counted.steps[41:], len(chore.kept())) == ([0], 1001)
    chore.seconds += 24 * 60 * 60
    chore.run(5)
    assert (chore.counted.steps[42:], len(chore.kept())) == ([0] * 40 + [1], 1000)


def test_a_clock_that_is_put_right_holds_up_nothing_for_long(chore: Chore) -> None:
    """What is said after the clock was ahead goes when it is too old, at most a day later, everywhere."""
    year = 365 * DAY
    ids = MessageIds(0)

    def said(day: int, channel: int) -> MessageSent:
        at = ago(-day)
        return message(ids.next(at, 0), at=at, channel=channel)

    chore.days = 2
    chore.store.commit([RetentionSet(DEV, 3, None)])
    chore.wall += year / 1000
    chore.store.commit([said(day, channel) for day in (362, 365) for channel in (GENERAL, DEV)])
    chore.run(10)
    assert len(chore.kept()) == 3, "#dev keeps three days"
    chore.wall = NOW
    chore.store.commit([said(0, channel) for channel in (GENERAL, DEV)])
    for left in (5, 5, 5, 4, 3):
        chore.run(10)
        assert len(chore.kept()) == left
        chore.wall += DAY / 1000
        chore.seconds += DAY / 1000 + 1


def test_what_stays_is_not_looked_at_again(chore: Chore) -> None:
    """Kept messages at the beginning do not hide what comes behind them, and cost nothing the next time."""
    chore.store.commit([message(key, at=key) for key in range(1, 701)])
    chore.store.commit([message(key, channel=DEV, at=key) for key in range(701, 801)])
    chore.store.commit([RetentionSet(GENERAL, 0, None)])
    chore.days = 1
    chore.run(2)
    stayed = [0] * 28 + [25] * 4 + [0]
    assert (chore.counted.steps, len(chore.kept())) == (stayed, 700)
    chore.store.commit([message(900, channel=DEV, at=ago(2))])
    chore.again()
    assert chore.counted.steps == [*stayed, 1]


def test_room_is_given_back_in_steps(chore: Chore) -> None:
    """With the last deletion, and then one step each time."""
    chore.store.commit([message(5, at=ago(3))])
    chore.days = 2
    chore.counted.to_give_back = 3
    left = []
    for _ in range(5):
        chore.run()
        left.append(chore.counted.to_give_back)
    assert (left, chore.kept()) == ([2, 1, 0, 0, 0], [])


def test_a_full_store_is_no_reason_to_stop(chore: Chore, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and tried again after a minute."""
    chore.store.commit([message(5, at=ago(3))])
    chore.days = 2
    chore.counted.full = True
    chore.run()
    assert "could not be deleted: no room" in caplog.text
    chore.counted.full = False
    chore.run()
    assert chore.kept() == [5]
    chore.again()
    assert chore.kept() == []


def removed(chore: Chore, how: Fate, count: int = 10) -> None:
    """Let alice and Bob say things, one after the other, and alice go."""
    for first in range(1, count + 1, 1000):
        keys = range(first, min(first + 1000, count + 1))
        chore.store.commit([message(key, sender=BOB if key % 2 else ALICE, nonce=str(key)) for key in keys])
    nobody = (AccountAdded(REMOVED, "removed", "", NOBODY, 1), AccountRemoved(REMOVED, "", 1))
    chore.store.commit([*nobody, AccountRemoved(ALICE, "$alice", 2, messages=how)])


def test_messages_of_a_removed_account_stay(chore: Chore) -> None:
    """That is what happens when nothing else is asked for."""
    removed(chore, "keep")
    chore.run(5)
    assert (chore.kept(), chore.counted.steps) == (list(range(1, 11)), [])


def test_messages_of_a_removed_account_are_deleted(chore: Chore, caplog: pytest.LogCaptureFixture) -> None:
    """Its own go, in steps, the others' stay; when it is done it is done."""
    caplog.set_level("INFO")
    removed(chore, "delete", 4500)
    chore.run(1)
    assert len(chore.kept()) == 4500 - 39 * 25, "one step looks at 50"
    chore.run(10)
    assert chore.kept() == list(range(1, 4501, 2))
    assert chore.counted.steps == [25] * 90 + [0]
    assert "deleted 2250 messages of the removed account 1" in caplog.text
    chore.again(3)
    assert (len(chore.counted.steps), list(chore.store.erasures())) == (91, [])


def test_messages_of_a_removed_account_lose_their_author(chore: Chore) -> None:
    """Nothing says any more who wrote them, and their nonces are free; the text stays."""
    chore.store.commit([message(50, sender=BOB)])
    sent = message(50, sender=BOB)
    chore.store.commit([MessageRedacted(sent, ALICE, "alice!alice@chat.test", "#general", "", 60, 900)])
    removed(chore, "anonymise")
    chore.run(4)
    found, other, redacted = (chore.message(key) for key in (2, 3, 50))
    assert found == message(2, sender=REMOVED)._replace(nick="removed")
    assert other == message(3, sender=BOB, nonce="3")
    assert redacted is not None and redacted.redacted_by == REMOVED
    assert list(chore.store.erasures()) == []


def test_erasing_goes_on_after_a_restart(chore: Chore) -> None:
    """What is left to do is in the database."""
    removed(chore, "delete", 4500)
    chore.run(2)
    chore.store.close()
    chore.store = open_store(chore.directory)
    chore.counted = Counted(chore.store)
    clock = Believed(lambda: NOW)
    chore.retention = Retention(chore.counted, lambda: 0, clock, mono=lambda: chore.seconds)
    chore.run(10)
    assert chore.kept() == list(range(1, 4501, 2))


def test_there_are_no_pauses_while_the_disk_is_short_of_room(chore: Chore) -> None:
    """It goes on at once until everything is done, and looks again soon."""
    chore.store.commit([message(5, at=ago(3))])
    chore.days = 2
    chore.counted.to_give_back = 3
    short = [True]
    eager = Retention(
        chore.counted,
        lambda: chore.days,
        Believed(lambda: chore.wall),
        mono=lambda: chore.seconds,
        short=lambda: short[0],
    )
    assert [eager() for _ in range(4)] == [True, True, False, False]
    chore.seconds += 2
    chore.counted.to_give_back = 3
    assert eager()
    short[0] = False
    assert not eager(), "with room there is no hurry"
