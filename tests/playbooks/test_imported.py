"""What came from an export is shown as such: the tag `securechat/imported` (docs/protocol.md)."""

from pathlib import Path

from securechat.storage.schema import messages
from tests.playbooks.runner import START, Playbook

CAPS = (
    "account-tag batch draft/chathistory draft/event-playback draft/message-redaction "
    "draft/multiline echo-message message-tags server-time"
)


def shown(play: Playbook, who: str) -> list[str]:
    """Return the lines of the channel's history, without its batch."""
    lines = play.links[who].lines
    lines.clear()
    play._send(who, b"CHATHISTORY LATEST #dev * 50")
    return [line for line in lines if " BATCH " not in line or "draft/multiline" in line]


def test_what_was_imported_has_a_tag() -> None:
    """Messages and events of every kind have it; who does not know of tags is shown the same lines."""
    play = Playbook(Path("imported"))
    with play.store:
        play._do_accounts("alice")
        play._do_bots("robot")
        play._do_caps(CAPS)
        play._do_login("alice robot")
        play._send("alice", b"JOIN #dev\r\nPRIVMSG #dev :before\r\nPRIVMSG #dev :gone\r\nTAGMSG #dev")
        play._send("robot", b"JOIN #dev\r\nPRIVMSG #dev :beep")
        before = shown(play, "alice")
        assert before and not any("securechat/imported" in line for line in before)
        with play.store._store.transaction() as connection:
            connection.execute(messages.update().values(imported=START))
        after = shown(play, "alice")
        assert len(after) == len(before)
        assert all(";securechat/imported;" in line or ";securechat/imported " in line for line in after)
        plain = [line.replace(";securechat/imported", "") for line in after]
        assert [line.replace("batch=2", "batch=1") for line in plain] == before
        play._do_caps("batch draft/chathistory draft/event-playback server-time")
        play._do_login("alice")
        assert not any("securechat/imported" in line for line in shown(play, "alice"))


def test_a_redaction_has_the_tag_when_it_was_imported_itself() -> None:
    """What was taken back here was, whoever says that it was said."""
    play = Playbook(Path("imported"))
    with play.store:
        play._do_accounts("alice")
        play._do_caps(CAPS)
        play._do_login("alice")
        play._send("alice", b"JOIN #dev\r\nPRIVMSG #dev :gone")
        sent = next(line for line in play.links["alice"].lines if "PRIVMSG" in line)
        key = sent.partition("msgid=")[2][:13]
        with play.store._store.transaction() as connection:
            connection.execute(messages.update().values(imported=START + 1000))
        play._line("alice<?")
        play._line("+5s")
        play._send("alice", f"REDACT #dev {key}".encode())
        own = [line for line in shown(play, "alice") if "REDACT" in line]
        assert own and not any("securechat/imported" in line for line in own)
        with play.store._store.transaction() as connection:
            connection.execute(messages.update().values(imported=START + 5000))
        theirs = [line for line in shown(play, "alice") if "REDACT" in line]
        assert len(theirs) == len(own) and all("securechat/imported" in line for line in theirs)
