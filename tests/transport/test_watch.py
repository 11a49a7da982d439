"""A worker that is held up inside OpenSSL is freed from outside."""

from typing import cast

from securechat.server.transport import Transport
from securechat.server.watch import Watch


class Endless:
    """A connection whose read lasts as long as `during` does."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.cuts = 0
        self.cpu = 0.0

    def read(self) -> bytes | None:
        """Let the main thread look while this read goes on."""
        assert self.watch.look()
        assert self.watch.look()
        assert self.cuts == 0  # it has used no CPU time: it waits for a processor, perhaps
        self.cpu += 0.02
        self.watch.look()
        return None

    def cut(self) -> None:
        self.cuts += 1


class Short(Endless):
    """A connection whose reads are short, though the worker is busy with them all the time."""

    def read(self) -> bytes | None:
        self.watch.look()
        self.cpu += 0.02
        return b"x"


def test_a_read_that_goes_on_using_cpu_is_cut() -> None:
    """A single read that uses CPU time from one look to the next is cut off, and not before."""
    watch = Watch(lambda: endless.cpu)
    endless = Endless(watch)
    assert watch.read(cast(Transport, endless)) is None
    assert endless.cuts == 1


def test_many_short_reads_are_not_cut() -> None:
    """A busy worker is no worker that is held up."""
    watch = Watch(lambda: short.cpu)
    short = Short(watch)
    for _ in range(5):
        assert watch.read(cast(Transport, short)) == b"x"
    assert short.cuts == 0


def test_nothing_is_cut_between_reads() -> None:
    """Whatever else the worker does is not the fault of the connection that was read last."""
    watch = Watch(lambda: short.cpu)
    short = Short(watch)
    watch.read(cast(Transport, short))
    short.cpu += 10.0
    assert not watch.look()
    assert short.cuts == 0
