"""An export that is imported elsewhere says the same there."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from securechat.chat.membership import Membership
from securechat.chat.reading import ChannelPlace, Span
from securechat.chat.records import (
    AccountAdded,
    AccountRemoved,
    AccountRenamed,
    ChannelCreated,
    ChannelDropped,
    ChannelModesChanged,
    FlagsChanged,
    Joined,
    MessageRedacted,
    Parted,
    Shown,
    Silenced,
    Topic,
    TopicSet,
)
from securechat.irc import msgid
from securechat.storage.errors import StorageError
from securechat.storage.exchange.exporting import Selection
from securechat.storage.exchange.form import Account, Channel, End, Event, Header, Line, Message, Pin
from securechat.storage.exchange.importing import Imported
from securechat.storage.sqlite import open_store
from tests.contracts.databases import DurableDatabase
from tests.contracts.exchanged import SAID, STATE, exported, filled, imported, opened, unmarked, written
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
    state_of,
)

HEADER = Header("securechat-export", 2, "chat.test", "2026-09-21T14:13:20.000Z", {"all": ""})
AT = "2026-09-21T14:13:20.000Z"
FIRST_VERSION = b"""\
{"type":"header","format":"securechat-export","version":1,"server":"s","exported":"2026-09-21T14:13:20.000Z",\
"selection":{"all":""}}
{"type":"account","name":"alice","role":"member","created":"2026-09-21T14:13:20.000Z"}
{"type":"channel","name":"#dev","created":"2026-09-21T14:13:20.000Z","founder":"alice","topic":"tea",\
"topic_setter":"alice","topic_at":"2026-09-21T14:13:20.000Z","modes":{"n":""},\
"members":[{"account":"alice","joined":"2026-09-21T14:13:20.000Z","ranks":"q"}]}
{"type":"message","msgid":"000000000000k","time":"2026-09-21T14:13:20.000Z","command":"PRIVMSG",\
"sender":"alice","nick":"alice","target":"#dev","channel":"#dev","text":"hello"}
{"type":"end","accounts":1,"channels":1,"messages":1}
"""


ALL = Imported(accounts=3, channels=2, messages=7, events=9)
AGAIN = Imported(known=16)


def unprivileged(lines: list[Line]) -> list[Line]:
    """Return lines as an import takes them: nobody becomes an administrator by a file."""
    return [
        msgspec.structs.replace(line, role="member")
        if isinstance(line, Account) and line.role == "admin"
        else line
        for line in lines
    ]


def test_a_round_trip(durable: DurableDatabase, tmp_path: Path) -> None:
    """Another database has the same after an import, and a second import changes nothing."""
    lines = exported(filled(durable), Selection())
    path = written(tmp_path / "export", lines)
    with closing(open_store(tmp_path / "other")) as other:
        assert imported(other, path) == ALL
        assert unmarked(exported(other, Selection())) == unprivileged(lines)
        assert imported(other, path) == AGAIN
        snapshot = other.load()
        assert [(a.name, a.phc) for a in snapshot.accounts] == [
            ("alice", "$new"),
            ("Bob", "$new"),
            ("carol", None),
        ]
        assert state_of(snapshot)[1] == state_of(opened(durable).load())[1], "the channels are the same"
        assert snapshot.metadata == {DEV: {"url": "https://chat.test/#dev"}}
    assert imported(opened(durable), path, None) == AGAIN


def test_a_file_of_sqlite_is_imported_into_any_database(durable: DurableDatabase, tmp_path: Path) -> None:
    """What happened there is shown here, and so are reactions, edits and what is pinned."""
    more = (
        message(20, tags={"+draft/react": "👍"})._replace(refers=10, command="TAGMSG", text=""),
        message(21, text="greetings", tags={"+securechat/edit": msgid.encode(10)})._replace(refers=10),
    )
    with closing(open_store(tmp_path / "other")) as other:
        other.commit([*STATE, *SAID, *more])
        lines = exported(other, Selection())
    imported(opened(durable), written(tmp_path / "export", lines))
    assert unmarked(exported(opened(durable), Selection())) == unprivileged(lines)
    with closing(durable.reader()) as reader:
        assert reader.reactions([10]) == {10: {"👍": [ALICE]}}
        assert [edit.text for edit in reader.edits(10)] == ["greetings"]
        assert [(pin.message.id, pin.by, pin.at) for pin in reader.pins(DEV)] == [(11, BOB, NOON + 5)]
        span = Span(0, 100, 50, newest=False)
        happened = reader.history(ChannelPlace(DEV), span, events=True, tombstones=True)
        assert [row.command for row in happened if row.id < 10] == [
            *("JOIN", "TOPIC", "MODE", "JOIN", "KICK", "JOIN", "PART", "RENAME")
        ]
        kicked, renamed = happened[4], happened[7]
        assert (kicked.text, kicked.nick, kicked.sender) == (f"{CAROL} not here", "Bob", 0)
        assert renamed.text == "#old #Dev a new name"
        tombstone = happened[-1]
        assert (tombstone.id, tombstone.redacted, tombstone.redacted_by) == (16, NOON + 7, ALICE)


def test_a_channel_that_nobody_has_used_becomes_what_it_was(tmp_path: Path) -> None:
    """The first accounts of a new server are in #general already; a channel that was used stays as it is."""
    with closing(open_store(tmp_path / "chat")) as store:
        store.commit([*STATE, *SAID])
        topic = TopicSet(30, GENERAL, Topic("welcome", "Bob", NOON), Topic("", "", 0))
        modes = ChannelModesChanged(
            31, GENERAL, NOON, "Bob", (Shown(True, "m"),), FlagsChanged({"n": "", "m": ""}, {})
        )
        store.commit([topic, modes])
        path = written(tmp_path / "export", exported(store, Selection()))
    made = (
        *PEOPLE,
        ChannelCreated(1, "#general", None, NOON + 900, {"n": ""}),
        Joined(600, ALICE, 1, NOON + 901),
        Joined(601, BOB, 1, NOON + 902),
    )
    with closing(open_store(tmp_path / "new")) as new:
        new.commit(made)
        assert imported(new, path, None).channels == 2
        general = new.load().channels[0]
        assert (general.topic.text, general.modes, general.created) == (
            "welcome",
            {"n": "", "m": ""},
            NOON + 3,
        )
        assert general.members == {BOB: Membership(NOON + 1, 2), ALICE: Membership(NOON + 901, 600)}
        new.commit([Parted(700, BOB, 1, NOON, "bye", general.members[BOB])])
        assert imported(new, path, None) == Imported(known=18)
        assert BOB not in new.load().channels[0].members
    with closing(open_store(tmp_path / "used")) as used:
        used.commit([*made, message(602)])
        assert imported(used, path, None).channels == 1
        general = used.load().channels[0]
        assert (general.topic.text, general.modes, set(general.members)) == ("", {"n": ""}, {ALICE, BOB})


