"""With the longest names and parameters no line is longer than 512 bytes without its tags, 8191 with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securechat.chat import line as line_module
from securechat.chat.commands import COMMANDS
from securechat.chat.items import Disconnected
from securechat.chat.line import Line
from securechat.irc.capabilities import CAPABILITIES
from securechat.irc.names import check_account, check_channel
from tests.playbooks.runner import FakeLink, Playbook

SERVER = ".".join(["s" * 20] * 3)
NAMES = [check_account(first + "ж" * 31) for first in "абд"]
ANN, BEN, ROOT = NAMES
HALL, ROOM = (check_channel(f"#{first}{'ж' * 30}-") for first in "аб")
CAPS = sorted(set(CAPABILITIES) - {"sasl", "draft/chathistory"})
TEXTS = ("x" * 510, "é" * 250, "👩\u200d👩\u200d👧\u200d👦" * 20, "a\u0301" * 160)
MASKS = " ".join(f"{letter}{'ж' * 31}!*@*" for letter in "бвг")


class Longest(Playbook):
    """A chat in which everything is as long as it may be."""

    def __init__(self) -> None:
        super().__init__(Path("longest"))
        self._do_settings(f"server_name={SERVER} network={'ж' * 50} flood=false registration=invite")
        self._do_accounts(f"{ANN} {BEN}")
        self._do_admins(ROOT)

    def says(self, who: str, line: str) -> None:
        """Send as much of a line as a client may; who was closed has nothing to say."""
        if self.links[who].lines[-1:] != ["(closed)"]:
            self._send(who, line.encode()[:510].decode(errors="ignore").encode())
            self.jobs.clear()

    def all_in(self, caps: str) -> None:
        """Let everybody in: the hall is Ann's."""
        for name in NAMES:
            self._do_login(name)
            for capability in caps.split():
                self._send(name, f"CAP REQ {capability}".encode())
        self._send(ROOT, f"OPER {ROOT} secret".encode())
        self._password_done(ROOT, "ok")
        for name in NAMES:
            self._send(name, f"JOIN {HALL},{ROOM}".encode())


