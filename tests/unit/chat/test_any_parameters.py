"""Every command takes whatever parameters a client can write."""

from dataclasses import replace

import pytest

from securechat.chat.commands import COMMANDS
from securechat.chat.core import Core
from securechat.chat.effects import Broadcast, Send
from securechat.chat.items import Received
from securechat.irc.framing import Framer
from tests.playbooks.runner import FakeLink
from tests.unit.chat.test_core_bounds import NOW, session

LONG = "\u00fc" * 200
PARAMETERS = (
    "",
    ":",
    ": :",
    "* * * *",
    ", ,, ,,,",
    "alice alice alice",
    "#nowhere alice :x",
    f"{LONG}",
    f"#{LONG} :{LONG}"[:450],
    f"alice :{LONG}",
    f"alice,{'b,' * 150}c",
    "@#x ~#x %x ,1",
    "-1 0 99999999999999999999",
    "\u0661\u0662 \u2028 \u00a0",
    " ".join("abcdefghijklmnopqrstuvwxyz"),
    "+ " + ",".join(f"nick-{number}" for number in range(50)),
)


def unhurried() -> tuple[Core, FakeLink]:
    """A core with one session, without flood control."""
    core, link = session()
    core.reconfigure(replace(core.settings, flood=False))
    return core, link


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"QUIT"}))
def test_any_parameters_are_answered_in_lines_of_512_bytes(command: str) -> None:
    """Nothing raises, no line is longer, and the session goes on."""
    core, link = unhurried()
    for parameters in PARAMETERS:
        line = f"{command} {parameters}".encode()[:510].decode(errors="ignore")
        core.handle(Received(link, Framer().feed(line.encode() + b"\r\nPING x\r\n")), NOW)
        written = b""
        for outcome in core.take():
            for effect in outcome.effects:
                if isinstance(effect, Send):
                    written += effect.data
                elif isinstance(effect, Broadcast):
                    written += b"".join(effect.encoded.values())
        lines = written.split(b"\r\n")[:-1]
        assert all(len(one) <= 510 for one in lines), lines
        if core.sessions[link].backlog.job is None:
            assert lines[-1].endswith(b"PONG chat.test :x"), line
        else:
            core, link = unhurried()
