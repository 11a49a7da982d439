"""Signals are waited for, and neither lost nor deadly."""

import os
import select
import signal
import threading
from collections.abc import Iterator

import pytest

from securechat.server.signals import WAITED, Signals

LONG = 20.0


@pytest.fixture(autouse=True)
def the_mask_of_this_thread() -> Iterator[None]:
    """What an orderly exit leaves blocked is for a process that ends: this one goes on."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    while pending := signal.sigpending() & WAITED:
        signal.sigwait(pending)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_what_came_before_is_waiting() -> None:
    """What arrives while nobody waits is what the next wait returns, the reload before the end."""
    with Signals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGHUP)
        assert signals.wait(0) == [signal.SIGHUP, signal.SIGTERM]
        assert signals.wait(0) == []


def test_what_comes_many_times_is_returned_once() -> None:
    """Ten that came together are one, of each kind, and nothing of them is left for the next wait."""
    with Signals() as signals:
        for _ in range(10):
            signals.interrupt()
            for number in (signal.SIGHUP, signal.SIGTERM):
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
                os.kill(os.getpid(), number)
                signal.pthread_sigmask(signal.SIG_BLOCK, {number})
        assert signals.wait(0) == [signal.SIGHUP, signal.SIGTERM]
        assert signals.wait(0) == []


def test_a_signal_ends_the_wait() -> None:
    """Whoever waits hears of it at once."""
    with Signals() as signals:
        timer = threading.Timer(0.01, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        assert signals.wait(LONG) == [signal.SIGINT]
        timer.join()


def test_an_interrupt_is_no_signal() -> None:
    """Other threads end the wait without a signal, also one that has not begun yet."""
    with Signals() as signals:
        for _ in range(2):
            thread = threading.Thread(target=signals.interrupt)
            thread.start()
            assert signals.wait(LONG) == []
            thread.join()


def test_a_flood_of_interrupts() -> None:
    """Nobody who interrupts ever has to wait, though nobody listens."""
    with Signals() as signals:
        for _ in range(70_000):
            signals.interrupt()
        os.kill(os.getpid(), signal.SIGTERM)
        while not (found := signals.wait(LONG)):
            pass
        assert found == [signal.SIGTERM]


def test_a_flood_of_signals() -> None:
    """However many came while nobody waited, the last one is not lost, and an interrupt is no error."""
    with Signals() as signals:
        assert signals.wait(0) == []
        for _ in range(70_000):
            os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        signals.interrupt()
        assert signals.wait(0) == [signal.SIGHUP, signal.SIGTERM]


def test_an_interrupt_while_another_one_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever it comes, the next one after it is heard."""
    with Signals() as signals:
        read = os.read

        def interrupted(descriptor: int, size: int) -> bytes:
            signals.interrupt()
            heard = read(descriptor, size)
            signals.interrupt()
            return heard

        signals.interrupt()
        with monkeypatch.context() as patch:
            patch.setattr(os, "read", interrupted)
            signals.wait(LONG)
        signals.interrupt()
        assert signals._pipe is not None
        assert select.select([signals._pipe[0]], [], [], 0)[0]


def test_threads_do_not_get_them() -> None:
    """A thread that is started inside has them blocked."""
    masks = []
    with Signals():
        thread = threading.Thread(target=lambda: masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
        thread.start()
        thread.join()
    assert masks[0] >= WAITED


def test_one_that_comes_after_the_end() -> None:
    """After an orderly end the handlers are those from before, and a signal waits for ever."""
    before = signal.getsignal(signal.SIGTERM)
    with Signals() as signals:
        signals.wait(0)
    assert signal.getsignal(signal.SIGTERM) is before
    os.kill(os.getpid(), signal.SIGTERM)  # deadly, if it were not blocked
    assert signal.SIGTERM in signal.sigpending()
    signals.interrupt()


def test_after_an_error_signals_work_as_before() -> None:
    """Whoever handles the error can be interrupted again."""
    with pytest.raises(ValueError), Signals():
        raise ValueError
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & WAITED


def test_in_another_thread() -> None:
    """In a thread other than the main one there are no handlers, and an interrupt works."""
    found: list[object] = []

    def body() -> None:
        with Signals() as signals:
            signals.interrupt()
            found.append(signals.wait(LONG))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert found == [[]]
    assert signal.getsignal(signal.SIGTERM) is before