def test_a_forward_leads_to_the_same_channel(durable: DurableDatabase, tmp_path: Path) -> None:
    """In an export it is a name, whatever the channels' ids are there; one that leads nowhere is left out."""
    store = opened(durable)
    forward = FlagsChanged({"f": str(DEV), "i": ""}, {})
    changed = ChannelModesChanged(30, GENERAL, NOON, "Bob", (Shown(True, "i"),), forward)
    store.commit([*PEOPLE, *CHANNELS, changed])
    path = written(tmp_path / "export", exported(store, Selection()))
    with closing(open_store(tmp_path / "other")) as other:
        other.commit([ChannelCreated(7, "#first", None, NOON, {})])
        imported(other, path)
        _, general, dev = other.load().channels
        assert (general.name, general.modes) == ("#general", {"f": str(dev.id), "i": ""})
    of_dev = next(channel for channel in store.load().channels if channel.id == DEV)
    store.commit([ChannelDropped(50, DEV, NOON, "over", of_dev)])
    lines = [line for line in exported(store, Selection()) if isinstance(line, Channel)]
    assert [line.modes for line in lines if not line.dropped] == [{"i": ""}]


def test_who_was_removed_is_no_founder(durable: DurableDatabase, tmp_path: Path) -> None:
    """Whether the export says that an account was removed, or it was removed here."""
    store = opened(durable)
    store.commit([*STATE, *SAID, AccountRemoved(BOB, "$bob", NOON)])
    assert store.load().channels[1].founder == BOB, "as earlier versions left it"
    path = written(tmp_path / "export", exported(store, Selection()))
    for name, before in {"new": (), "known": (*PEOPLE, AccountRemoved(BOB, "$bob", NOON))}.items():
        with closing(open_store(tmp_path / name)) as other:
            other.commit(before)
            imported(other, path)
            assert [channel.founder for channel in other.load().channels] == [None, None]


