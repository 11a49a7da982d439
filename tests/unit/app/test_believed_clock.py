"""Nothing is deleted for its age before the clock has been steady for an hour, over restarts, too."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.app.clock import STEADY, WatchedClock
from securechat.app.retention import Retention
from securechat.chat.records import MessageSent, RetentionSet
from securechat.chat.state.ids import MessageIds
from securechat.storage.sqlite import SqliteStore, open_store
from securechat.storage.upkeep import Seen
from tests.contracts.facts import CHANNELS, DEV, GENERAL, PEOPLE, message

HOUR = 3600
DAY = 24 * HOUR
YEAR = 365 * DAY
NOW = 1_800_000_000.0
DAYS = 30


class Host:
    """A machine whose clock can be set, and a server on it that can be restarted."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.true = NOW
        self.wrong = 0.0
        self.ids = MessageIds(0)
        self.store: SqliteStore
        self.retention: Retention
        self.start()
        self.store.commit([*PEOPLE, *CHANNELS])

    @property
    def wall(self) -> float:
        return self.true + self.wrong

    def start(self) -> None:
        """Start the server; its monotonic clock begins anew."""
        self.store = open_store(self.directory)
        begun, last = self.true, self.store.load().last_message
        self.ids = MessageIds(last)

        def mono() -> float:
            return self.true - begun

        clock = WatchedClock(self.store.seen_clock(), last, wall=lambda: self.wall, mono=mono)
        self.retention = Retention(self.store, lambda: DAYS, clock, mono=mono)

    def stop(self, away: float = 0) -> None:
        """Stop it, and let time pass."""
        self.store.close()
        self.true += away

    def restart(self, away: float = 0) -> None:
        self.stop(away)
        self.start()

    def run(self, seconds: float, every: float = 60) -> None:
        """Let it run for so long."""
        end = self.true + seconds
        while self.true < end:
            self.retention()
            self.true += every
        self.retention()

    def say(self, channel: int = GENERAL) -> int:
        """Say something now, by the clock of this host; return its id."""
        at = int(self.wall * 1000)
        sent: MessageSent = message(self.ids.next(at, self.true), at=at, channel=channel)
        self.store.commit([sent])
        return sent.id

    def kept(self) -> list[int]:
        with self.store.transaction() as connection:
            return list(connection.exec_driver_sql("SELECT id FROM messages ORDER BY id").scalars())


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A server that has run for two hours, with a message that is 29 days old and one of now."""
    host = Host(tmp_path)
    host.true -= 29 * DAY
    host.say()
    host.true = NOW
    host.restart()
    host.run(2 * HOUR)
    host.say()
    yield host
    host.store.close()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log says, warnings first in their order."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("wrong", [YEAR, 2 * DAY, 10 * YEAR])
@pytest.mark.parametrize("minutes", [1, 59])
def test_a_clock_that_jumps_ahead(
    host: Host, caplog: pytest.LogCaptureFixture, wrong: float, minutes: int
) -> None:
    """Everything is still there when it is right again; it is said once that deletion waits."""
    before = host.kept()
    host.wrong = wrong
    host.run(minutes * 60)
    assert "the clock was set ahead by" in host.retention.facts()["retention.state"]
    host.wrong = 0
    host.run(3 * HOUR)
    assert host.kept() == before
    assert len(told(caplog)) == 1, told(caplog)
    assert "old messages are not deleted before it has been steady for an hour" in told(caplog)[0]
    assert host.retention.facts() == {"retention.state": "on"}
    host.run(2 * DAY, every=HOUR)
    assert host.kept() == before[1:], "the old one goes when it is old"


def test_a_channel_of_its_own(host: Host) -> None:
    """The same holds for channels with a retention of their own."""
    host.store.commit([RetentionSet(DEV, 3, None)])
    host.say(DEV)
    before = host.kept()
    host.wrong = YEAR
    host.run(120)
    host.wrong = 0
    host.run(2 * HOUR)
    assert host.kept() == before
    host.run(4 * DAY, every=HOUR)
    assert len(host.kept()) == 1


def test_what_is_said_while_the_clock_is_behind(host: Host) -> None:
    """It has a time of long ago, but its id says when it was said: it stays as long as the others."""
    host.wrong = -YEAR
    host.store.commit([RetentionSet(DEV, 3, None)])
    behind = [host.say(), host.say(DEV)]
    host.run(2 * HOUR)
    host.wrong = 0
    host.run(2 * DAY, every=HOUR)
    assert set(behind) < set(host.kept())
    host.run(3 * DAY, every=HOUR)
    assert behind[1] not in host.kept()
    host.run(27 * DAY, every=DAY)
    assert host.kept() == []


def test_small_steps_are_no_jumps(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """A clock that is put right by seconds is believed."""
    for wrong in (10, -20, 30):
        host.wrong = wrong
        host.run(HOUR)
    assert told(caplog) == []


@pytest.mark.parametrize("wrong", [YEAR, 2 * DAY, -YEAR])
def test_a_clock_that_is_wrong_after_a_restart(
    host: Host, caplog: pytest.LogCaptureFixture, wrong: float
) -> None:
    """A host that syncs late: nothing is deleted, not even after a further restart with the wrong clock."""
    before = host.kept()
    host.stop(60)
    host.wrong = wrong
    host.start()
    host.run(30 * 60)
    assert "when the server ran before" in told(caplog)[0] or "the newest message" in told(caplog)[0]
    host.restart(10)
    host.run(29 * 60)
    host.wrong = 0
    host.run(2 * HOUR)
    assert host.kept() == before


def test_an_hour_may_be_two_runs(host: Host) -> None:
    """What was steady before a short stop counts."""
    host.restart(2 * HOUR)
    host.run(40 * 60)
    host.restart(30)
    host.run(10 * 60)
    assert "steady for 4" in host.retention.facts()["retention.state"]
    host.run(15 * 60)
    assert host.retention.facts()["retention.state"] == "on"


def test_a_short_stop_is_nothing_new(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """A restart goes on at once."""
    host.run(60)
    host.restart(30)
    host.run(60)
    assert (told(caplog), host.retention.facts()) == ([], {"retention.state": "on"})


def test_three_months_away(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """A clock that is right after that is believed after an hour, not at once and not never."""
    host.restart(90 * DAY)
    host.run(HOUR - 60)
    assert len(host.kept()) == 2
    assert "when the server ran before" in told(caplog)[0]
    host.run(180)
    assert host.kept() == []


def test_the_newest_message_is_still_to_come(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """One of the two clocks was wrong: a start waits, and then goes on."""
    host.wrong = YEAR
    host.say()
    host.wrong = 0
    host.run(2 * HOUR)
    caplog.clear()
    host.restart(30)
    host.run(60)
    assert "the newest message is of" in told(caplog)[0]
    host.run(HOUR)
    assert host.retention.facts()["retention.state"] == "on"


def test_a_server_without_retention_says_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever keeps everything does not care, and nothing is written for it."""
    store = open_store(tmp_path)
    now = [NOW, 0.0]
    clock = WatchedClock(None, 0, wall=lambda: now[0], mono=lambda: now[1])
    retention = Retention(store, lambda: 0, clock, mono=lambda: now[1])
    for _ in range(10):
        now[0] += YEAR
        now[1] += 70
        retention()
    assert (told(caplog), retention.facts()) == ([], {"retention.state": "off"})
    assert store.seen_clock() is None
    store.close()


