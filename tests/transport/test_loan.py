"""Turns of another thread with what the hub owns."""

from collections.abc import Iterator
from threading import Thread, current_thread

import pytest

from securechat.server.inbox import Call, Inbox
from securechat.server.loan import Loan, LoanEnded


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """An inbox whose calls a thread of its own does, as the hub would."""
    inbox, going = Inbox(), True

    def end() -> None:
        nonlocal going
        going = False

    def run() -> None:
        while going:
            for call in inbox.take(None, 100):
                assert callable(call)
                call()

    hub = Thread(target=run)
    hub.start()
    yield inbox
    inbox.put(end)
    hub.join(10)
    assert not hub.is_alive(), "the hub does not wait for a turn that has ended"


def test_the_hub_waits_while_another_thread_has_its_turn(inbox: Inbox) -> None:
    """What comes for the hub meanwhile is done after the turn, by the hub."""
    done: list[str] = []
    loan = Loan(inbox.put, clock=lambda: 0.0)
    loan.take()
    for turn in range(100):
        inbox.put(lambda: done.append(current_thread().name))
        assert len(done) == turn
        loan.leave()
        loan.leave()
        loan.take()
        assert len(done) == turn + 1
    loan.leave()
    assert current_thread().name not in done


def test_the_hub_is_left_alone_between_two_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine times as long as it had to wait; the first turn comes at once."""
    now = 0.0
    rests: list[float | None] = []

    def wait(seconds: float | None) -> bool:
        rests.append(seconds)
        return False

    loan = Loan(lambda call: loan._taken.set(), clock=lambda: now)
    monkeypatch.setattr(loan._over, "wait", wait)
    for held in (0.001, 0.02):
        loan.take()
        now += held
        loan.leave()
        now += 5
    loan.take()
    assert rests == pytest.approx([0, 0.009, 0.18])


def test_a_hub_that_is_gone_gives_no_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for one is told; a call that is done after all lets the hub go on."""
    monkeypatch.setattr("securechat.server.loan._PATIENCE", 0.001)
    calls: list[Call] = []
    loan = Loan(calls.append)
    loan.end()
    for _ in range(2):
        with pytest.raises(LoanEnded):
            loan.take()
    for call in calls:
        call()


def test_a_hub_that_ends_in_order_gives_its_turns(inbox: Inbox) -> None:
    """So that what was begun is put away in a turn, as everything else."""
    loan = Loan(inbox.put)
    loan.take()
    loan.leave()
    loan.end()
    loan.take()
    loan.leave()
