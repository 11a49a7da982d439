"""What readers find of the past, in every database."""

import pytest

from securechat.chat.membership import Membership
from securechat.chat.ports import Reader
from securechat.chat.reading import LAST_ID, REDACTION, ChannelPlace, Conversation, Place, Span, Target
from securechat.chat.records import (
    ChannelModesChanged,
    ChannelRenamed,
    Joined,
    Kicked,
    MessageRedacted,
    MessageSent,
    Parted,
    Record,
    Shown,
    Topic,
    TopicSet,
)
from tests.contracts.databases import Database
from tests.contracts.facts import ALICE, BOB, CAROL, CHANNELS, DEV, GENERAL, NOON, PEOPLE, message

ALL = Span(-1, LAST_ID, 100, newest=True)


def found(database: Database, place: Place, span: Span, *, events: bool = False) -> list[int]:
    """Return the ids that a reader finds."""
    return [message.id for message in database.reader().history(place, span, events=events, tombstones=True)]


@pytest.mark.parametrize(
    ("span", "ids"),
    [
        (ALL, [5, 7, 8, 9, 11]),
        (Span(-1, LAST_ID, 2, newest=True), [9, 11]),
        (Span(-1, LAST_ID, 2, newest=False), [5, 7]),
        (Span(7, 11, 9, newest=True), [8, 9]),
        (Span(7, 11, 1, newest=True), [9]),
        (Span(7, 11, 1, newest=False), [8]),
        (Span(7, 8, 9, newest=True), []),
        (Span(8, 7, 9, newest=True), []),
        (Span(11, LAST_ID, 9, newest=False), []),
        (Span(-1, LAST_ID, 0, newest=True), []),
    ],
)
def test_a_span_of_a_channel(database: Database, span: Span, ids: list[int]) -> None:
    """Both ends are excluded, the limit takes the newest or the oldest, and the oldest comes first."""
    store = database.store()
    store.commit([*PEOPLE, *CHANNELS, *(message(key) for key in (5, 7, 8, 9, 11)), message(6, channel=DEV)])
    assert found(database, ChannelPlace(GENERAL), span) == ids


def test_a_conversation_has_two_directions(database: Database) -> None:
    """What both said to each other, and nothing of anybody else; to oneself once."""
    store = database.store()
    store.commit(
        [
            *PEOPLE,
            message(5, sender=ALICE, recipient=BOB),
            message(6, sender=BOB, recipient=ALICE),
            message(7, sender=CAROL, recipient=BOB),
            message(8, sender=BOB, recipient=ALICE),
            message(9, sender=ALICE, recipient=BOB),
            message(10, sender=ALICE, recipient=ALICE),
        ]
    )
    for conversation in (Conversation(ALICE, BOB), Conversation(BOB, ALICE)):
        assert found(database, conversation, ALL) == [5, 6, 8, 9]
        assert found(database, conversation, Span(-1, LAST_ID, 3, newest=True)) == [6, 8, 9]
        assert found(database, conversation, Span(5, 9, 1, newest=False)) == [6]
    assert found(database, Conversation(ALICE, ALICE), ALL) == [10]
    assert found(database, Conversation(ALICE, CAROL), ALL) == []


def test_events_are_kept_in_their_place(database: Database) -> None:
    """What happens in a channel is a row among its messages, for those who ask for events."""
    topic = Topic("Tea at four", "Bob", NOON)
    member = Membership(NOON, 5)
    happened: list[Record] = [
        Joined(5, ALICE, DEV, NOON),
        message(6, channel=DEV),
        TopicSet(7, DEV, topic, Topic("", "", 0)),
        ChannelModesChanged(8, DEV, NOON, "Bob", (Shown(True, "o", "alice"), Shown(False, "t"))),
        ChannelRenamed(9, DEV, "#Devel", "#Dev", NOON, "Bob", "longer is better"),
        Joined(10, CAROL, DEV, NOON),
        Kicked(11, CAROL, DEV, NOON, "Bob", "no bots", member),
        Parted(12, ALICE, DEV, NOON, "bye", member),
        Joined(13, -7, DEV, NOON),
    ]
    store = database.store()
    store.commit([*PEOPLE, *CHANNELS, *happened])
    rows = database.reader().history(ChannelPlace(DEV), ALL, events=True, tombstones=True)
    assert [(row.id, row.command, row.sender, row.nick, row.text) for row in rows] == [
        (5, "JOIN", ALICE, "", ""),
        (6, "PRIVMSG", ALICE, "alice", "hello"),
        (7, "TOPIC", 0, "Bob", "Tea at four"),
        (8, "MODE", 0, "Bob", "+o-t alice"),
        (9, "RENAME", 0, "Bob", "#Dev #Devel longer is better"),
        (10, "JOIN", CAROL, "", ""),
        (11, "KICK", 0, "Bob", f"{CAROL} no bots"),
        (12, "PART", ALICE, "", "bye"),
    ]
    assert found(database, ChannelPlace(DEV), ALL) == [6]
    assert store.load().last_message == 12