@contextmanager
def checked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Look at every line that anybody gets, and let none be so long that parameters have to be cut."""
    got: list[str] = []
    take = FakeLink.take

    def checking(link: FakeLink, data: bytes, ahead: bool = False) -> None:
        for line in data.decode().removesuffix("\r\n").split("\r\n"):
            got.append(line)
            tags, body = line.split(" ", 1) if line.startswith("@") else ("", line)
            assert len(body.encode()) <= 510, line
            assert len(tags.encode()) < 8191, line
            assert "  " not in body.partition(" :")[0], line
        take(link, data, ahead)

    def uncut(line: Line) -> Line:
        raise AssertionError(f"the parameters have to be cut: {line}")

    monkeypatch.setattr(FakeLink, "take", checking)
    monkeypatch.setattr(line_module, "_with_short_params", uncut)
    yield got


def said(text: str) -> Iterator[tuple[str, str]]:
    """What people say and do at length, and who."""
    yield ANN, f"TOPIC {HALL} :{text}"
    yield ANN, f"TOPIC {HALL} :{text.encode()[:390].decode(errors='ignore')}"
    yield BEN, f"TOPIC {HALL}"
    yield BEN, f"NAMES {HALL},{ROOM}"
    yield ANN, f"MODE {HALL} +bbb {MASKS}"
    yield ANN, f"MODE {HALL} +eI {MASKS}"
    for letter in "beI":
        yield BEN, f"MODE {HALL} {letter}"
    yield ANN, f"MODE {HALL} +ohvk {BEN} {BEN} {BEN} {'k' * 32}"
    yield ANN, f"MODE {HALL} +f {ROOM}"
    yield BEN, f"MODE {HALL}"
    yield BEN, f"AWAY :{text}"
    yield BEN, f"SETNAME :{text.encode()[:150].decode(errors='ignore')}"
    yield ANN, f"WHOIS {BEN}"
    yield ROOT, f"WHOIS {SERVER} {BEN},{ANN},{text}"
    for fields in ("", "%tcuihsnfdlaor,123", "%tcuihsnfdlao,123"):
        yield ROOT, f"WHO {HALL} {fields}"
    yield ANN, f"USERHOST {' '.join(NAMES * 2)}"
    yield ROOT, f"USERIP {' '.join(NAMES * 2)}"
    yield ANN, f"ISON {' '.join(NAMES * 3)}"
    yield ANN, f"MONITOR + {','.join([*NAMES, 'zoe'])}"
    yield BEN, f"PRIVMSG {HALL} :{text.encode()[:240].decode(errors='ignore')}"
    yield BEN, f"PRIVMSG {ANN},{HALL},{ROOM} :{text}"
    yield ANN, f"METADATA {HALL} SET {'k' * 32} :{text.encode()[:250].decode(errors='ignore')}"
    yield BEN, f"METADATA * SET {'k' * 32} :{text.encode()[:250].decode(errors='ignore')}"
    yield BEN, f"METADATA * SUB {' '.join(letter * 32 for letter in 'abcdefghijk')}"
    yield ANN, f"METADATA {BEN} LIST"
    yield BEN, f"METADATA {HALL} GET {'k' * 32} {text}"
    yield BEN, f"PART {ROOM} :{text}"
    yield ANN, f"MODE {ROOM} +i"
    yield BEN, f"KNOCK {ROOM} :{text.encode()[:250].decode(errors='ignore')}"
    yield ANN, f"INVITE {BEN} {ROOM}"
    yield BEN, "INVITE"
    yield BEN, f"JOIN {ROOM}"
    yield ANN, f"KICK {ROOM} {BEN} :{text.encode()[:250].decode(errors='ignore')}"
    yield ANN, f"RENAME {ROOM} #{'в' * 31} :{text.encode()[:250].decode(errors='ignore')}"
    yield ANN, f"RENAME #{'в' * 31} {ROOM} :{text}"
    yield ROOT, f"WALLOPS :{text}"
    yield ROOT, f"SAPART {BEN} {HALL} :{text}"
    yield ROOT, f"SAJOIN {BEN} {HALL}"
    yield ROOT, f"CHATHISTORY LATEST {HALL} * 100"
    yield ROOT, "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 9"
    yield BEN, f"PING :{text}"
    yield BEN, f"NICK {text}"
    yield ROOT, f"PRIVMSG securechat :{text}"
    yield ROOT, f"KILL {BEN} :{text}"
    yield ANN, f"WHOWAS {BEN}"
    yield ANN, f"QUIT :{text}"


@pytest.mark.parametrize("text", TEXTS, ids=["ascii", "accents", "family", "marks"])
@pytest.mark.parametrize("caps", [[], CAPS], ids=["plain", "every capability"])
def test_what_is_said_at_length_fits_on_lines(
    caps: list[str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reasons, topics, lists and values are cut at a character or split, whatever caused them."""
    play = Longest()
    with play.store, checked(monkeypatch) as got:
        play.all_in(" ".join(caps))
        for who, line in said(text):
            play.says(who, line)
    whole = {line.split(" ")[1 + line.startswith("@")] for line in got if " " in line}
    shown = {"TOPIC", "MODE", "PART", "KICK", "INVITE", "QUIT", "311", "332", "352", "353", "354", "710"}
    assert whole >= shown


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"QUIT", "KILL"}))
def test_no_parameters_make_a_line_longer(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command, with every kind of target and long words, by somebody plain and by an operator."""
    words = ("", HALL, "👋" * 127, "x" * 500, ":" + "é" * 250, "* " * 100)
    play = Longest()
    with play.store, checked(monkeypatch):
        play.all_in("")
        for first in words:
            for second in words:
                for who in (ANN, ROOT):
                    play.says(who, f"{command} {first} {second} {HALL} :{'é' * 250}")
                    play.says(who, f"{command} {first} {second}")
        play._do_connect("stranger")
        for first in words:
            if "stranger" in play.links:
                play.says("stranger", f"{command} {first} * :{'é' * 250}")


def test_what_was_cut_is_the_same_in_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic and reasons are kept as they were shown."""
    play = Longest()
    with play.store, checked(monkeypatch) as got:
        play.all_in("draft/event-playback draft/chathistory batch")
        play.says(ANN, f"TOPIC {HALL} :{'é' * 195}")
        play.says(ANN, f"KICK {HALL} {BEN} :{'é' * 125}")
        play.says(ROOT, f"PART {HALL} :z{'é' * 240}")
        live = {line.rpartition(" :")[2] for line in got if "é" in line}
        del got[:]
        play.says(ANN, f"CHATHISTORY LATEST {HALL} * 10")
        past = {line.rpartition(" :")[2] for line in got if "é" in line}
    assert len(live) == 3
    assert past == live


def test_a_closed_connection_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why somebody has gone is cut in what the others read."""
    play = Longest()
    with play.store, checked(monkeypatch) as got:
        play.all_in("")
        play._happens(Disconnected(play.links.pop(ANN), "é" * 300))
    assert any(" QUIT :é" in line for line in got)


def test_tags_fit_with_a_label_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """An echo that is repeated has its old tags and the new label, and fits; a longer label is none."""
    play = Longest()
    with play.store, checked(monkeypatch) as got:
        play.all_in(" ".join(CAPS))
        del got[:]
        nonce = "+securechat/nonce=n"
        play._send(ANN, f"@{nonce};+a={'x' * (4094 - len(nonce) - 4)} PRIVMSG {HALL} :x".encode())
        for length in (64, 512, 4000):
            play._send(ANN, f"@{nonce};label={'l' * length} PRIVMSG {HALL} :x".encode())
        play._send(BEN, f"@label={'l' * 512} CHATHISTORY LATEST {HALL} * 9".encode())
    echoes = [line for line in got if "+a=x" in line]
    assert len(echoes) == 3 + 3 + 1  # to three people, three times again to the sender, and from history
    assert [len(line) > 4700 for line in echoes].count(True) == 1
