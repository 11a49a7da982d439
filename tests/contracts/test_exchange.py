"""An export that is imported elsewhere says the same there; what no client could have sent is refused."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from securechat.chat.membership import Membership
from securechat.chat.records import (
    AccountRemoved,
    ChannelDropped,
    ChannelModesChanged,
    FlagsChanged,
    Joined,
    LoginRemembered,
    MessageRedacted,
    Record,
    Topic,
    TopicSet,
)
from securechat.storage.errors import StorageError
from securechat.storage.exchange.checking import BadExport, check
from securechat.storage.exchange.exporting import Exporter, Selection
from securechat.storage.exchange.form import Account, Channel, End, Header, Line, Message
from securechat.storage.exchange.importing import Imported, Importer
from securechat.storage.sqlite import open_store
from securechat.storage.store import SqlStore
from tests.contracts.databases import DurableDatabase
from tests.contracts.facts import ALICE, BOB, CAROL, CHANNELS, DEV, GENERAL, NOON, PEOPLE, message, waiting

OLD = message(13, recipient=BOB, text="to be redacted")
SAID: tuple[Record, ...] = (
    message(10, text="grüße", tags={"+draft/react": "👍", "+x": "a;b c"}, nonce="n"),
    message(11, sender=BOB, channel=DEV)._replace(refers=10, nick="Bobby"),
    message(15, text="several\n\rlines\nof text"),
    message(12, sender=CAROL, channel=None)._replace(addressed="@#dev", command="NOTICE"),
    OLD,
    waiting(14, CAROL),
    MessageRedacted(OLD, BOB, "Bob!bob@chat.test", "alice", "", NOON + 99),
)
STATE: tuple[Record, ...] = (
    *PEOPLE,
    *CHANNELS,
    LoginRemembered(ALICE, "192.0.2.0/24", NOON, ()),
    Joined(1, ALICE, DEV, NOON, "o"),
    Joined(2, BOB, GENERAL, NOON + 1),
    TopicSet(3, DEV, Topic("tea", "Bob", NOON), Topic("", "", 0)),
    ChannelModesChanged(4, DEV, NOON, "Bob", (), FlagsChanged({"s": "", "k": "key"}, {})),
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


def imported(store: SqlStore, path: Path, phc: str | None = "$new") -> Imported:
    """Import a file."""
    contents = check(path, NOON)
    with store.transaction() as connection:
        return Importer(connection, store.search_index, contents, phc).write(path, lambda done, total: None)


def test_a_round_trip(durable: DurableDatabase, tmp_path: Path) -> None:
    """Another database has the same after an import, and a second import changes nothing."""
    lines = exported(filled(durable), Selection())
    path = written(tmp_path / "export", lines)
    with closing(open_store(tmp_path / "other")) as other:
        assert imported(other, path) == Imported(accounts=3, channels=2, messages=6)
        again = exported(other, Selection())
        assert again == [
            msgspec.structs.replace(line, role="member")
            if isinstance(line, Account) and line.role == "admin"
            else line
            for line in lines
        ], "nobody becomes an administrator by a file"
        assert imported(other, path) == Imported(known=6)
        snapshot = other.load()
        assert [(a.name, a.phc) for a in snapshot.accounts] == [
            ("alice", "$new"),
            ("Bob", "$new"),
            ("carol", None),
        ]
        dev = snapshot.channels[1]
        assert (dev.modes, dev.members) == ({"s": "", "k": "key"}, {ALICE: Membership(NOON, "o")})
    assert imported(opened(durable), path, None) == Imported(known=6)


def test_what_was_imported_is_found(durable: DurableDatabase, tmp_path: Path) -> None:
    """Also when the index is beyond it already."""
    path = written(tmp_path / "export", exported(filled(durable), Selection()))
    with closing(open_store(tmp_path / "other")) as other:
        other.commit([*PEOPLE, *CHANNELS, message(500, text="later")])
        assert other.index(10) == 1
        imported(other, path)
        with other.transaction() as connection:
            found = connection.exec_driver_sql("SELECT rowid FROM message_words('text') ORDER BY rowid")
            assert found.scalars().all() == [15]


def kinds(lines: list[Line], kind: type[Line]) -> list[str]:
    """Return the names, or msgids' ends, of the lines of a kind."""
    found = [line for line in lines if isinstance(line, kind)]
    return [line.name if isinstance(line, Account | Channel) else line.msgid for line in found]  # type: ignore[union-attr]


