"""The names of many members: in pieces that a small SendQ holds, at a login, a JOIN and for NAMES."""

from pathlib import Path

from securechat.chat.items import Drained, JobDone
from securechat.chat.jobs import PasswordChecked
from securechat.chat.lines import channel_state
from tests.playbooks.runner import FakeLink
from tests.unit.chat.test_batches import SlowPlaybook

PEOPLE = 150
SENDQ = 8192


class Hall(SlowPlaybook):
    """#hall, with many people whose names are long, and alice."""

    def __init__(self) -> None:
        super().__init__(Path("hall"))
        self.names = [f"{'n' * 28}{number:03}" for number in range(PEOPLE)]

    def fill(self, caps: str = "") -> None:
        """Let everybody in but alice."""
        self._do_settings(f"sendq={SENDQ} flood=false")
        self._do_accounts(" ".join(["alice", *self.names]))
        for name in self.names:
            self.enter(name)
            self._send(name, b"JOIN #hall")
            self.drain(self.links[name])
            for link in self.links.values():
                link.queued = 0
                link.lines.clear()
        self._do_caps(caps)

    def enter(self, name: str) -> FakeLink:
        """Let somebody log in and take the whole welcome."""
        self._do_login(name)
        link = self.links[name]
        self.drain(link)
        link.queued = 0
        link.lines.clear()
        return link

    def drain(self, link: FakeLink) -> int:
        """Let the peer take what comes until a PING is answered; return the most that waited for it."""
        self._send(link.name, b"PING after")
        most = link.queued
        while not any("PONG" in line for line in link.lines):
            link.queued = 0
            self._happens(Drained(link))
            most = max(most, link.queued)
        return most

    def listed(self, link: FakeLink) -> list[str]:
        """The nicks of all 353 lines, in order."""
        rows = [line.rpartition(" :")[2] for line in link.lines if " 353 " in line]
        return [nick.lstrip("~&@%+") for row in rows for nick in row.split(" ")]


def test_names_come_in_pieces_after_a_join() -> None:
    """JOIN first, then everybody once, one end, and then the answer to the next command."""
    play = Hall()
    with play.store:
        play.fill()
        link = play.enter("alice")
        play._send("alice", b"JOIN #hall")
        assert link.lines[0].endswith(" JOIN #hall")
        assert play.drain(link) <= SENDQ // 2
        assert sorted(play.listed(link)) == sorted([*play.names, "alice"])
        assert sum(" 366 " in line for line in link.lines) == 1
        assert "PONG" in link.lines[-1]


def test_names_come_in_pieces_at_a_login_and_after_the_joins() -> None:
    """All JOINs are there before any names, since what is said may come between the pieces."""
    play = Hall()
    with play.store:
        play.fill()
        link = play.enter("alice")
        for channel in (b"#hall", b"#small", b"#other"):
            play._send("alice", b"JOIN " + channel)
            play.drain(link)
        play._do_connect("alice.phone")
        phone = play.links["alice.phone"]
        play._send("alice.phone", b"PASS alice:secret")
        play._happens(JobDone(play.jobs.pop("alice.phone"), PasswordChecked(True)))
        for line in (b"NICK alice", b"USER alice 0 * :A"):
            play._send("alice.phone", line)
        kinds = [line.split(" ")[1] for line in phone.lines]
        assert kinds.count("JOIN") == 3
        assert "366" not in kinds
        phone.queued = 0  # the welcome itself is one piece
        assert play.drain(phone) <= SENDQ // 2
        kinds = [line.split(" ")[1] for line in phone.lines]
        assert kinds.index("353") > max(at for at, kind in enumerate(kinds) if kind == "JOIN")
        assert kinds.count("366") == 3
        assert len(set(play.listed(phone))) == PEOPLE + 1


def test_another_device_gets_the_names_in_pieces_too() -> None:
    """A JOIN by one session shows the channel to all of them."""
    play = Hall()
    with play.store:
        play.fill()
        play.enter("alice")
        phone = play.enter("alice.phone")
        play._send("alice", b"JOIN #hall")
        assert 0 < phone.queued <= SENDQ // 2
        assert play.drain(phone) <= SENDQ // 2
        assert sorted(play.listed(phone)) == sorted([*play.names, "alice"])


def test_who_comes_and_goes_between_the_pieces_is_told_right() -> None:
    """Who has gone is not named any more, and who came is."""
    play = Hall()
    with play.store:
        play.fill()
        play._do_accounts("zoe")
        link = play.enter("alice")
        play.enter("zoe")
        play._send("alice", b"JOIN #hall")
        link.queued = SENDQ
        play._send(play.names[-1], b"PART #hall")
        play._send("zoe", b"JOIN #hall")
        link.queued = 0
        play._happens(Drained(link))
        play.drain(link)
        assert sorted(play.listed(link)) == sorted([*play.names[:-1], "alice", "zoe"])


def test_names_come_in_pieces_after_a_rename() -> None:
    """Who does not know RENAME parts and joins, and then sees who is there, as at any JOIN."""
    play = Hall()
    with play.store:
        play.fill()
        link, phone = play.enter("alice"), play.enter("alice.phone")
        play._send("alice", b"JOIN #hall")
        for one in (link, phone):
            play.drain(one)
            one.queued = 0
            one.lines.clear()
        play._send(play.names[0], b"RENAME #hall #room")
        for one in (link, phone):
            assert [line.split(" ")[1] for line in one.lines][:2] == ["PART", "JOIN"]
            assert play.drain(one) <= SENDQ // 2
            assert sorted(play.listed(one)) == sorted([*play.names, "alice"])
        founder = play.links[play.names[0]]
        assert play.drain(founder) <= SENDQ // 2
        assert len(play.listed(founder)) == PEOPLE + 1


def test_labelled_names_are_one_batch() -> None:
    """NAMES with a label: the batch's opening has it, however many pieces follow."""
    play = Hall()
    with play.store:
        play.fill("labeled-response batch")
        link = play.enter("alice")
        play._send("alice", b"JOIN #hall")
        play.drain(link)
        link.lines.clear()
        play._send("alice", b"@label=x NAMES #hall")
        play.drain(link)
        assert link.lines[0] == "@label=x :chat.test BATCH +1 labeled-response"
        assert link.lines[-2] == ":chat.test BATCH -1"
        assert len(play.listed(link)) == PEOPLE + 1


def test_names_can_be_interrupted_at_who_is_not_shown() -> None:
    """A channel whose people are all invisible to others is looked through in several turns."""
    play = Hall()
    with play.store:
        play.fill()
        link = play.enter("alice")
        registry = play.core.registry
        for name in play.names:
            user = registry.user(name)
            assert user is not None
            registry.set_modes(user, "i")
        session = play.core.sessions[link]
        hall = registry.channel("#hall")
        assert hall is not None
        lines = list(channel_state.names(registry, session, hall, 1))
        assert lines[:-1] == [None] * PEOPLE
        assert lines[-1] is not None
        assert lines[-1].command == "366"
