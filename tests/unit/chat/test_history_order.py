"""One order: what members see live, what history says, and what it says after a restart, are the same."""

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.chat.clock import Now
from securechat.chat.core import Core
from tests.playbooks.runner import Playbook

_TEXT = re.compile(r"PRIVMSG #dev :(\w+)$")
SENDERS = ("alice", "alice.phone", "bob")

STEPS = st.lists(
    st.one_of(
        st.sampled_from([("say", sender) for sender in SENDERS]),
        st.sampled_from([("clock", ms) for ms in (-3_600_000, -1, 0, 1, 1000)]),
        st.just(("restart", "")),
    ),
    min_size=2,
    max_size=25,
)


class Room:
    """A channel with two people on three sessions, and carol who listens."""

    def __init__(self) -> None:
        self.play = Playbook(Path("order"))
        self.heard: list[str] = []
        self.said = 0

    def begin(self) -> None:
        self.play._do_accounts("alice bob carol")
        self.play._do_caps("batch message-tags draft/chathistory")
        self.arrive()
        for name in ("alice", "bob", "carol"):
            self.play._send(name, b"JOIN #dev")

    def arrive(self) -> None:
        for name in (*SENDERS, "carol"):
            self.play._do_login(name)

    def say(self, sender: str) -> None:
        self.said += 1
        self.play._send(sender, f"PRIVMSG #dev :m{self.said}".encode())
        self.heard += self.read("carol")

    def read(self, name: str) -> list[str]:
        """Return the texts that somebody got since the last time."""
        lines, self.play.links[name].lines = self.play.links[name].lines, []
        return [match[1] for match in map(_TEXT.search, lines) if match]

    def restart(self) -> None:
        self.play.links.clear()
        self.play.core = Core(self.play.settings, self.play.store.load())
        self.arrive()

    def history(self, page: int) -> list[str]:
        """Read everything backwards, in pages."""
        pages: list[list[str]] = []
        before = "*"
        while True:
            command = "LATEST" if before == "*" else "BEFORE"
            self.play._send("carol", f"CHATHISTORY {command} #dev {before} {page}".encode())
            lines = [line for line in self.play.links["carol"].lines if "PRIVMSG" in line]
            pages.insert(0, self.read("carol"))
            if not lines:
                return [text for texts in pages for text in texts]
            before = re.findall(r"msgid=\w+", lines[0])[0]


@settings(max_examples=25, deadline=None)
@given(steps=STEPS, page=st.integers(1, 7))
def test_live_order_and_the_order_of_history_are_one(steps: list[tuple[str, str | int]], page: int) -> None:
    """Whoever sends, in whatever millisecond, with the clock going back, with restarts in between."""
    room = Room()
    with room.play.store:
        room.begin()
        for step, argument in steps:
            if step == "say":
                room.say(str(argument))
            elif step == "clock":
                room.play.now = Now(room.play.now.wall + int(argument), room.play.now.mono + 1)
            else:
                room.restart()
        expected = [f"m{number + 1}" for number in range(room.said)]
        assert room.heard == expected
        assert room.history(page) == expected
        room.restart()
        assert room.history(page) == expected