def test_former_names_come_along(durable: DurableDatabase, tmp_path: Path) -> None:
    """To accounts that an import makes, unless somebody has such a name; and an old export finds them."""
    store = opened(durable)
    store.commit([*STATE, *SAID])
    before = written(tmp_path / "before", exported(store, Selection()))
    store.commit([AccountRenamed(ALICE, "alicia", "alice", NOON), AccountRenamed(BOB, "rob", "Bob", NOON)])
    after = written(tmp_path / "after", exported(store, Selection()))
    with closing(open_store(tmp_path / "other")) as other:
        other.commit([AccountAdded(7, "b0b", "$p$", "member", NOON)])
        imported(other, after)
        known = {account.name: account.former for account in other.load().accounts}
        assert (known["alicia"], known["rob"], known["b0b"]) == (("alice",), (), ())
        number = len(known)
        imported(other, after)
        assert len(other.load().accounts) == number
    names = {account.name for account in store.load().accounts}
    imported(store, before)
    assert {account.name for account in store.load().accounts} == names


def test_whom_people_ignore_comes_along(durable: DurableDatabase, tmp_path: Path) -> None:
    """To accounts that an import makes; for one that is here already nobody else says whom it ignores."""
    silenced = (
        Silenced(ALICE, "$a:bob", NOON + 1, None),
        Silenced(ALICE, "x!*@*", NOON, None),
        Silenced(BOB, "$a:carol", NOON, None),
    )
    store = opened(durable)
    store.commit([*STATE, *SAID, *silenced])
    lines = exported(store, Selection())
    path, known = written(tmp_path / "export", lines), store.load().silences
    assert known[ALICE] == {"x!*@*": NOON, "$a:bob": NOON + 1}
    with closing(open_store(tmp_path / "other")) as other:
        imported(other, path)
        assert other.load().silences == known
        assert unmarked(exported(other, Selection())) == unprivileged(lines)
        other.commit([Silenced(ALICE, "x!*@*", None, NOON)])
        imported(other, path)
        assert list(other.load().silences[ALICE]) == ["$a:bob"]
    of_bob, of_dev = exported(store, Selection(account="bob")), exported(store, Selection(channel="#dev"))
    ignored = {line.name: line.silences for line in of_bob if isinstance(line, Account) and line.silences}
    assert list(ignored) == ["Bob"] and list(ignored["Bob"]) == ["$a:carol"]
    assert not any(line.silences for line in of_dev if isinstance(line, Account))


def test_an_import_without_room_is_refused_whole(durable: DurableDatabase, tmp_path: Path) -> None:
    """It says that there is none, and nothing of it is there; with room the same file is imported."""
    with closing(open_store(tmp_path / "other")) as other:
        other.commit([*STATE, *(message(key, text="x" * 400) for key in range(100, 1100))])
        path = written(tmp_path / "export", exported(other, Selection()))
    store = opened(durable)
    durable.fill()
    with pytest.raises(StorageError, match="there is no room for it"):
        imported(store, path)
    assert (store.load().last_message, store.load().accounts) == (0, [])
    durable.free()
    assert imported(store, path).messages == 1000


def test_a_pin_shows_only_messages_of_its_channel(tmp_path: Path) -> None:
    """A file that pins what somebody wrote to somebody else shows it to nobody."""
    with closing(open_store(tmp_path / "chat")) as store:
        store.commit([*STATE, *SAID])
        lines = exported(store, Selection())
    stolen = Pin(msgid.encode(14), "alice", AT)
    forged = [
        msgspec.structs.replace(line, pins=[stolen]) if isinstance(line, Channel) else line for line in lines
    ]
    with closing(open_store(tmp_path / "other")) as other:
        imported(other, written(tmp_path / "export", forged))
        assert [line.pins for line in exported(other, Selection()) if isinstance(line, Channel)] == [[], []]


