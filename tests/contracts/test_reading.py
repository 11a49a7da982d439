"""What readers find."""

import threading

import pytest

from securechat.chat.ports import Reader
from securechat.chat.records import DirectDelivered
from tests.contracts.databases import Database, DurableDatabase
from tests.contracts.facts import ALICE, BOB, CAROL, CHANNELS, NOON, PEOPLE, message, waiting


def test_find_nonce_belongs_to_the_account(database: Database) -> None:
    """A nonce finds the message of that account only."""
    store = database.store()
    mine, other = message(5, nonce="n"), message(6, sender=BOB, nonce="n")
    store.commit([*PEOPLE, *CHANNELS, mine, other, message(7)])
    reader = database.reader()
    assert reader.find_nonce(ALICE, "n") == mine
    assert reader.find_nonce(BOB, "n") == other
    assert reader.find_nonce(CAROL, "n") is None
    assert reader.find_nonce(ALICE, "m") is None


def test_a_nonce_is_unique_for_an_account(durable: DurableDatabase) -> None:
    """The database itself refuses a second message with a nonce; the first one stays."""
    store = durable.store()
    first = message(5, nonce="n")
    store.commit([*PEOPLE, first])
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.commit([message(6), message(7, nonce="n")])
    assert durable.reader().find_nonce(ALICE, "n") == first
    assert store.load().last_message == 5


def test_undelivered_is_oldest_first_and_limited(database: Database) -> None:
    """The oldest messages that wait come first, as many as asked for, after an id."""
    store = database.store()
    store.commit([*PEOPLE, waiting(5, BOB), waiting(6, CAROL), waiting(7, BOB), message(8), waiting(9, BOB)])
    reader = database.reader()
    assert reader.undelivered(BOB, 0, 2) == [waiting(5, BOB), waiting(7, BOB)]
    assert [m.id for m in reader.undelivered(BOB, 0, 100)] == [5, 7, 9]
    assert [m.id for m in reader.undelivered(BOB, 5, 1)] == [7]
    assert reader.undelivered(BOB, 9, 10) == []
    assert reader.undelivered(ALICE, 0, 10) == []


def test_delivered_messages_no_longer_wait(durable: DurableDatabase) -> None:
    """After a delivery the later ones wait, the others do not, and say so."""
    store = durable.store()
    store.commit(
        [*PEOPLE, message(5, recipient=BOB, nonce="n", undelivered=True), waiting(6, BOB), waiting(7, CAROL)]
    )
    reader = durable.reader()
    store.commit([DirectDelivered(BOB, 5, True)])
    assert [m.id for m in reader.undelivered(BOB, 0, 10)] == [6]
    assert [m.id for m in reader.undelivered(CAROL, 0, 10)] == [7]
    assert reader.find_nonce(ALICE, "n") == message(5, recipient=BOB, nonce="n")
    store.commit([DirectDelivered(BOB, 6, False)])
    assert reader.undelivered(BOB, 0, 10) == []
    assert store.load().waiting == {CAROL}


def test_two_readers_see_each_commit_at_once(database: Database) -> None:
    """What is committed is what every reader finds from then on, also one that has read before."""
    store = database.store()
    store.commit(PEOPLE)
    readers = database.reader(), database.reader()
    for key in range(5, 25):
        assert [reader.find_nonce(ALICE, str(key)) for reader in readers] == [None, None]
        sent = message(key, nonce=str(key))
        store.commit([sent])
        assert [reader.find_nonce(ALICE, str(key)) for reader in readers] == [sent, sent]


def test_readers_work_in_threads_of_their_own_while_the_store_writes(durable: DurableDatabase) -> None:
    """Readers in two threads find every message that was committed before they asked, and no error."""
    store = durable.store()
    store.commit(PEOPLE)
    committed = [4]
    missed: list[int] = []
    done = threading.Event()

    def read(reader: Reader) -> None:
        while not done.is_set():
            key = committed[-1]
            if key > 4 and reader.find_nonce(ALICE, str(key)) is None:
                missed.append(key)

    threads = [threading.Thread(target=read, args=[durable.reader()]) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for key in range(5, 105):
            store.commit([message(key, nonce=str(key))])
            committed.append(key)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert missed == []


def test_the_store_may_be_opened_in_one_thread_and_used_in_another(durable: DurableDatabase) -> None:
    """The composition opens the store; the thread that owns it is another one."""
    store = durable.store()
    thread = threading.Thread(target=store.commit, args=[PEOPLE])
    thread.start()
    thread.join()
    assert len(store.load().accounts) == 3


def test_pruning_deletes_the_oldest_first_in_steps(durable: DurableDatabase) -> None:
    """Each call deletes at most `limit` of the messages that are older, the oldest first, and counts them."""
    store = durable.store()
    # Ids do not tell the age: the clock was wrong for a while.
    ages = {5: NOON + 90, 6: NOON + 10, 7: NOON + 20, 8: NOON + 30, 9: NOON + 100}
    store.commit([*PEOPLE, *(message(key, at=at, nonce=str(key)) for key, at in ages.items())])
    reader = durable.reader()

    def left() -> list[int]:
        return [key for key in ages if reader.find_nonce(ALICE, str(key)) is not None]

    assert store.prune(NOON + 90, 2) == 2
    assert left() == [5, 8, 9]
    assert store.prune(NOON + 90, 2) == 1
    assert left() == [5, 9]
    assert store.prune(NOON + 90, 2) == 0
    assert store.prune(NOON + 91, 2) == 1
    assert left() == [9]


def test_pruned_messages_no_longer_wait(durable: DurableDatabase) -> None:
    """A message that is deleted for its age is not delivered any more, the others are."""
    store = durable.store()
    store.commit(
        [*PEOPLE, waiting(5, BOB, at=NOON), waiting(6, BOB, at=NOON + 5), waiting(7, CAROL, at=NOON)]
    )
    assert store.prune(NOON + 1, 100) == 2
    assert [m.id for m in durable.reader().undelivered(BOB, 0, 10)] == [6]
    assert store.load().waiting == {BOB}


def test_a_nonce_may_be_used_again_after_its_message_was_pruned(durable: DurableDatabase) -> None:
    """Pruning leaves nothing behind that would refuse a new message."""
    store = durable.store()
    store.commit([*PEOPLE, message(5, nonce="n")])
    store.prune(NOON + 1, 10)
    again = message(6, nonce="n")
    store.commit([again])
    assert durable.reader().find_nonce(ALICE, "n") == again
