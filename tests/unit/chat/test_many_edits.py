"""A message that was edited very often is redacted with all its edits, and nobody waits for that."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from securechat.chat import limits
from securechat.chat.reading import EDITS_AT_ONCE
from securechat.chat.records import MessageRedacted, Record
from tests.playbooks.runner import Playbook


def test_edits_are_redacted_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No turn redacts more than a hundred; the message itself is the last, and then nothing is left."""
    play, number = Playbook(Path("edits")), 2 * EDITS_AT_ONCE + 10
    commit, redacted = play.store.commit, [0]

    def watched(records: Sequence[Record]) -> None:
        commit(records)
        redacted.append(sum(isinstance(record, MessageRedacted) for record in records))

    monkeypatch.setattr(play.store, "commit", watched)
    monkeypatch.setattr(limits, "MAX_CHANGES", number)  # an import may hold more
    with play.store:
        play._do_settings("flood=false")
        play._do_accounts("alice")
        play._do_caps("echo-message message-tags draft/message-redaction")
        play._do_login("alice")
        play._send("alice", b"PRIVMSG alice :teh text")
        lines = play.links["alice"].lines
        (key, *_) = re.findall(r"msgid=(\w+)", " ".join(lines))
        for edit in range(number):
            play._send("alice", b"@+securechat/edit=%s PRIVMSG alice :%d" % (key.encode(), edit))
        lines.clear()
        play._send("alice", b"REDACT alice " + key.encode())
        told = [line for line in lines if " REDACT alice " in line]
        assert len(told) == number + 1
        assert max(redacted) <= EDITS_AT_ONCE
        play._send("alice", b"REDACT alice " + key.encode())
        assert " FAIL REDACT UNKNOWN_MSGID " in lines[-1]
