"""WHO of more people than one piece holds."""

import pytest

from securechat.chat.core import Core
from securechat.chat.items import Administer, Connected, Disconnected, JobDone, Received
from securechat.chat.jobs import PasswordChecked
from securechat.chat.requests import AddAccount
from securechat.irc import capabilities as cap
from securechat.irc.framing import Framer
from tests.playbooks.runner import FakeLink
from tests.unit.chat.test_core_bounds import NOW, sent, session

PEOPLE = 450


def crowd(sendq: int) -> tuple[Core, FakeLink, list[FakeLink]]:
    """A core with alice and many others."""
    core, link = session(sendq)
    links = []
    for number in range(PEOPLE):
        name = f"nick-{number}"
        core.handle(Administer(1, AddAccount(name, "$p$")), NOW)
        links.append(FakeLink(name))
        core.handle(Connected(links[-1], "192.0.2.1"), NOW)
        say(core, links[-1], f"PASS {name}:secret\r\nNICK {name}\r\nUSER a 0 * :A")
        job = core.sessions[links[-1]].backlog.job
        assert job is not None
        core.handle(JobDone(job, PasswordChecked(True)), NOW)
    core.take()
    return core, link, links


def say(core: Core, link: FakeLink, line: str) -> None:
    core.handle(Received(link, Framer().feed(line.encode() + b"\r\n")), NOW)


@pytest.mark.parametrize("labelled", [False, True])
def test_a_long_answer_comes_whole_and_before_the_next(labelled: bool) -> None:
    """All rows, one end, one batch when there is a label; the next command's answer follows."""
    core, link, _ = crowd(1 << 20)
    core.sessions[link].caps = (cap.LABELED_RESPONSE | cap.BATCH) if labelled else 0
    say(core, link, "@label=x WHO *\r\nPING after")
    lines = sent(core).split(b"\r\n")[:-1]
    assert sum(b" 352 " in line for line in lines) == PEOPLE + 1
    assert sum(b" 315 " in line for line in lines) == 1
    assert lines[-1] == b":chat.test PONG chat.test :after"
    if labelled:
        assert lines[0] == b"@label=x :chat.test BATCH +1 labeled-response"
        assert all(line.startswith(b"@batch=1 ") for line in lines[1:-2])
        assert lines[-2] == b":chat.test BATCH -1"


def test_a_long_answer_waits_for_a_slow_client() -> None:
    """It comes in pieces of a fraction of the SendQ, and who goes meanwhile is left out."""
    core, link, links = crowd(1 << 16)
    say(core, link, "WHO *")
    first = sent(core)
    assert 0 < len(first) < 1 << 15 and b" 315 " not in first
    link.queued = 1 << 16
    core.handle(Disconnected(links[-1], "gone"), NOW)
    say(core, link, "PING x")
    assert b" 352 " not in sent(core)
    link.queued = 0
    rows = first
    for _ in range(20):
        say(core, link, "PING x")
        rows += sent(core)
    assert rows.count(b" 352 ") == PEOPLE
    assert rows.count(b" 315 ") == 1