def test_reactions_come_with_the_events(database: Database) -> None:
    """A TAGMSG is no message for those who did not ask for events."""
    store = database.store()
    reaction = message(6, tags={"+draft/react": ":)"})._replace(command="TAGMSG", text="")
    store.commit([*PEOPLE, *CHANNELS, message(5), reaction])
    assert found(database, ChannelPlace(GENERAL), ALL) == [5]
    assert database.reader().history(ChannelPlace(GENERAL), ALL, events=True, tombstones=True)[1] == reaction


def targets(
    reader: Reader, account: int, channels: list[ChannelPlace], span: Span, *, redactions: bool = False
) -> list[Target]:
    """Return the targets that a client without event-playback is told."""
    return list(reader.targets(account, channels, span, events=False, tombstones=redactions))


def test_targets_are_ordered_by_their_latest_message(database: Database) -> None:
    """Channels that one may read and conversations that one has; only the latest message counts."""
    store = database.store()
    store.commit(
        [
            *PEOPLE,
            *CHANNELS,
            message(5, channel=DEV, at=NOON + 5),
            message(6, recipient=BOB, at=NOON + 6),
            message(7, sender=BOB, recipient=ALICE, at=NOON + 7),
            message(8, sender=CAROL, recipient=BOB, at=NOON + 8),
            message(9, channel=GENERAL, at=NOON + 9),
            Joined(10, ALICE, DEV, NOON),
        ]
    )
    dev, general = ChannelPlace(DEV), ChannelPlace(GENERAL)
    every = [
        Target(dev, 5, NOON + 5),
        Target(Conversation(ALICE, BOB), 7, NOON + 7),
        Target(general, 9, NOON + 9),
    ]
    reader = database.reader()
    assert targets(reader, ALICE, [general, dev], ALL) == every
    assert targets(reader, ALICE, [dev], ALL) == every[:2]
    assert targets(reader, ALICE, [general, dev], Span(-1, LAST_ID, 2, newest=True)) == every[1:]
    assert targets(reader, ALICE, [general, dev], Span(-1, LAST_ID, 2, newest=False)) == every[:2]
    assert targets(reader, ALICE, [general, dev], Span(5, 9, 9, newest=False)) == every[1:2]
    assert targets(reader, ALICE, [ChannelPlace(DEV, 6)], ALL) == every[1:2]
    assert targets(reader, BOB, [], ALL) == [
        Target(Conversation(BOB, ALICE), 7, NOON + 7),
        Target(Conversation(BOB, CAROL), 8, NOON + 8),
    ]


def test_many_messages_at_one_time_keep_their_order(database: Database) -> None:
    """Ids order messages, not their times, which may go back."""
    store = database.store()
    sent: list[MessageSent] = [message(key, at=NOON - key) for key in range(5, 45)]
    store.commit([*PEOPLE, *CHANNELS, *sent])
    assert database.reader().history(ChannelPlace(GENERAL), ALL, events=False, tombstones=True) == sent


def test_a_place_may_begin_later(database: Database) -> None:
    """Who may read only what came since an id reads from that id on."""
    store = database.store()
    store.commit([*PEOPLE, *CHANNELS, *(message(key) for key in (5, 7, 8, 9))])
    assert found(database, ChannelPlace(GENERAL, 8), ALL) == [8, 9]
    assert found(database, ChannelPlace(GENERAL, 8), Span(-1, LAST_ID, 1, newest=False)) == [8]


def redacted(sent: MessageSent, key: int, reason: str = "", at: int = NOON) -> MessageRedacted:
    """Return the redaction of a message by its author."""
    return MessageRedacted(sent, ALICE, "alice!alice@x", "#general", reason, at, key)


def test_redactions_do_not_count(database: Database) -> None:
    """What was redacted comes beyond the limit, in its place, to those who ask for it."""
    store = database.store()
    sent = [message(key) for key in (5, 6, 7)]
    store.commit([*PEOPLE, *CHANNELS, *sent])
    store.commit([redacted(sent[1], 900, "typo")])
    reader, span = database.reader(), Span(-1, LAST_ID, 2, newest=True)
    with_it = reader.history(ChannelPlace(GENERAL), span, events=False, tombstones=True)
    assert [(found.id, found.text, found.redacted_reason) for found in with_it] == [
        (5, "hello", None),
        (6, "", "typo"),
        (7, "hello", None),
        (6, "", "typo"),
    ]
    without = reader.history(ChannelPlace(GENERAL), span, events=False, tombstones=False)
    assert [found.id for found in without] == [5, 7]
    assert store.load().last_message == 900


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (Span(-1, LAST_ID, 9, newest=True), [5, -6, 7, 10, 12, 15]),
        (Span(6, LAST_ID, 9, newest=True), [7, 10, 12, 15]),
        (Span(7, LAST_ID, 1, newest=False), [10, 12]),
        (Span(7, LAST_ID, 1, newest=True), [15]),
        (Span(-1, LAST_ID, 2, newest=True), [12, 15]),
        (Span(7, LAST_ID, 2, newest=True), [12, 15]),
        (Span(7, LAST_ID, 2, newest=False), [10, 12, 15]),
        (Span(-1, 7, 1, newest=True), [5, -6]),
        (Span(9, 12, 9, newest=False), [10]),
        (Span(10, 12, 9, newest=False), []),
        (Span(9, LAST_ID, 0, newest=True), []),
    ],
)
@pytest.mark.parametrize("direct", [False, True])
def test_redactions_are_where_they_happened(
    database: Database, span: Span, shown: list[int], direct: bool
) -> None:
    """Who has the message learns of it behind what it has.

    A full page ends with a message, and its redactions are those between its ends.
    """
    store = database.store()
    recipient = BOB if direct else None
    sent = {key: message(key, recipient=recipient) for key in (5, 6, 7, 12, 15)}
    store.commit([*PEOPLE, *CHANNELS, *sent.values(), redacted(sent[6], 10)])
    place = Conversation(BOB, ALICE) if direct else ChannelPlace(GENERAL)
    rows = database.reader().history(place, span, events=False, tombstones=True)
    own = [
        row.redacted_id if row.command == REDACTION else -row.id if row.redacted else row.id for row in rows
    ]
    assert own == shown


