"""A long answer never fills the SendQ of a peer that takes what it gets."""

from collections import Counter
from pathlib import Path

import pytest

from securechat.chat.effects import Effect, Send
from securechat.chat.items import Drained
from securechat.chat.jobs import Job
from securechat.chat.reading import first_id_at
from securechat.chat.records import MessageSent
from tests.playbooks.runner import START, FakeLink, Playbook


class SlowPlaybook(Playbook):
    """Bytes stay in the SendQ until it is asked to drain; `messages` counts what came for each link."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.messages: Counter[FakeLink] = Counter()

    def _perform(self, effect: Effect, jobs: list[Job]) -> None:
        if isinstance(effect, Send):
            link = effect.link
            assert isinstance(link, FakeLink)
            link.queued += len(effect.data)
            self.messages[link] += effect.data.count(b" PRIVMSG ")
        super()._perform(effect, jobs)


@pytest.mark.parametrize("sendq", [65536, 1 << 20])
@pytest.mark.parametrize("tag", ["", "x" * 4000])
def test_a_thousand_messages_go_through_a_small_sendq(sendq: int, tag: str) -> None:
    """The longest lines, with the biggest tags: the queue stays below its limit, and the page comes whole."""
    play = SlowPlaybook(Path("batches"))
    with play.store:
        play._do_settings(f"sendq={sendq}")
        play._do_accounts("alice")
        play._do_caps("batch message-tags server-time account-tag draft/chathistory")
        play._do_login("alice")
        play._send("alice", b"JOIN #dev")
        link = play.links["alice"]
        tags = {"+x": tag} if tag else {}
        message = MessageSent(0, START, "PRIVMSG", 1, "alice", 1, None, "", "ü" * 230, tags)
        first = first_id_at(START) + 9
        play.store.commit([message._replace(id=first + number) for number in range(1000)])
        link.queued = 0
        link.lines.clear()
        play._send("alice", b"CHATHISTORY LATEST #dev * 1000")
        play._send("alice", b"PING after")
        most = 0
        while not any("PONG" in line for line in link.lines):
            most = max(most, link.queued)
            link.queued = 0
            play._happens(Drained(link))
        got = len([line for line in link.lines if "PRIVMSG" in line])
        # A page that would take very much memory has fewer messages.
        assert got == 1000 if not tag else 300 < got < 1000
        assert link.lines[0].endswith("BATCH +1 chathistory #dev") and link.lines[-2].endswith("BATCH -1")
        assert most <= sendq // 2


@pytest.mark.parametrize("name", ["bob", "bob.phone"])
def test_what_waits_for_somebody_goes_through_a_small_sendq(name: str) -> None:
    """However long the messages are that others left: they come in pieces, and then wait no more."""
    play = SlowPlaybook(Path("waiting"))
    with play.store:
        play._do_settings("sendq=65536 flood=false")
        play._do_accounts("alice bob")
        play._do_caps("message-tags")
        for each in ("alice", name):
            play._do_login(each)
        play._send(name, b"QUIT")
        for number in range(150):
            play._send("alice", b"@+x=%s PRIVMSG bob :%d" % (b"x" * 4000, number))
        play._do_login(name)
        link, most = play.links[name], 0
        play._send(name, b"PING after")
        while not any("PONG" in line for line in link.lines):
            most = max(most, link.queued)
            link.queued = 0
            play._happens(Drained(link))
        assert play.messages[link] == 150
        assert most <= 65536 // 2
        assert not play.store.reader.undelivered(2, 0, 10)
