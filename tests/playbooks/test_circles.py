"""What a database holds that no client can have sent: messages that refer to themselves, or to each other."""

from pathlib import Path

import pytest

from securechat.chat.records import MessageSent
from securechat.irc import msgid
from securechat.irc.capabilities import EDIT_TAG
from tests.playbooks.runner import START, Playbook

FIRST, SECOND = START - 2000 << 20, START - 1000 << 20
CAPS = (
    "batch draft/chathistory draft/message-redaction echo-message message-tags securechat/reactions "
    "server-time soju.im/search standard-replies"
)


def edit(play: Playbook, key: int, refers: int) -> MessageSent:
    """Return a message in #dev that says that it is an edit of another one."""
    channel = play.core.registry.channel("#dev")
    alice = play.core.registry.account("alice")
    assert channel is not None and alice is not None
    tags = {EDIT_TAG: msgid.encode(refers)}
    return MessageSent(
        key, key >> 20, "PRIVMSG", alice.id, "alice", channel.id, None, "#dev", "round", tags, refers=refers
    )


@pytest.mark.parametrize(
    "references",
    [{FIRST: FIRST}, {FIRST: SECOND, SECOND: FIRST}, {FIRST: SECOND}, {FIRST: FIRST, SECOND: FIRST}],
    ids=["itself", "each other", "forwards", "an edit of what is an edit of itself"],
)
def test_a_circle_of_edits_ends(references: dict[int, int]) -> None:
    """Every command that follows references answers, and a message that is taken back is so once."""
    play = Playbook(Path("circles"))
    with play.store:
        play._do_accounts("alice")
        play._do_caps(CAPS)
        play._do_login("alice")
        play._send("alice", b"JOIN #dev")
        play.store.commit([edit(play, key, refers) for key, refers in references.items()])
        link = play.links["alice"]
        for key in references:
            tag = f"@{EDIT_TAG}={msgid.encode(key)}"
            for line in (
                f"CHATHISTORY LATEST #dev * 10\r\nCHATHISTORY AROUND #dev msgid={msgid.encode(key)} 10",
                "SEARCH text=round",
                f"{tag} PRIVMSG #dev :square",
                f"PIN #dev {msgid.encode(key)}\r\nPINS #dev\r\nUNPIN #dev {msgid.encode(key)}",
                f"REDACT #dev {msgid.encode(key)}",
            ):
                link.lines.clear()
                play._send("alice", f"{line}\r\nPING after".encode())
                assert link.lines[-1].endswith(" PONG chat.test :after")
                redacted = [one for one in link.lines if " REDACT " in one]
                assert len(redacted) == len(set(redacted))
                assert redacted or "REDACT" not in line or "UNKNOWN_MSGID" in link.lines[0]
