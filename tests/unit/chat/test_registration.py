"""What holds for all commands before the login, and how capabilities are listed."""

from random import Random

import pytest

from securechat.chat.clock import Now
from securechat.chat.commands import COMMANDS
from securechat.chat.commands.capabilities import announce_changes
from securechat.chat.core import Core
from securechat.chat.effects import Send
from securechat.chat.items import Administer, Connected, JobDone, Received
from securechat.chat.jobs import JobRefused, PasswordChecked
from securechat.chat.ports import Snapshot
from securechat.chat.records import Audited
from securechat.chat.requests import AddAccount
from securechat.chat.settings import Settings
from securechat.irc import capabilities as cap
from securechat.irc.framing import Framer
from tests.playbooks.runner import FakeLink

NOW = Now(1_700_000_000_000, 10.0)
OPEN = {"AUTHENTICATE", "CAP", "ERROR", "NICK", "PASS", "PING", "PONG", "QUIT", "REGISTER", "USER", "VERIFY"}
WITH_CAPABILITY = {
    "AWAY": {"draft/pre-away"},
    "ISUPPORT": {"draft/extended-isupport"},
    "METADATA": {"draft/metadata-2", "draft/metadata-3"},
}


def connected() -> tuple[Core, FakeLink]:
    """A core with an account, and a connection that has not logged in."""
    core = Core(Settings("chat.test", "Net", "1", autojoin=()), Snapshot((), (), frozenset(), 0))
    link = FakeLink("c")
    core.handle(Administer(1, AddAccount("alice", "$p$")), NOW)
    core.handle(Connected(link, "192.0.2.1"), NOW)
    core.take()
    return core, link


def answers(core: Core, link: FakeLink, line: str) -> list[str]:
    """Send a line and return what comes back; nothing may be recorded."""
    core.handle(Received(link, Framer().feed(line.encode() + b"\r\n")), NOW)
    outcomes = core.take()
    assert not any(outcome.records for outcome in outcomes)
    sent = b"".join(e.data for outcome in outcomes for e in outcome.effects if isinstance(e, Send))
    return sent.decode().split("\r\n")[:-1]


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - OPEN))
def test_nothing_else_is_possible_before_the_login(command: str) -> None:
    """Every command but those of the login is answered with 451, also with every capability but its own.

    Nobody answers a NOTICE.
    """
    core, link = connected()
    keys = WITH_CAPABILITY.get(command, set())
    core.sessions[link].caps = sum(bit for name, bit in cap.CAPABILITIES.items() if name not in keys)
    core.sessions[link].caps &= ~(cap.SERVER_TIME | cap.LABELED_RESPONSE)
    refused = [":chat.test 451 * :You have not registered: log in first (SASL)"]
    expected = refused if command != "NOTICE" else []
    assert answers(core, link, f"{command} alice #general :x") == expected
    assert core.sessions[link].user is None


VOCABULARY = (
    "CAP LS 302",
    "CAP LS",
    "CAP REQ :sasl batch draft/pre-away draft/extended-isupport",
    "CAP REQ :-sasl",
    "CAP REQ :no-such-thing",
    "CAP END",
    "CAP LIST",
    "NICK alice",
    "NICK *",
    "USER alice 0 * :A",
    "PASS alice:secret",
    "PASS alice",
    "AUTHENTICATE PLAIN",
    "AUTHENTICATE EXTERNAL",
    "AUTHENTICATE *",
    "AUTHENTICATE +",
    "AUTHENTICATE AGFsaWNlAHNlY3JldA==",
    "AUTHENTICATE AGFsaWNlAHNlY3J",
    "AUTHENTICATE " + "A" * 400,
    "AUTHENTICATE " + "A" * 401,
    "AWAY *",
    "ISUPPORT",
    "JOIN #general",
    "PRIVMSG alice :let me in",
    "PING x",
)


@pytest.mark.parametrize("seed", range(150))
def test_no_order_of_lines_opens_the_door(seed: int) -> None:
    """Whatever is sent in whatever order: without a right password nobody is in, or hears of others."""
    chance = Random(seed)
    core, link = connected()
    for _ in range(60):
        if link not in core.sessions:
            link = FakeLink("c")
            core.handle(Connected(link, "192.0.2.1"), NOW)
        session = core.sessions[link]
        core.handle(Received(link, Framer().feed(chance.choice(VOCABULARY).encode() + b"\r\n")), NOW)
        if session.backlog.job is not None and chance.random() < 0.5:
            result = chance.choice((PasswordChecked(False), JobRefused()))
            core.handle(JobDone(session.backlog.job, result), NOW)
        outcomes = core.take()
        entries = [record for outcome in outcomes for record in outcome.records]
        assert all(isinstance(entry, Audited) and entry.action == "failed logins" for entry in entries)
        sent = b"".join(e.data for outcome in outcomes for e in outcome.effects if isinstance(e, Send))
        assert b" 001 " not in sent and b" 900 " not in sent and b" 903 " not in sent
        assert session.user is None and session.account is None
        assert not core.registry.users


@pytest.mark.parametrize("version", ["302", "310"])
def test_a_long_list_takes_several_lines_with_302(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All lines but the last one have a "*", and none has more than 512 bytes."""
    names = {f"example.org/capability-{number:02}": 1 << number for number in range(40)}
    monkeypatch.setattr(cap, "CAPABILITIES", names)
    core, link = connected()
    lines = answers(core, link, f"CAP LS {version}")
    assert len(lines) > 1
    assert all(line.startswith(":chat.test CAP * LS * :") for line in lines[:-1])
    assert lines[-1].startswith(":chat.test CAP * LS :")
    assert all(len(line.encode()) <= 510 for line in lines)
    assert [name for line in lines for name in line.partition("LS")[2].partition(":")[2].split(" ")] == [
        *names
    ]


def test_an_old_client_gets_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without 302 what does not fit is left out, the drafts first: several lines would be several answers."""
    names = {f"capability-{number:02}": 1 << number for number in range(60)}
    monkeypatch.setattr(cap, "CAPABILITIES", {"draft/example": 1 << 60, **names})
    core, link = connected()
    (line,) = answers(core, link, "CAP LS")
    assert "draft/example" not in line and "capability-00" in line and len(line.encode()) <= 510


def test_what_is_not_offered_any_more_is_named_and_cancelled() -> None:
    """Those with cap-notify read CAP NEW and CAP DEL, and the session has the capability no longer."""
    core, link = connected()
    answers(core, link, "CAP LS 302")
    answers(core, link, "CAP REQ :account-tag setname")
    core.later(
        lambda: announce_changes(
            core, {"setname": "", "sasl": "PLAIN"}, {"sasl": "PLAIN,EXTERNAL", "batch": ""}
        )
    )
    assert answers(core, link, "PONG x") == [
        ":chat.test CAP * NEW :sasl=PLAIN,EXTERNAL batch",
        ":chat.test CAP * DEL :setname",
    ]
    assert core.sessions[link].caps & cap.SETNAME == 0
    assert core.sessions[link].has(cap.ACCOUNT_TAG)


@pytest.mark.parametrize("line", ["REGISTER carol * sesame-street", "VERIFY carol code"])
def test_a_closed_registration_makes_no_account(line: str) -> None:
    """REGISTER and VERIFY are answered, and lead nowhere unless the configuration opens them."""
    core, link = connected()
    (answer,) = answers(core, link, line)
    assert answer.startswith(f":chat.test FAIL {line.split()[0]} DISALLOWED carol :")
    assert core.sessions[link].backlog.job is None