def test_accounts_stay_what_they_were_but_for_powers(tmp_path: Path) -> None:
    """Who was disabled stays so, and one account only is that of messages without an author."""
    lines: list[Line] = [
        HEADER,
        Account("alice", "member", AT, disabled=True),
        Account("removed", "nobody", AT, removed=True),
        End(2, 0, 0),
    ]
    with closing(open_store(tmp_path)) as store:
        imported(store, written(tmp_path / "export", lines))
        lines[2] = Account("removed-2", "nobody", AT, removed=True)
        imported(store, written(tmp_path / "export", lines))
        accounts = store.load().accounts
        assert [(a.name, a.role, a.disabled) for a in accounts] == [
            ("alice", "member", True),
            ("removed", "nobody", False),
            ("removed-2", "member", False),
        ]


def test_an_export_of_the_first_version_is_imported(tmp_path: Path) -> None:
    """It has no events, and says less about channels."""
    path = tmp_path / "export"
    path.write_bytes(FIRST_VERSION)
    with closing(open_store(tmp_path / "chat")) as store:
        assert imported(store, path) == Imported(accounts=1, channels=1, messages=1)
        (channel,) = store.load().channels
        assert (channel.topic.text, channel.members) == ("tea", {1: Membership(NOON, NOON << 20, "q")})


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


def test_what_an_account_has_said_is_imported_without_its_channels(
    durable: DurableDatabase, tmp_path: Path
) -> None:
    """Of a channel that it has left there is the name, so that its messages have their place."""
    store = filled(durable)
    for name, messages in (("Bob", 2), ("carol", 2), ("alice", 5)):
        path = written(tmp_path / name, exported(store, Selection(account=name)))
        with closing(open_store(tmp_path / f"of {name}")) as other:
            assert imported(other, path).messages == messages


def kinds(lines: list[Line], kind: type[Line]) -> list[str]:
    """Return the names, or msgids' ends, of the lines of a kind."""
    found = [line for line in lines if isinstance(line, kind)]
    return [line.name if isinstance(line, Account | Channel) else line.msgid for line in found]  # type: ignore[union-attr]


def test_one_channel(durable: DurableDatabase) -> None:
    """Only what was said there, and those whom that names."""
    lines = exported(filled(durable), Selection(channel="#DEV"))
    assert lines[0] == Header(
        "securechat-export", 2, "chat.test", "2026-09-21T14:13:20.000Z", {"channel": "#DEV"}
    )
    assert lines[-1] == End(3, 1, 3, 8)
    assert kinds(lines, Account) == ["alice", "Bob", "carol"]
    assert kinds(lines, Channel) == ["#Dev"]
    said, statusmsg, _ = (line for line in lines if isinstance(line, Message))
    assert (statusmsg.target, statusmsg.rank) == ("@#dev", "o")
    assert (said.sender, said.nick, said.refers) == (
        "Bob",
        "Bobby",
        msgid.encode(9),
    )


def test_one_account(durable: DurableDatabase) -> None:
    """All that it sent and was sent, its memberships, from where it logged in; nothing else of the others."""
    lines = exported(filled(durable), Selection(account="ALICE"))
    alice = next(line for line in lines if isinstance(line, Account) and line.name == "alice")
    assert alice.networks == {"192.0.2.0/24": "2026-09-21T14:13:20.000Z"}
    assert alice.last_login == "2026-09-21T14:13:20.000Z"
    general, dev = (line for line in lines if isinstance(line, Channel))
    assert general == Channel("#general", "2026-09-21T14:13:20.003Z"), "alice spoke there, and is no member"
    assert (dev.name, [member.account for member in dev.members], dev.founder) == ("#Dev", ["alice"], None)
    assert (dev.lists, dev.pins, dev.metadata, dev.retention_days) == ({}, [], {}, None)
    said = [line for line in lines if isinstance(line, Message)]
    people = [(line.sender, line.recipient) for line in said]
    assert people == [("alice", None), ("alice", "Bob"), ("alice", "carol"), ("alice", None), ("alice", None)]
    assert [(line.command, line.channel) for line in lines if isinstance(line, Event)] == [("JOIN", "#Dev")]
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
        assert imported(other, path) == Imported(accounts=3, channels=1, messages=4, events=1, dropped=11)


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
    store.commit([MessageRedacted(first, ALICE, "alice!alice@chat.test", "#general", "", NOON, 900)])
    assert imported(store, path) == AGAIN
    other = tmp_path / "other"
    other.write_text(
        path.read_text().replace('"Bobby"', '"Robert"').replace('"text":"hello"', '"text":"bye"')
    )
    with pytest.raises(StorageError, match="another message has the msgid"):
        imported(store, other)
