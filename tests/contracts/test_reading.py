"""What readers find."""

import threading

import pytest

from securechat.chat.ports import Pin, Reader
from securechat.chat.reading import EDITS_AT_ONCE
from securechat.chat.records import (
    AccountRemoved,
    AccountSpent,
    DirectDelivered,
    LoginRemembered,
    MarkerMoved,
    MarkersForgotten,
    MessagePinned,
    MessageRedacted,
    MessageSent,
    MessageUnpinned,
    MetadataForgotten,
    MetadataSet,
    Personal,
    PersonalSet,
    Silenced,
    StoredSpending,
)
from securechat.irc.capabilities import EDIT_TAG
from securechat.storage.rows import LONGEST_REACTION, OF_ONE
from tests.contracts.databases import Database, DurableDatabase
from tests.contracts.facts import ALICE, BOB, CAROL, CHANNELS, DEV, GENERAL, NOON, PEOPLE, message, waiting


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


def test_a_message_is_found_by_its_id_with_its_edits(database: Database) -> None:
    """Any message by its id; its edits in their order, and no answers or reactions."""
    edits = [message(key, tags={"+securechat/edit": "x"})._replace(refers=5) for key in (6, 8)]
    answer = message(7, tags={"+reply": "x"})._replace(refers=5)
    database.store().commit([*PEOPLE, *CHANNELS, message(5), edits[0], answer, edits[1]])
    reader = database.reader()
    assert reader.message(5) == message(5)
    assert reader.message(7) == answer
    assert reader.message(9) is None
    assert reader.edits(5) == edits
    assert reader.edits(7) == []


def test_reactions_add_up(database: Database) -> None:
    """Each reaction with who reacted so, in order and once; what was taken back is gone."""

    def reaction(key: int, account: int, refers: int, name: str, value: str) -> MessageSent:
        return message(key, sender=account, tags={name: value, "+reply": "x"})._replace(refers=refers)

    react, unreact = "+draft/react", "+draft/unreact"
    database.store().commit(
        [
            *PEOPLE,
            *CHANNELS,
            *(message(key) for key in (5, 6, 7)),
            reaction(10, BOB, 5, react, "👍"),
            reaction(11, ALICE, 5, react, "👍"),
            reaction(12, BOB, 5, react, "👍"),
            reaction(13, ALICE, 5, react, "🎉"),
            reaction(14, ALICE, 5, unreact, "🎉"),
            reaction(15, BOB, 6, react, "x"),
            reaction(16, ALICE, 6, unreact, "x"),
            reaction(17, ALICE, 7, react, "y"),
            reaction(18, ALICE, 7, unreact, "y"),
            reaction(19, CAROL, 7, unreact, "never"),
        ]
    )
    reader = database.reader()
    assert reader.reactions([5, 6, 7]) == {5: {"👍": [BOB, ALICE]}, 6: {"x": [BOB]}}
    assert reader.reactions([6]) == {6: {"x": [BOB]}}
    assert reader.reactions([]) == {}


def test_changes_of_a_message_are_counted(database: Database) -> None:
    """An account's edits and reactions, and what takes these back: no answers, and nothing of others."""
    names = ("+securechat/edit", "+draft/react", "+draft/unreact", "+reply", "+x")
    about = [
        message(10 + key, tags={name: '"+draft/react":'})._replace(refers=5) for key, name in enumerate(names)
    ]
    others = [message(20, sender=BOB, tags={"+draft/react": "x"})._replace(refers=5)]
    database.store().commit([*PEOPLE, *CHANNELS, message(5), message(6), *about, *others])
    reader = database.reader()
    assert (reader.changes(5, ALICE), reader.changes(5, BOB), reader.changes(6, ALICE)) == (3, 1, 0)


def test_what_one_did_to_a_message_is_read_up_to_a_bound(database: Database) -> None:
    """Of an account the newest reactions, of edits the last one; what others did is not crowded out."""
    react = [
        message(key, tags={"+draft/react": f"{key}"})._replace(command="TAGMSG", text="", refers=5)
        for key in range(10, 10 + 2 * OF_ONE)
    ]
    long = message(7, sender=CAROL, tags={"+draft/react": "x" * (LONGEST_REACTION + 1)})
    other = message(8, sender=BOB, tags={"+draft/react": "b"})
    edits = [message(key, tags={EDIT_TAG: "x"})._replace(refers=5) for key in (200, 201)]
    given = [one._replace(command="TAGMSG", text="", refers=5) for one in (long, other)]
    database.store().commit([*PEOPLE, *CHANNELS, message(5), *given, *react, *edits])
    reader = database.reader()
    newest = [one.tags["+draft/react"] for one in react[-OF_ONE:]]
    assert reader.reactions([5]) == {5: {"b": [BOB]} | {name: [ALICE] for name in newest}}
    assert reader.context([5]) == [*given, *react[-OF_ONE:], edits[1]]


