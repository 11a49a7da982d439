"""The hub's inbox, and the bell that wakes a thread."""

import os
import select
from collections.abc import Iterator
from threading import Thread
from typing import cast

import pytest

from securechat.chat.items import Disconnected, Item, Received, Tick
from securechat.chat.link import Link
from securechat.irc.message import Message
from securechat.server.bell import Bell
from securechat.server.inbox import Call, Inbox

LINK = cast(Link, None)


@pytest.fixture
def bell() -> Iterator[Bell]:
    """A bell that is put away after the test."""
    bell = Bell()
    yield bell
    bell.close()


def rings(bell: Bell) -> bool:
    """Whether a thread that waits for the bell would wake up."""
    return bool(select.select([bell.fd], [], [], 0)[0])


def test_items_come_out_in_order() -> None:
    """Whoever put them in, one batch holds them in the order of arrival."""
    inbox = Inbox()
    items = [Disconnected(LINK, str(number)) for number in range(5)]
    inbox.put(items[0])
    inbox.extend(items[1:4])
    inbox.put(items[4])
    assert len(inbox) == 5
    assert inbox.take(None, 100) == items
    assert len(inbox) == 0


def test_a_batch_counts_lines() -> None:
    """An item with many lines counts as many; the rest stays for the next batch."""
    inbox = Inbox()
    lines = Received(LINK, [Message("NOP")] * 10)
    inbox.extend([lines, lines, Tick()])
    assert inbox.take(None, 11) == [lines, lines]
    assert inbox.take(None, 11) == [Tick()]


def test_what_the_seat_brings_comes_last() -> None:
    """Whoever takes a turn for items of its own takes what others put in before, and rings nobody."""
    inbox = Inbox(lambda: 7.0)
    assert inbox.take_with([Tick()]) == [Tick()]
    assert inbox.came == 7.0 and not inbox._bell.is_set()
    other = Disconnected(LINK, "gone")
    inbox.put(other)
    assert inbox.take_with([Tick()]) == [other, Tick()]
    assert len(inbox) == 0 and not inbox._bell.is_set()


def test_an_item_that_is_taken_before_it_rings() -> None:
    """Between the two steps of whoever puts it in, it came now, and not when the batch before it did."""
    times = [1.0]
    inbox = Inbox(lambda: times[-1])
    inbox.put(Tick())
    inbox.take(0.0)
    times.append(5.0)
    inbox._items.append(Tick())
    assert inbox.take_with([Tick()]) == [Tick(), Tick()]
    assert inbox.came == 5.0


def test_nothing_comes_within_the_time() -> None:
    """Without items the batch is empty after the timeout."""
    assert Inbox().take(0.0, 10) == []


def test_what_is_put_wakes_the_hub() -> None:
    """A hub that waits without a timeout gets everything that several threads put in."""
    inbox = Inbox()

    def put() -> None:
        for _ in range(500):
            inbox.put(Tick())

    def extend() -> None:
        for _ in range(100):
            inbox.extend([Tick()] * 5)

    threads = [Thread(target=put), Thread(target=extend)]
    for thread in threads:
        thread.start()
    taken: list[Item | Call] = []
    while len(taken) < 1000:
        taken += inbox.take(None, 7)
    for thread in threads:
        thread.join(10)
    assert len(taken) == 1000


def test_a_bell_rings_again_after_it_was_heard(bell: Bell) -> None:
    """However often it is rung it is heard once, and after that it can be rung again."""
    assert not rings(bell)
    for _ in range(3):
        bell.ring()
        bell.ring()
        assert rings(bell)
        bell.hear()
        assert not rings(bell)


def test_ringing_twice_writes_once(bell: Bell) -> None:
    """The second ring before it is heard costs no system call."""
    bell.ring()
    bell.ring()
    assert os.eventfd_read(bell.fd) == 1