def test_one_channel(durable: DurableDatabase) -> None:
    """Only what was said there, and those whom that names."""
    lines = exported(filled(durable), Selection(channel="#DEV"))
    assert lines[0] == Header(
        "securechat-export", 1, "chat.test", "2026-09-21T14:13:20.000Z", {"channel": "#DEV"}
    )
    assert lines[-1] == End(2, 1, 1)
    assert kinds(lines, Account) == ["alice", "Bob"]
    assert kinds(lines, Channel) == ["#Dev"]
    (said,) = (line for line in lines if isinstance(line, Message))
    assert (said.sender, said.nick, said.refers) == (
        "Bob",
        "Bobby",
        kinds(exported(opened(durable), Selection()), Message)[0],
    )


def test_one_account(durable: DurableDatabase) -> None:
    """All that it sent and was sent, its memberships, from where it logged in; nothing else of the others."""
    lines = exported(filled(durable), Selection(account="ALICE"))
    alice = next(line for line in lines if isinstance(line, Account) and line.name == "alice")
    assert alice.networks == {"192.0.2.0/24": "2026-09-21T14:13:20.000Z"}
    assert alice.last_login == "2026-09-21T14:13:20.000Z"
    (dev,) = (line for line in lines if isinstance(line, Channel))
    assert (dev.name, [member.account for member in dev.members], dev.founder) == ("#Dev", ["alice"], None)
    said = [line for line in lines if isinstance(line, Message)]
    people = [(line.sender, line.recipient) for line in said]
    assert people == [("alice", None), ("alice", "Bob"), ("alice", "carol"), ("alice", None)]
    assert "$alice" not in msgspec.json.encode(lines).decode()
    for wrong in (Selection(account="nobody"), Selection(channel="#nowhere")):
        with pytest.raises(StorageError, match="there is no"):
            exported(opened(durable), wrong)


def test_messages_of_a_channel_that_is_no_more(durable: DurableDatabase, tmp_path: Path) -> None:
    """They are exported, and an import leaves them out: the name may be another channel's."""
    store = filled(durable)
    dev = next(channel for channel in store.load().channels if channel.id == DEV)
    store.commit([ChannelDropped(50, DEV, NOON, "over", dev)])
    path = written(tmp_path / "export", exported(store, Selection()))
    with closing(open_store(tmp_path / "other")) as other:
        assert imported(other, path) == Imported(accounts=3, channels=1, messages=5, dropped=1)


def test_accounts_are_made_only_when_asked(durable: DurableDatabase, tmp_path: Path) -> None:
    """Without that those that are missing are named; look-alikes are refused; nothing is imported."""
    path = written(tmp_path / "export", exported(filled(durable), Selection()))
    with closing(open_store(tmp_path / "other")) as other:
        with pytest.raises(StorageError, match=r"3 accounts are not here \(Bob, alice, carol\)"):
            imported(other, path, None)
        other.commit([type(PEOPLE[0])(1, "a1ice", "$", "member", NOON)])
        with pytest.raises(StorageError, match="'alice' looks like"):
            imported(other, path)
        assert (len(other.load().accounts), other.load().last_message) == (1, 0)


