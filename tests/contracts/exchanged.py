"""What is exported and imported in tests, and how."""

from pathlib import Path

import msgspec

from securechat.chat.membership import Membership
from securechat.chat.records import (
    AccountRemoved,
    ChannelModesChanged,
    ChannelRenamed,
    EntryChanged,
    FlagsChanged,
    Joined,
    Kicked,
    ListEntry,
    LoginRemembered,
    MessagePinned,
    MessageRedacted,
    MetadataSet,
    Parted,
    Record,
    RetentionSet,
    Shown,
    Topic,
    TopicSet,
)
from securechat.irc.timestamp import format_ms
from securechat.storage.exchange.checking import check
from securechat.storage.exchange.exporting import Exporter, Selection
from securechat.storage.exchange.form import Event, Line, Message
from securechat.storage.exchange.importing import Imported, Importer
from securechat.storage.store import SqlStore
from tests.contracts.databases import DurableDatabase
from tests.contracts.facts import (
    ALICE,
    BOB,
    CAROL,
    CHANNELS,
    DEV,
    GENERAL,
    NOON,
    PEOPLE,
    message,
    waiting,
)

NOW = NOON + 1_000_000
"""When tests import."""
OLD = message(13, recipient=BOB, text="to be redacted")
GONE = message(16, channel=DEV, text="pinned, then redacted")
SAID: tuple[Record, ...] = (
    message(10, text="grüße", tags={"+draft/react": "👍", "+x": "a;b c"}, nonce="n"),
    message(11, sender=BOB, channel=DEV)._replace(refers=9, nick="Bobby"),
    message(15, text="several\n\rlines\nof text"),
    message(12, sender=CAROL, channel=DEV)._replace(addressed="@#dev", rank="o", command="NOTICE"),
    OLD,
    waiting(14, CAROL),
    MessageRedacted(OLD, BOB, "Bob!bob@chat.test", "alice", "typo", NOON + 99, 900),
    GONE,
    MessagePinned(DEV, 11, BOB, NOON + 5),
    MessagePinned(DEV, 16, ALICE, NOON + 6),
    MessageRedacted(GONE, ALICE, "alice!alice@chat.test", "#dev", "", NOON + 7, 901),
)
SHOWN = (Shown(True, "s"), Shown(True, "k", "key"), Shown(True, "b", "carol!*@*"))
ENTRIES = (
    EntryChanged("b", "carol!*@*", ListEntry("Bob", NOON), None),
    EntryChanged("b", "$m:$a:carol", ListEntry("Bob", NOON + 1, "too löud", NOON + 99), None),
    EntryChanged("I", "$a:alice", ListEntry("alice", NOON + 2), None),
)
STATE: tuple[Record, ...] = (
    *PEOPLE,
    *CHANNELS,
    LoginRemembered(ALICE, "192.0.2.0/24", NOON, ()),
    Joined(1, ALICE, DEV, NOON, "o"),
    Joined(2, BOB, GENERAL, NOON + 1),
    TopicSet(3, DEV, Topic("tea", "Bob", NOON), Topic("", "", 0)),
    ChannelModesChanged(4, DEV, NOON, "Bob", SHOWN, FlagsChanged({"s": "", "k": "key"}, {}), ENTRIES),
    Joined(5, CAROL, DEV, NOON + 1),
    Kicked(6, CAROL, DEV, NOON + 2, "Bob", "not here", Membership(NOON + 1, 5)),
    Joined(7, BOB, DEV, NOON + 3),
    Parted(8, BOB, DEV, NOON + 4, "later: maybe", Membership(NOON + 3, 7)),
    ChannelRenamed(9, DEV, "#Dev", "#old", NOON + 5, "Bob", "a new name"),
    RetentionSet(DEV, 30, None),
    MetadataSet(DEV, "url", "https://chat.test/#dev", None, BOB, NOON),
)


def filled(durable: DurableDatabase) -> SqlStore:
    """Return a store with people, channels and what they said."""
    store = opened(durable)
    store.commit([*STATE, *SAID, AccountRemoved(CAROL, "$carol", NOON)])
    return store


def opened(durable: DurableDatabase) -> SqlStore:
    """Return the store of a database that was filled."""
    store = durable.store()
    assert isinstance(store, SqlStore)
    return store


def exported(store: SqlStore, selection: Selection) -> list[Line]:
    """Return the lines of an export."""
    with store.transaction() as connection:
        return list(Exporter(connection, selection).lines("chat.test", NOON))


def written(path: Path, lines: list[Line]) -> Path:
    """Write lines into a file."""
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return path


def unmarked(lines: list[Line]) -> list[Line]:
    """Return lines as they were before they were imported, which is said of each message and event."""
    said = [line for line in lines if isinstance(line, Message | Event)]
    assert {line.imported for line in said} == {format_ms(NOW)}
    return [
        msgspec.structs.replace(line, imported=None) if isinstance(line, Message | Event) else line
        for line in lines
    ]


def imported(store: SqlStore, path: Path, phc: str | None = "$new") -> Imported:
    """Import a file."""
    with path.open("rb") as file:
        contents = check(file, NOON)
        with store.transaction() as connection:
            return Importer(connection, store.search_index, contents, phc, NOW).write(
                file, lambda done, total: None
            )