def test_edits_are_read_some_at_a_time(database: Database) -> None:
    """The oldest that are not redacted, so that who redacts them comes to the next ones."""
    edits = [message(key, tags={EDIT_TAG: "x"})._replace(refers=5) for key in range(10, 13 + EDITS_AT_ONCE)]
    store = database.store()
    store.commit([*PEOPLE, *CHANNELS, message(5), *edits])
    reader = database.reader()
    assert reader.edits(5) == edits[:EDITS_AT_ONCE]
    gone = [MessageRedacted(edit, ALICE, "alice!alice@x", "#general", "", NOON, 900) for edit in edits[:4]]
    store.commit(gone)
    assert reader.edits(5) == edits[4:]


def test_what_was_redacted_is_erased(database: Database) -> None:
    """The text and the tags are gone wherever the message is read; that there was one stays."""
    store = database.store()
    kept = message(4, tags={"+a": "b"})
    sent = message(5, recipient=BOB, tags={"+a": "b"}, nonce="n", undelivered=True)
    record = MessageRedacted(sent, CAROL, "carol!carol@chat.example", "bob", "spam", NOON + 9, 900)
    store.commit([*PEOPLE, kept, sent, record])
    reader = database.reader()
    left = sent._replace(text="", tags={}, redacted=NOON + 9, redacted_by=CAROL)
    left = left._replace(redacted_id=900, redacted_reason="spam")
    assert record.tombstone == left
    assert reader.message(5) == reader.find_nonce(ALICE, "n") == left
    assert reader.undelivered(BOB, 0, 10) == [left]
    assert reader.message(4) == kept


def test_a_reaction_that_was_redacted_does_not_count(database: Database) -> None:
    """Its tags went with the redaction."""
    reaction = message(6, tags={"+draft/react": "👍"})._replace(refers=5)
    store = database.store()
    store.commit([*PEOPLE, *CHANNELS, message(5), reaction])
    assert database.reader().reactions([5]) == {5: {"👍": [ALICE]}}
    store.commit([MessageRedacted(reaction, ALICE, "alice!alice@x", "#general", "", NOON, 900)])
    assert database.reader().reactions([5]) == {}


def test_a_message_that_is_gone_may_be_redacted(database: Database) -> None:
    """The retention can delete a message between the question whether it is there and the redaction."""
    store = database.store()
    store.commit([*PEOPLE, MessageRedacted(message(5), ALICE, "alice!alice@x", "#general", "", NOON, 900)])
    assert database.reader().message(5) is None


def test_pins_are_the_messages_that_are_still_there(database: Database) -> None:
    """Pinned messages of the channel in their order; not what was unpinned, redacted or deleted."""
    store = database.store()
    sent = [message(key) for key in (5, 6, 7, 8)]
    pins = [MessagePinned(GENERAL, key, BOB, NOON + key) for key in (8, 5, 6, 7, 99)]
    store.commit([*PEOPLE, *CHANNELS, *sent, *pins, MessagePinned(DEV, 5, BOB, NOON)])
    store.commit([MessageUnpinned(GENERAL, 6, BOB, NOON), MessagePinned(GENERAL, 5, CAROL, NOON + 50)])
    store.commit([MessageRedacted(sent[2], ALICE, "alice!alice@x", "#general", "", NOON, 900)])
    reader = database.reader()
    assert reader.pins(GENERAL) == [Pin(sent[0], CAROL, NOON + 50), Pin(sent[3], BOB, NOON + 8)]
    assert reader.pins(DEV) == [Pin(sent[0], BOB, NOON)]
    assert reader.pins(3) == []


def test_a_pin_has_the_text_of_the_last_edit(database: Database) -> None:
    """The pin is still of the message that was edited; an answer to it changes nothing."""
    sent = message(5, text="teh rules")
    answer = message(8, text="what?", tags={"+reply": f'"{EDIT_TAG}":'})._replace(refers=5)
    edits = [message(key, text=f"{key}", tags={EDIT_TAG: "x"})._replace(refers=5) for key in (6, 7)]
    store = database.store()
    store.commit([*PEOPLE, *CHANNELS, sent, *edits, answer, MessagePinned(GENERAL, 5, BOB, NOON)])
    assert database.reader().pins(GENERAL) == [Pin(sent._replace(text="7"), BOB, NOON)]


def test_markers_and_metadata_are_loaded(database: Database) -> None:
    """The newest value of each counts; a value that was taken away is not there."""
    store = database.store()
    store.commit(
        [
            MarkerMoved(ALICE, DEV, NOON, None),
            MarkerMoved(ALICE, DEV, NOON + 1, NOON),
            MarkerMoved(BOB, -ALICE, NOON, None),
            MetadataSet(-ALICE, "avatar", "a", None, ALICE, NOON),
            MetadataSet(-ALICE, "avatar", "", "a", ALICE, NOON),
            MetadataSet(DEV, "url", "b", None, ALICE, NOON),
            MetadataSet(DEV, "url", None, "b", ALICE, NOON),
        ]
    )
    snapshot = store.load()
    assert snapshot.markers == {ALICE: {DEV: NOON + 1}, BOB: {-ALICE: NOON}}
    assert snapshot.metadata == {-ALICE: {"avatar": ""}}
    store.commit([MarkersForgotten(BOB, ((-ALICE, NOON),))])
    assert store.load().markers == {ALICE: {DEV: NOON + 1}}


