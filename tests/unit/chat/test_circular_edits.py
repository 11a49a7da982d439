"""Edits of themselves, or of each other in a circle: an import can have brought them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.chat.records import MessageSent
from securechat.irc import capabilities as cap
from securechat.irc import msgid
from tests.playbooks.runner import START, Playbook


@pytest.fixture
def chat() -> Iterator[Playbook]:
    """Alice, who reads history, in a chat without a message."""
    chat = Playbook(Path("edits"))
    with chat.store:
        chat._do_accounts("alice bob")
        chat._do_caps("echo-message batch message-tags draft/chathistory draft/message-redaction")
        chat._do_login("alice")
        yield chat


def edit(number: int, refers: int) -> MessageSent:
    """What alice said to bob, as an edit of one of these messages."""
    tags = {cap.EDIT_TAG: msgid.encode(key(refers))}
    return MessageSent(
        key(number), START, "PRIVMSG", 1, "alice", None, 2, "bob", f"text {number}", tags, refers=key(refers)
    )


def key(number: int) -> int:
    """The id of a message."""
    return (START << 20) + number


@pytest.mark.timeout(20)
@pytest.mark.parametrize("circle", [{1: 1}, {1: 2, 2: 1}, {1: 2, 2: 3, 3: 1}])
def test_a_circle_ends(chat: Playbook, circle: dict[int, int]) -> None:
    """It can be read, and each message of it can be redacted; then nothing of that message is left."""
    chat.store.commit([edit(number, refers) for number, refers in circle.items()])
    for number in circle:
        chat._send("alice", f"REDACT bob {msgid.encode(key(number))}".encode())
    assert any(" REDACT bob " in line for line in chat.links["alice"].lines)
    chat.links["alice"].lines.clear()
    chat._send("alice", b"CHATHISTORY LATEST bob * 10")
    assert not [line for line in chat.links["alice"].lines if ":text" in line]
