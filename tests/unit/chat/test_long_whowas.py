"""WHOWAS of nicks that many had: a bounded answer, in pieces that a small SendQ holds."""

from pathlib import Path

import pytest

from securechat.chat.items import Drained
from securechat.chat.state.departures import OF_ONE_NICK
from tests.unit.chat.test_batches import SlowPlaybook

SENDQ = 8192
NICKS = [f"{'n' * 20}{number}" for number in range(5)]


@pytest.mark.parametrize("label", ["", "@label=x "])
def test_an_answer_of_whowas_comes_in_pieces(label: str) -> None:
    """The latest who had each nick, also in a labelled answer; then the answer to the next command."""
    play = SlowPlaybook(Path("whowas"))
    with play.store:
        play._do_settings(f"sendq={SENDQ} flood=false nicknames=free")
        play._do_accounts("alice bob")
        play._do_caps("batch labeled-response")
        play._do_login("alice bob")
        for _ in range(OF_ONE_NICK + 5):
            for nick in (*NICKS, "bob"):
                play._send("bob", f"NICK {nick}".encode())
        link, most = play.links["alice"], 0
        link.queued = 0
        link.lines.clear()
        play._send("alice", f"{label}WHOWAS {','.join(NICKS)}".encode())
        play._send("alice", b"PING after")
        while link.queued:
            most, link.queued = max(most, link.queued), 0
            play._happens(Drained(link))
        assert most <= SENDQ // 2
        assert sum(" 314 " in line for line in link.lines) == OF_ONE_NICK * len(NICKS)
        assert sum(" 369 " in line for line in link.lines) == len(NICKS)
        assert "PONG" in link.lines[-1]
        if label:
            assert link.lines[0].startswith("@label=x :chat.test BATCH +")
            assert link.lines[-2].startswith(":chat.test BATCH -")