def test_another_message_of_the_same_msgid_is_refused(durable: DurableDatabase, tmp_path: Path) -> None:
    """Then nothing of the file is imported; what was redacted here is the same and stays redacted."""
    store = filled(durable)
    path = written(tmp_path / "export", exported(store, Selection()))
    first = message(10, text="grüße")
    store.commit([MessageRedacted(first, ALICE, "alice!alice@chat.test", "#general", "", NOON)])
    assert imported(store, path) == Imported(known=6)
    other = tmp_path / "other"
    other.write_text(
        path.read_text().replace('"Bobby"', '"Robert"').replace('"text":"hello"', '"text":"bye"')
    )
    with pytest.raises(StorageError, match="another message has the msgid"):
        imported(store, other)


def changed(**values: object) -> Callable[[dict[str, object]], dict[str, object]]:
    """Return what changes a line."""
    return lambda line: {**line, **values}


@pytest.mark.parametrize(
    ("kind", "change", "text"),
    [
        ("message", changed(text="hello\r\nQUIT"), "the text is nothing"),
        ("message", changed(text="hello\nyou\rQUIT"), "the text is nothing"),
        ("message", changed(text="\n".join("x" * 101)), "the text is nothing"),
        ("message", changed(text="\n\r\n"), "the text is nothing"),
        ("message", changed(text="x" * 600), "the text is nothing"),
        ("message", changed(nick="a b"), "the nick or the target"),
        ("message", changed(target=":x"), "the nick or the target"),
        ("message", changed(tags={"+x\r\n": ""}), "a tag has a name"),
        ("message", changed(tags={"time": ""}), "a tag has a name"),
        ("message", changed(tags={"+x": "y" * 5000}), "the tags are more"),
        ("message", changed(command="KICK"), "nothing that people say"),
        ("message", changed(msgid="zzz"), "a msgid is 13"),
        ("message", changed(msgid="vvvvvvvvvvvvu"), "of a time to come"),
        ("message", changed(time="yesterday"), "a timestamp looks like"),
        ("message", changed(channel="#nowhere"), "names the channel '#nowhere'"),
        ("message", changed(sender="nobody"), "names the account 'nobody'"),
        ("message", changed(recipient="Bob"), "not to both"),
        ("message", changed(text=5), "Expected `str`"),
        ("channel", changed(name="general"), "line 5: "),
        ("channel", changed(topic="a\nb"), "topic or a mode"),
        ("channel", changed(modes={"l": "many"}), "the mode 'l' cannot be 'many'"),
        ("channel", changed(modes={"b": "*"}), "the mode 'b' cannot be"),
        (
            "channel",
            changed(members=[{"account": "alice", "joined": "2026-01-01T00:00:00.000Z", "ranks": "zz"}]),
            "ranks",
        ),
        ("account", changed(name="a b"), "line 2: "),
        ("header", changed(version=2), "only a newer securechat"),
        ("header", changed(format="other"), "no export of securechat"),
        ("end", changed(messages=9), "lines are missing"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, kind: str, change: Callable[[dict[str, object]], dict[str, object]], text: str
) -> None:
    """The line is named, and nothing of the file is imported."""
    with closing(open_store(tmp_path / "chat")) as store:
        store.commit([*STATE, *SAID])
        lines = [json.loads(msgspec.json.encode(line)) for line in exported(store, Selection())]
    number = next(n for n, line in enumerate(lines) if line["type"] == kind)
    lines[number] = change(lines[number])
    path = tmp_path / "export"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with closing(open_store(tmp_path / "other")) as other:
        with pytest.raises(BadExport, match=text):
            imported(other, path)
        assert other.load().last_message == 0 and not other.load().accounts


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    """Whether a line or half of one is missing."""
    with closing(open_store(tmp_path / "chat")) as store:
        store.commit([*STATE, *SAID])
        path = written(tmp_path / "export", exported(store, Selection()))
    content = path.read_bytes()
    for cut in (content[:-10], content[: content.rindex(b"\n", 0, -1) + 1], b"", b"{}\n", b"\xff\n"):
        path.write_bytes(cut)
        with pytest.raises(BadExport):
            check(path, NOON)
