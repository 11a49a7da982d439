"""The queue of those who log in: sources take turns, and a crowd keeps nobody out."""

from threading import Thread

from securechat.server.fair_queue import STRANGE, FairQueue


def queue_of(*entries: str) -> FairQueue[str, int]:
    """A queue; the first letter of an entry is its source, and familiar ones are capitals."""
    queue: FairQueue[str, int] = FairQueue(lambda entry: (entry[0], entry[0].isupper()))
    for number, entry in enumerate(entries):
        queue.put(entry, number)
    return queue


def emptied(queue: FairQueue[str, int]) -> list[str]:
    """Take everything."""
    taken = []
    while (found := queue.get(0)) is not None:
        taken.append(found[0])
    return taken


def test_sources_take_turns() -> None:
    """Each source in its own order, one entry a turn, whoever came first."""
    assert emptied(queue_of("a1", "a2", "a3", "b1", "c1", "b2")) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_a_source_that_comes_later_waits_for_one_entry_of_each_other() -> None:
    """Thousands of entries of one source hold a newcomer up by one."""
    queue = queue_of(*(f"a{number}" for number in range(5000)))
    queue.get(0)
    queue.put("b1", 0)
    assert emptied(queue)[:3] == ["a1", "b1", "a2"]


def test_a_crowd_of_strangers_holds_a_familiar_source_up_by_one() -> None:
    """However many strange sources there are, every other turn belongs to the familiar ones."""
    strangers = [chr(ord("a") + number) + "1" for number in range(26)]
    queue = queue_of(*strangers, "A1", "B1", "A2")
    assert emptied(queue)[:7] == ["A1", "a1", "B1", "b1", "A2", "c1", "d1"]


def test_an_entry_keeps_its_note() -> None:
    """What was queued with an entry comes with it."""
    assert queue_of("a1", "b1").get(0) == ("a1", 0)


def test_a_removed_entry_leaves_no_trace() -> None:
    """Neither its place nor its source's turn is kept; what is not there cannot be removed."""
    queue = queue_of("a1", "b1", "a2")
    assert [queue.remove("b1"), queue.remove("b1"), queue.remove("a2")] == [True, False, True]
    assert len(queue) == 1
    assert emptied(queue) == ["a1"]
    assert len(queue) == 0


def test_a_source_that_was_served_has_its_next_turn_last() -> None:
    """A source that comes again at once does not overtake those who wait."""
    queue = queue_of("a1", "b1", "c1")
    assert queue.get(0) == ("a1", 0)
    queue.put("a2", 3)
    assert emptied(queue) == ["b1", "c1", "a2"]


def test_close_wakes_who_waits() -> None:
    """Everybody who waits goes home, and what is left can still be taken."""
    queue = queue_of()
    threads = [Thread(target=queue.get, args=(None,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    queue.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    queue.put("a1", 0)
    assert queue.get(None) == ("a1", 0)
    assert queue.get(None) is None


def test_who_keeps_to_a_lane_waits_for_that_lane() -> None:
    """Entries of the other lane are left for others, however many there are."""
    queue = queue_of("A1", "B1", "a1")
    assert queue.get(0, lanes=STRANGE) == ("a1", 2)
    assert queue.get(0, lanes=STRANGE) is None
    taken: list[tuple[str, int] | None] = []
    waiting = [Thread(target=lambda: taken.append(queue.get(10, lanes=STRANGE))) for _ in range(2)]
    for thread in waiting:
        thread.start()
    queue.put("C1", 3)
    queue.put("b1", 4)
    queue.close()
    for thread in waiting:
        thread.join(10)
    assert sorted(taken, key=str) == [("b1", 4), None]
    assert emptied(queue) == ["A1", "B1", "C1"]
