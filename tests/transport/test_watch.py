"""A worker that is held up inside OpenSSL is freed from outside."""

import math
from collections.abc import Callable
from threading import Event, Thread
from typing import cast

import pytest

from securechat.server.transport import Transport
from securechat.server.watch import CLOSE, PACE, Watch

DEADLINE = 20.0


class Peer:
    """A connection each of whose reads does what `during` does."""

    def __init__(self, during: Callable[[], object]) -> None:
        self.during = during
        self.cuts = 0

    def read(self) -> bytes | None:
        self.during()
        return b"x"

    def cut(self) -> None:
        self.cuts += 1


class Clock:
    """The CPU time of a worker; its `hook` happens while the main thread reads it the next time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.late = False
        """The main thread waits for the processor after it has read the clock, and not before."""
        self.hook: Callable[[], None] | None = None

    def __call__(self) -> float:
        hook, self.hook = self.hook, None
        before = self.now
        if hook is not None:
            hook()
        return before if self.late else self.now


class Work:
    """A worker's thread that is inside a read from `begin` to `end`."""

    def __init__(self, watch: Watch) -> None:
        self.peer = Peer(self._during)
        self._watch = watch
        self._inside, self._over = Event(), Event()
        self._thread = Thread(target=lambda: read(watch, self.peer))

    def begin(self) -> None:
        self._thread.start()
        assert self._inside.wait(DEADLINE)

    def end(self) -> None:
        self._over.set()
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive()

    def _during(self) -> None:
        self._inside.set()
        assert self._over.wait(DEADLINE)


def read(watch: Watch, peer: Peer, *, stranger: bool = False) -> bytes | None:
    return watch.read(cast(Transport, peer), stranger)


def test_a_read_that_goes_on_using_cpu_is_cut() -> None:
    """A single read that goes on using CPU time from look to look is cut off, and not before."""
    clock = Clock()
    watch = Watch(clock)

    def during() -> None:
        assert watch.look() == PACE  # a read like any other, so far
        assert watch.look() == CLOSE
        clock.now += 0.02
        assert watch.look() == CLOSE
        assert watch.look() == CLOSE
        clock.now += 0.02
        assert watch.look() == CLOSE
        assert peer.cuts == 0  # it was not busy twice in a row: it waits for a processor, perhaps
        clock.now += 0.02
        watch.look()

    peer = Peer(during)
    assert read(watch, peer) == b"x"
    assert peer.cuts == 1


def test_many_short_reads_are_not_cut() -> None:
    """A busy worker is no worker that is held up."""
    clock = Clock()
    watch = Watch(clock)

    def during() -> None:
        for _ in range(2):
            watch.look()
            clock.now += 0.02

    peer = Peer(during)
    for _ in range(5):
        assert read(watch, peer) == b"x"
    assert peer.cuts == 0


def test_nothing_is_cut_between_reads() -> None:
    """Whatever else the worker does is not the fault of the connection that was read last."""
    clock = Clock()
    watch = Watch(clock)
    peer = Peer(watch.look)
    read(watch, peer)
    clock.now += 10.0
    watch.look()
    assert peer.cuts == 0


@pytest.mark.parametrize("late", [False, True])
def test_what_comes_after_a_read_is_not_charged_to_it(late: bool) -> None:
    """A read that ends while the main thread looks is over: what its worker does next is not its fault."""
    clock = Clock()
    clock.late = late
    watch = Watch(clock)
    work = Work(watch)
    work.begin()
    watch.look()
    clock.now += 0.02
    watch.look()  # once more, and it is cut

    def meanwhile() -> None:
        work.end()
        clock.now += 10.0

    clock.hook = meanwhile
    watch.look()
    assert work.peer.cuts == 0


@pytest.mark.parametrize("late", [False, True])
def test_what_comes_before_a_read_is_not_charged_to_it(late: bool) -> None:
    """A read that begins while the main thread looks has used nothing of what its worker used before."""
    clock = Clock()
    clock.late = late
    watch = Watch(clock)
    read(watch, Peer(watch.look))
    work = Work(watch)

    def meanwhile() -> None:
        clock.now += 10.0
        work.begin()

    clock.hook = meanwhile
    watch.look()
    watch.look()
    clock.now += 0.02
    watch.look()
    work.end()
    assert work.peer.cuts == 0


def test_a_read_is_not_charged_for_the_one_before() -> None:
    """Two reads of the same connection, one after the other, are two."""
    clock = Clock()
    watch = Watch(clock)
    first = Work(watch)
    first.begin()
    watch.look()
    clock.now += 0.02
    watch.look()
    second = Work(watch)
    second.peer = first.peer

    def meanwhile() -> None:
        first.end()
        clock.now += 10.0
        first.peer.during = second._during
        second.begin()

    clock.hook = meanwhile
    watch.look()
    second.end()
    assert first.peer.cuts == 0


def test_the_first_read_after_a_quiet_time_rings() -> None:
    """The main thread need not look at a worker that reads nothing: the next read calls it."""
    watch = Watch(lambda: 0.0)
    rung: list[int] = []
    watch.ring = lambda: rung.append(1)
    peer = Peer(lambda: None)
    read(watch, peer)
    assert watch.look() == PACE  # something was read
    assert watch.look() == math.inf  # nothing since
    assert not rung
    read(watch, peer)
    read(watch, peer)
    assert rung == [1]
    assert watch.look() == PACE


def test_the_call_comes_before_the_read() -> None:
    """A first read that never ends is seen all the same."""
    watch = Watch(lambda: 0.0)
    watch.look()
    watch.look()
    seen: list[float] = []
    watch.ring = lambda: seen.append(watch.look())
    assert watch.look() == math.inf
    read(watch, Peer(lambda: seen.append(0.0)))
    assert seen == [PACE, 0.0]


def test_reads_before_the_login_are_watched_closely() -> None:
    """A connection without a login does not have to wait for a look that comes now and then."""
    watch = Watch(lambda: 0.0)
    rung: list[int] = []
    watch.ring = lambda: rung.append(1)
    peer = Peer(lambda: None)
    read(watch, peer)
    assert watch.look() == PACE
    read(watch, peer)
    assert not rung
    read(watch, peer, stranger=True)
    assert rung == [1]
    assert watch.look() == CLOSE
    read(watch, peer, stranger=True)
    assert rung == [1]
    assert watch.look() == CLOSE
    read(watch, peer)
    assert watch.look() == PACE