def test_what_accounts_keep_for_themselves_is_loaded(database: Database) -> None:
    """Each has its own values of a key; with a target, or the account itself, they go."""
    store = database.store()
    store.commit(
        [
            *PEOPLE,
            PersonalSet(ALICE, DEV, "soju.im/muted", "1", None, NOON),
            PersonalSet(ALICE, DEV, "soju.im/muted", "0", "1", NOON),
            PersonalSet(ALICE, -BOB, "soju.im/pinned", "1", None, NOON),
            PersonalSet(BOB, DEV, "soju.im/muted", "1", None, NOON),
            PersonalSet(BOB, DEV, "soju.im/pinned", "1", None, NOON),
            PersonalSet(BOB, DEV, "soju.im/pinned", None, "1", NOON),
        ]
    )
    assert store.load().personal == {
        ALICE: {DEV: {"soju.im/muted": "0"}, -BOB: {"soju.im/pinned": "1"}},
        BOB: {DEV: {"soju.im/muted": "1"}},
    }
    of_bob = (Personal(ALICE, -BOB, "soju.im/pinned", "1"), Personal(BOB, DEV, "soju.im/muted", "1"))
    store.commit([MetadataForgotten(-BOB, (), of_bob)])
    assert store.load().personal == {ALICE: {DEV: {"soju.im/muted": "0"}}}
    store.commit([MetadataForgotten(DEV, (), (Personal(ALICE, DEV, "soju.im/muted", "0"),))])
    assert store.load().personal == {}


def test_whom_accounts_ignore(database: Database) -> None:
    """The masks of each account and since when; what is taken back is gone."""
    store = database.store()
    store.commit(
        [
            *PEOPLE,
            Silenced(ALICE, "$a:bob", NOON + 1, None),
            Silenced(ALICE, "x!*@*", NOON, None),
            Silenced(BOB, "$a:alice", NOON, None),
            Silenced(BOB, "$a:alice", None, NOON),
        ]
    )
    assert store.load().silences == {ALICE: {"x!*@*": NOON, "$a:bob": NOON + 1}}


def test_what_accounts_have_spent(database: Database) -> None:
    """What was noted last of each; nothing of who was removed."""
    store = database.store()
    store.commit(
        [
            *PEOPLE,
            AccountSpent(ALICE, 5, 0.0, NOON),
            AccountSpent(ALICE, 1 << 40, 2.25, NOON + 1),
            AccountSpent(BOB, 0, 1.0, NOON),
            AccountSpent(CAROL, 7, 0.0, NOON),
            AccountRemoved(CAROL, "$carol", NOON),
        ]
    )
    assert store.load().spent == {
        ALICE: StoredSpending(1 << 40, 2.25, NOON + 1),
        BOB: StoredSpending(0, 1.0, NOON),
    }


def test_how_much_waits_for_whom_from_whom(database: Database) -> None:
    """A long message counts as several; what was delivered or came before a login counts no more."""
    store = database.store()
    direct = [message(key, recipient=BOB, undelivered=True) for key in (1, 2)]
    long = message(3, at=NOON + 1, text="x" * 5000, sender=CAROL, recipient=BOB, undelivered=True)
    store.commit([*PEOPLE, *direct, long])
    assert store.load().boxes == {BOB: {ALICE: 2, CAROL: 3}}
    store.commit([LoginRemembered(BOB, "192.0.2.0/24", NOON, ())])
    assert store.load().boxes == {BOB: {CAROL: 3}}
    store.commit([DirectDelivered(BOB, 3, False, 3)])
    assert store.load().boxes == {}


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
    store.commit([DirectDelivered(BOB, 5, True, 1)])
    assert [m.id for m in reader.undelivered(BOB, 0, 10)] == [6]
    assert [m.id for m in reader.undelivered(CAROL, 0, 10)] == [7]
    assert reader.find_nonce(ALICE, "n") == message(5, recipient=BOB, nonce="n")
    store.commit([DirectDelivered(BOB, 6, False, 1)])
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


def test_the_context_of_messages_is_what_stands(database: Database) -> None:
    """A reaction that was not taken back, as it was given first, and the last edit; an answer is not."""
    store = database.store()
    react, unreact = {"+draft/react": "x"}, {"+draft/unreact": "y"}
    about = [
        message(6, sender=BOB, tags=react, text="")._replace(command="TAGMSG", refers=5),
        message(7, sender=BOB, tags=react, text="")._replace(command="TAGMSG", refers=5),
        message(8, tags={"+draft/react": "y"}, text="")._replace(command="TAGMSG", refers=5),
        message(9, tags=unreact, text="")._replace(command="TAGMSG", refers=5),
        message(10, text="first", tags={EDIT_TAG: "x"})._replace(refers=5),
        message(11, text="last", tags={EDIT_TAG: "x"})._replace(refers=5),
        message(12, text="an answer", tags={"+reply": "x"})._replace(refers=5),
    ]
    store.commit([*PEOPLE, *CHANNELS, message(5), message(13), *about])
    reader = database.reader()
    assert [one.id for one in reader.context([5, 13])] == [6, 11]
    assert reader.context([13]) == []
