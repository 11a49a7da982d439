"""A secret or private channel is for those outside as if it did not exist, whatever command they try."""

import pytest

from securechat.chat.clock import Now
from securechat.chat.commands import COMMANDS
from securechat.chat.core import Core
from securechat.chat.effects import Broadcast, Send
from securechat.chat.items import Administer, Connected, JobDone, Received
from securechat.chat.jobs import PasswordChecked
from securechat.chat.ports import Snapshot
from securechat.chat.requests import AddAccount
from securechat.chat.settings import Settings
from securechat.irc import capabilities as cap
from securechat.irc.framing import Framer
from tests.playbooks.runner import FakeLink

NOW = Now(1_700_000_000_000, 10.0)
PARAMETERS = (
    "",
    "#plans",
    "#Plans :text",
    "#plans alice",
    "#plans alice :text",
    "alice #plans",
    "alice #plans :text",
    "#plans b",
    "#plans +o alice",
    "#plans %cnf",
    "#plans #other",
    "alice",
    "alice %cnf",
    "* %cn",
    "*",
    "0",
    "@#plans :text",
    "+ #plans,alice",
    "#plans * 10",
    "LATEST #plans * 10",
    "AROUND #plans timestamp=2023-11-14T22:13:20.000Z 10",
    "TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10",
    "#plans LIST",
    "#plans GET topic",
    "#plans 00000000000g0",
    "#plans timestamp=2023-11-14T22:13:20.000Z",
    "securechat :channel #plans",
    "securechat :info #plans",
)
REVEALING = {"JOIN", "QUIT"}
"""JOIN of a channel that is not there makes it, so that it must answer something else."""


class Chat:
    """A core in which alice may have a channel and bob looks for it."""

    def __init__(self, modes: str | None) -> None:
        settings = Settings("chat.test", "Net", "1", autojoin=(), flood=False)
        self.core = Core(settings, Snapshot((), (), frozenset(), 0))
        self.links = {name: FakeLink(name) for name in ("alice", "bob")}
        for name, link in self.links.items():
            self.core.handle(Administer(1, AddAccount(name, "$p$")), NOW)
            self.core.handle(Connected(link, "192.0.2.1"), NOW)
            self.say(name, f"PASS {name}:secret\r\nNICK {name}\r\nUSER a 0 * :A")
            job = self.core.sessions[link].job
            assert job is not None
            self.core.handle(JobDone(job, PasswordChecked(True)), NOW)
        if modes is not None:
            self.say("alice", f"JOIN #Plans\r\nTOPIC #Plans :Invade at dawn\r\nMODE #Plans {modes}")
        self.core.sessions[self.links["bob"]].caps = cap.BATCH
        self.core.take()

    def say(self, name: str, lines: str) -> None:
        link = self.links[name]
        self.core.handle(Received(link, Framer().feed(lines.encode() + b"\r\n")), NOW)

    def bob_tries(self, line: str) -> tuple[bytes, str]:
        """Return what bob reads, and what job his command asked for."""
        link = self.links["bob"]
        self.say("bob", line)
        read = b""
        for outcome in self.core.take():
            for effect in outcome.effects:
                if isinstance(effect, Send) and effect.link is link:
                    read += effect.data
                elif isinstance(effect, Broadcast) and effect.skip is not link:
                    read += effect.encoded.get(effect.audience.keys.get(link, -1), b"")
        session = self.core.sessions[link]
        job = type(session.job).__name__
        session.job = session.resume = session.waiting = None
        return read, job


@pytest.mark.parametrize("modes", ["+s", "+p", "+si", "+sk key"])
@pytest.mark.parametrize("command", sorted(set(COMMANDS) - REVEALING))
def test_nothing_is_different_from_a_chat_without_it(command: str, modes: str) -> None:
    """Every reply to somebody outside is, byte for byte, what it would be if the channel did not exist."""
    hiding, without = Chat(modes), Chat(None)
    for parameters in PARAMETERS:
        line = f"{command} {parameters}"
        assert hiding.bob_tries(line) == without.bob_tries(line), line


def test_an_open_channel_is_different() -> None:
    """The test can fail: of a channel that is not hidden there is something to read."""
    shown, without = Chat("-s"), Chat(None)
    assert shown.bob_tries("WHO #plans") != without.bob_tries("WHO #plans")