def test_what_is_stored() -> None:
    """The steadiness is that until the last look, an hour at most; a jump begins anew."""
    now = [NOW, 0.0]
    clock = WatchedClock(Seen(int(NOW * 1000), 600), 0, wall=lambda: now[0], mono=lambda: now[1])
    now[0], now[1] = NOW + 60, 60.0
    clock.look()
    assert clock.seen() == Seen(int((NOW + 60) * 1000), 660)
    now[0], now[1] = NOW + 9000, 9000.0
    clock.look()
    assert (clock.seen().steady, clock.doubt) == (STEADY, "")
    now[0] += YEAR
    clock.look()
    assert clock.seen().steady == 0
    assert clock.doubt.startswith("the clock was set ahead by 365 days to 2028")


def test_since_when_the_clock_is_believed() -> None:
    """For what ends: since the last jump, by the time that the clock has said since; then for long."""
    now = [NOW, 0.0]
    clock = WatchedClock(Seen(int(NOW * 1000), HOUR), 0, wall=lambda: now[0], mono=lambda: now[1])
    assert clock.steady_since() == 0
    now[:] = [NOW + YEAR + 10, 10.0]
    assert clock.steady_since() == int((NOW + YEAR + 10) * 1000)
    now[:] = [NOW + YEAR + 1810, 1810.0]
    assert clock.steady_since() == int((NOW + YEAR + 10) * 1000)
    now[:] = [NOW + YEAR + 10 + HOUR, 10.0 + HOUR]
    assert clock.steady_since() == 0
