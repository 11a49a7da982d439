"""No command tells anybody outside of a channel that is secret (+s) or private (+p), as far as that can be.

Every command of the table is tried with every argument below, once with the channel's name and once with a
name that nobody uses. Both get the same answer, and no answer holds what only members know. JOIN alone has to
be different, since it would make the unused one.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.chat import service
from securechat.chat.commands import COMMANDS
from securechat.chat.commands.capabilities import offers
from tests.playbooks.runner import Playbook

HIDDEN, UNUSED = "#geheim", "#gehein"
"""Names of the same length, as they are asked for; the hidden channel is called #Geheim."""
KNOWN_INSIDE = ("#Geheim", "Zinnober", "Xylophon", "Quecksilber", "trollmaske", "+kl", "31337")

ARGUMENTS = (
    "",
    "{channel}",
    "{channel} :text",
    "{channel} {message}",
    "{channel} {message} :text",
    "{channel} {member}",
    "{channel} {member} :text",
    "{channel} #other :text",
    "{channel},{channel}",
    "{channel} >0,C>0,T>0,*",
    "{channel} %tcuihsnfdlaor,7",
    "{channel} +b",
    "{channel} +I",
    "{channel} +l 5",
    "{channel} timestamp=2030-01-01T00:00:00.000Z",
    "{member}",
    "{member} {channel}",
    "{member} 10",
    "outsider {channel}",
    "* {channel}",
    "+ {channel}",
    "@{channel} :text",
    "%{channel} :text",
    "*",
    "*ehei*",
    "LATEST {channel} * 10",
    "LATEST {channel} msgid={message} 10",
    "BEFORE {channel} timestamp=2030-01-01T00:00:00.000Z 10",
    "AFTER {channel} timestamp=2001-01-01T00:00:00.000Z 10",
    "AROUND {channel} msgid={message} 10",
    "BETWEEN {channel} timestamp=2001-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 10",
    "TARGETS timestamp=2001-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 10",
    "{channel} GET topic",
    "{channel} LIST",
    "{channel} SYNC",
    "{channel} SET key :value",
    "{channel} relayed/net :text",
    "xylophon",
    "xylophon {channel}",
    "in:{channel} xylophon",
)
TAGGED = ("PRIVMSG", "NOTICE", "TAGMSG")


def attempts(command: str) -> Iterator[str]:
    """Everything that is tried with one command."""
    for argument in ARGUMENTS:
        if command == "MODE" and argument == "outsider {channel}":
            continue  # the name would be letters of modes
        yield f"{command} {argument}".rstrip()
    if command in TAGGED:
        yield f"@+draft/reply={{message}};+draft/react=x {command} {{channel}} :text"
        yield f"@+draft/reply={{message}};+draft/react=x {command} {{member}} :text"
        yield f"@+draft/channel-context={{channel}} {command} {{member}} :text"
    if command == "BATCH":
        yield "BATCH +x draft/multiline {channel}\n@batch=x PRIVMSG {channel} :text\nBATCH -x"
    if command == "PRIVMSG":
        for word in service.COMMANDS:
            yield f"PRIVMSG securechat :{word} {{channel}}"
            yield f"PRIVMSG ChanServ :{word} {{channel}} {{member}}"


class Outside(Playbook):
    """A playbook without a file: a hidden channel with somebody in it, and somebody who is not."""

    def __init__(self, mode: str, *, former: bool) -> None:
        super().__init__(Path("hidden"))
        self.mode = mode
        self.former = former
        self.message = ""

    def begin(self) -> None:
        self._do_settings("flood=false")
        self._do_accounts("alice insider outsider")
        self._do_caps(" ".join(offers(self.settings).keys() - {"sasl", "labeled-response"}))
        self._do_login("alice insider outsider")
        entry = ["outsider JOIN #Geheim", "outsider PRIVMSG #Geheim :hello"] if self.former else []
        for step in [
            "alice JOIN #Geheim",
            *entry,
            "insider JOIN #Geheim",
            "alice TOPIC #Geheim :Zinnober",
            f"alice MODE #Geheim +klb{self.mode} Quecksilber 31337 trollmaske",
            *(["alice KICK #Geheim outsider"] if self.former else []),
            "insider PRIVMSG #Geheim :Xylophon",
        ]:
            who, _, line = step.partition(" ")
            self._send(who, line.encode())
        said = [line for line in self.links["insider"].lines if "Xylophon" in line]
        found = re.search(r"msgid=(\w+)", said[0])
        assert found is not None
        self.message = found[1]

    def answer(self, attempt: str, channel: str) -> list[str]:
        """Return what the one outside gets for one attempt; a session that ended begins anew."""
        link = self.links["outsider"]
        link.lines.clear()
        for line in attempt.format(channel=channel, member="insider", message=self.message).split("\n"):
            self._send("outsider", line.encode())
        got = list(link.lines)
        if "(closed)" in got or self.jobs.pop("outsider", None) is not None:
            self._do_login("outsider")
        link.lines.clear()
        self._send("outsider", b"PING still-there")
        assert "still-there" in "".join(self.links["outsider"].lines), attempt
        return got


def normal(lines: list[str]) -> list[str]:
    """Return lines without the name that was asked for, and what is different each time."""
    found = []
    for line in lines:
        nameless = re.sub(f"{HIDDEN}|{UNUSED}", "#", line, flags=re.IGNORECASE)
        found.append(re.sub(r"(msgid|batch)=[^; ]+|BATCH [+-]\S+", "", nameless))
    return found


@pytest.mark.parametrize(("mode", "former"), [("s", False), ("p", True)], ids=["stranger", "former member"])
def test_nobody_outside_learns_of_a_hidden_channel(mode: str, former: bool) -> None:
    """The answers are those for a channel that is not there, and hold nothing that members know."""
    play = Outside(mode, former=former)
    with play.store:
        play.begin()
        for attempt in [attempt for command in COMMANDS for attempt in attempts(command)]:
            hidden = play.answer(attempt, HIDDEN)
            for secret in KNOWN_INSIDE:
                assert secret not in "\n".join(hidden), attempt
            if not attempt.startswith("JOIN"):
                assert normal(hidden) == normal(play.answer(attempt, UNUSED)), attempt