def test_a_redacted_reaction_is_told_without_events(database: Database) -> None:
    """Its place is shown among events only, but the redaction to everybody who may have the reaction."""
    store = database.store()
    reaction = message(6)._replace(command="TAGMSG", text="")
    store.commit([*PEOPLE, *CHANNELS, message(5), reaction, redacted(reaction, 10)])
    rows = database.reader().history(ChannelPlace(GENERAL), ALL, events=False, tombstones=True)
    assert [(row.command, row.id) for row in rows] == [("PRIVMSG", 5), (REDACTION, 6)]
    rows = database.reader().history(ChannelPlace(GENERAL), ALL, events=True, tombstones=True)
    assert [(row.command, row.id) for row in rows] == [("PRIVMSG", 5), ("TAGMSG", 6), (REDACTION, 6)]


def test_a_redaction_makes_a_place_a_target(database: Database) -> None:
    """For those who are told of redactions; the time is that of the redaction."""
    store = database.store()
    said, told = message(5, channel=DEV), message(6, recipient=BOB)
    late = (NOON + 7) << 20
    redactions = [redacted(said, late, at=NOON + 7), redacted(told, late + 1, at=NOON + 7)]
    store.commit([*PEOPLE, *CHANNELS, said, told, *redactions])
    reader, new = database.reader(), Span(10, LAST_ID, 9, newest=True)
    both = [Target(ChannelPlace(DEV), late, NOON + 7), Target(Conversation(BOB, ALICE), late + 1, NOON + 7)]
    assert targets(reader, BOB, [ChannelPlace(DEV)], new, redactions=True) == both
    assert targets(reader, BOB, [ChannelPlace(DEV)], new) == []
    assert targets(reader, BOB, [ChannelPlace(DEV, 6)], new, redactions=True) == both[1:]


def test_reactions_count_among_targets_with_events(database: Database) -> None:
    """TAGMSG is a message to those who are sent it."""
    store = database.store()
    reaction = message(6)._replace(command="TAGMSG", text="")
    store.commit(
        [*PEOPLE, *CHANNELS, message(5), reaction, reaction._replace(id=7, channel=None, recipient=BOB)]
    )
    found = database.reader().targets(BOB, [ChannelPlace(GENERAL)], ALL, events=True, tombstones=False)
    assert [target.id for target in found] == [6, 7]
    found = database.reader().targets(BOB, [ChannelPlace(GENERAL)], ALL, events=False, tombstones=False)
    assert [target.id for target in found] == [5]


@pytest.mark.parametrize(
    ("reader", "rank", "ids"),
    [
        (BOB, "", [5]),
        (BOB, "v", [5, 6]),
        (BOB, "h", [5, 6]),
        (BOB, "o", [5, 6, 7]),
        (BOB, "q", [5, 6, 7, 8]),
        (ALICE, "", [5, 6, 7, 8]),
    ],
)
def test_what_was_said_to_a_rank(database: Database, reader: int, rank: str, ids: list[int]) -> None:
    """Those with the rank or a higher one read it, and its author; nobody else, in any way."""
    store = database.store()
    said = [message(5, at=NOON), *(message(6 + n)._replace(rank=letter) for n, letter in enumerate("voq"))]
    store.commit([*PEOPLE, *CHANNELS, *said])
    place = ChannelPlace(GENERAL, 0, reader, rank)
    assert found(database, place, ALL) == ids
    assert found(database, ChannelPlace(GENERAL, 6, reader, rank), ALL) == ids[1:]
    assert [target.id for target in targets(database.reader(), reader, [place], ALL)] == ids[-1:]
    store.commit([redacted(one, 100 + one.id) for one in said])
    new = Span(50, LAST_ID, 9, newest=True)
    told = database.reader().history(place, new, events=False, tombstones=True)
    assert [message.id for message in told] == ids
    (target,) = targets(database.reader(), reader, [place], new, redactions=True)
    assert target.id == 100 + ids[-1]
