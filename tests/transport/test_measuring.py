"""What the server measures while it works."""

import pytest

from securechat.chat.ports import StoreFull
from securechat.server.measuring import Distribution, Histogram, Lag, together
from tests.transport.rig import Rig
from tests.transport.test_hub import say, turn


def test_values_are_counted_up_to_their_bounds() -> None:
    """A value that is a bound counts there; what is above the last bound has a place of its own."""
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.5, 9.0):
        histogram.observe(value)
    assert histogram.read() == Distribution((1.0, 2.0), (2, 1, 2), 14.5)
    assert histogram.read().number == 5


def test_a_part_of_the_values_is_below_a_bound() -> None:
    """The quantile is the bound that holds it: 0 when nothing was measured, twice the last above all."""
    found = Distribution((1.0, 2.0), (8, 1, 1), 0.0)
    assert [found.quantile(part) for part in (0.5, 0.8, 0.9, 0.99)] == [1.0, 1.0, 2.0, 4.0]
    assert Distribution((1.0,), (0, 0), 0.0).quantile(0.99) == 0.0


def test_distributions_add_up() -> None:
    """Several threads measure the same thing, each for itself."""
    parts = [Distribution((1.0,), (1, 2), 3.0), Distribution((1.0,), (4, 0), 0.5)]
    assert together(parts) == Distribution((1.0,), (5, 2), 3.5)


def test_a_delay_is_from_the_first_line_to_the_writing() -> None:
    """Of several turns that are not written yet the first counts; without one nothing is measured."""
    now = 10.0
    lag = Lag(lambda: now)
    lag.begin()
    lag.end()
    assert lag.times.read().number == 0
    lag.note(9.0)
    lag.note(9.5)
    lag.begin()
    lag.note(9.9)
    lag.end()
    assert lag.times.read().number == 1 and lag.times.read().total == pytest.approx(1.0)
    now = 11.0
    lag.begin()
    lag.end()
    assert lag.times.read().number == 2 and lag.times.read().total == pytest.approx(2.1)


def test_a_message_is_measured_on_its_way(rig: Rig) -> None:
    """A turn that stores something is a turn, a commit and, once the worker has written, a delivery."""
    peer, _ = rig.connect("alice")
    other, _ = rig.connect("bob")
    pulse, lag = rig.hub.pulse, rig.worker.lag
    before = [one.read().number for one in (pulse.turns, pulse.commits, lag.times)]
    peer.send(b"PRIVMSG #c :hello\r\n")
    rig.until(lambda: b"hello" in other.received)
    after = [one.read().number for one in (pulse.turns, pulse.commits, lag.times)]
    assert all(now > then for now, then in zip(after, before, strict=True))
    assert after[1] == before[1] + 1


def test_the_hub_shows_that_it_lives(rig: Rig) -> None:
    """Each turn says when it ended, also one with nothing but the time in it."""
    rig.clock.seconds = 5000.0
    rig.inbox.put(lambda: None)
    rig.hub.run_once()
    assert rig.hub.pulse.turned == 5000.0


def test_a_store_that_takes_nothing_is_remembered_until_it_does(rig: Rig) -> None:
    """The last attempt counts, with the reason for whoever runs the server."""
    _, alice = rig.connect("alice")
    rig.store.problem = StoreFull("no room")
    turn(rig, say(alice, "lost"))
    assert rig.hub.pulse.store_problem == "no room"
    rig.store.problem = None
    turn(rig, say(alice, "stored"))
    assert rig.hub.pulse.store_problem is None


def test_what_clients_send_is_counted(rig: Rig) -> None:
    """In lines and in bytes, for each connection and for all of a worker, also after the login."""
    peer, conn = rig.connect("alice")
    lines, received, mine = rig.worker.burden.lines, rig.worker.burden.received, conn.received
    peer.send(b"PING 1\r\nPING 2\r\n")
    rig.until(lambda: b"2\r\n" in peer.received)
    assert rig.worker.burden.lines - lines == 2
    assert rig.worker.burden.received - received == conn.received - mine == 16
