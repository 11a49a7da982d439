"""A message with many edits is taken back in turns, in which others do what they like."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from securechat.chat.items import Administer, Received
from securechat.chat.records import MessageRedacted, Record
from securechat.chat.requests import DropChannels
from tests.playbooks.runner import Playbook

EDITS = 5


class Impatient(Playbook):
    """A playbook whose core does one step a turn; `meanwhile` comes after the first redaction is stored."""

    meanwhile: Callable[[], None] | None = None

    def _happens(self, item: object) -> None:
        self.core.late = lambda: True
        super()._happens(item)  # type: ignore[arg-type]

    def say(self, name: str, line: str) -> list[str]:
        """Let somebody send a line; return what they get."""
        self.links[name].lines.clear()
        self._send(name, line.encode())
        return [*self.links[name].lines]


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Impatient]:
    """Alice, with two sessions, and bob are in a channel."""
    chat = Impatient(Path("edits"))
    commit = chat.store.commit

    def watched(records: Sequence[Record]) -> None:
        commit(records)
        if chat.meanwhile is not None and any(isinstance(record, MessageRedacted) for record in records):
            then, chat.meanwhile = chat.meanwhile, None
            then()

    monkeypatch.setattr(chat.store, "commit", watched)
    with chat.store:
        chat._do_settings("flood=false")
        chat._do_accounts("alice bob")
        chat._do_caps("echo-message message-tags draft/message-redaction")
        chat._do_login("alice alice.2 bob")
        for name in ("alice", "bob"):
            chat.say(name, "JOIN #dev")
        yield chat


@pytest.fixture
def ids(chat: Impatient) -> list[str]:
    """The ids of what alice said, and of its edits."""
    (said,) = chat.say("alice", "PRIVMSG #dev :0")
    found = [id_of(said)]
    for number in range(1, EDITS + 1):
        (edit,) = chat.say("alice", f"@+securechat/edit={found[0]} PRIVMSG #dev :{number}")
        found.append(id_of(edit))
    return found


def id_of(line: str) -> str:
    """Return the id of a message."""
    return line.split("msgid=", 1)[1].split(";", 1)[0].split(" ", 1)[0]


def told(chat: Impatient, name: str) -> list[str]:
    """Return of which messages somebody heard that they were redacted."""
    return [line.split(" REDACT #dev ", 1)[1] for line in chat.links[name].lines if " REDACT #dev " in line]


@pytest.mark.parametrize("which", [0, 3], ids=["message", "edit"])
def test_the_message_comes_last(chat: Impatient, ids: list[str], which: int) -> None:
    """As long as it is there, who says the same again takes back what is left; an edit stands for it."""
    chat.links["bob"].lines.clear()
    chat.say("alice", f"REDACT #dev {ids[which]}")
    assert told(chat, "bob") == [*ids[1:], ids[0]]


def test_a_full_disk_leaves_the_message(chat: Impatient, ids: list[str]) -> None:
    """It was not taken back then, and is at the next time."""

    def fill() -> None:
        chat.store.full = True

    chat.meanwhile = fill
    assert " FAIL REDACT STORE_UNAVAILABLE #dev " in chat.say("alice", f"REDACT #dev {ids[0]}")[-1]
    chat.store.full = False
    chat.links["bob"].lines.clear()
    chat.say("alice", f"REDACT #dev {ids[0]}")
    assert told(chat, "bob") == [*ids[2:], ids[0]]


def test_the_channel_is_dropped_meanwhile(chat: Impatient, ids: list[str]) -> None:
    """Nobody is there to be told of the rest."""
    chat.meanwhile = lambda: chat.next.append(Administer(0, DropChannels("#dev")))
    chat.links["bob"].lines.clear()
    assert " FAIL REDACT INVALID_TARGET #dev " in chat.say("alice", f"REDACT #dev {ids[0]}")[-1]
    assert len(told(chat, "bob")) < len(ids)


@pytest.mark.parametrize("line", ["REDACT #dev {}", "@+securechat/edit={} PRIVMSG #dev :meanwhile"])
def test_another_session_is_there_meanwhile(chat: Impatient, ids: list[str], line: str) -> None:
    """It redacts the same, or edits: each is redacted once, and nothing is left."""
    lines = chat.framers["alice.2"].feed(line.format(ids[0]).encode() + b"\r\n")
    chat.meanwhile = lambda: chat.next.append(Received(chat.links["alice.2"], lines))
    chat.links["bob"].lines.clear()
    chat.say("alice", f"REDACT #dev {ids[0]}")
    gone = told(chat, "bob")
    assert len(gone) == len(set(gone)) >= len(ids)
    assert gone[-1] == ids[0]
    assert not chat.store.reader.edits(chat.core.ids.last)
