"""What a server is asked, and how many lines it answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from scripts.bench.ircbench.arena import RunFailed
from scripts.bench.suite.asker import Asker
from securechat.app.doctor.visit import visit
from securechat.chat.requests import Done, ListAccounts, ListChannels, ListSessions, Request
from securechat.server.control_client import ask

from .people import Place, Probe, Sizes, channel_name, name_of
from .serving import CAPS, Started

Ask = Callable[[], int]
"""Ask once, and return how many lines or rows came."""
_ALL_TIME = "timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z"
_MIDDLE = "timestamp=2023-03-01T00:00:00.000Z"
_EVENTS = f"{CAPS} draft/event-playback"


@dataclass(frozen=True)
class Question:
    """Something to ask, so many times."""

    name: str
    ask: Ask
    times: int = 9


def nothing() -> Iterator[Question]:
    """For what everything takes where nobody asks for anything."""
    yield Question("nothing, for 50 ms", _rest)


def logins(server: Started) -> Iterator[Question]:
    """Members of 10, 200 and 256 channels come in, and go."""

    def log_in(account: int, caps: str = CAPS) -> int:
        asker = server.ask_as(account, caps)
        lines = settled(asker)
        asker.close()
        return lines

    yield Question("login, 10 channels", lambda: log_in(Probe.FEW))
    yield Question("login, 200 channels", lambda: log_in(Probe.SOCIAL))
    yield Question("login, 256 channels", lambda: log_in(Probe.MANY))

    def catch_up() -> int:
        other = server.ask_as(Probe.MANY)
        other.send(f"PRIVMSG {name_of(Probe.SOCIAL)} :hello")
        settled(other)
        other.close()
        return log_in(Probe.SOCIAL, "sasl")

    yield Question("login, 200 channels, plain client, something new", catch_up)


def channels(asker: Asker, sizes: Sizes) -> Iterator[Question]:
    """Which channels there are, and who is in them."""
    some = channel_name(sizes.channels // 2)
    yield Question("LIST", lambda: _until(asker, "LIST", b"323"))
    yield Question("LIST of a mask", lambda: _until(asker, f"LIST {some}*", b"323"))
    yield Question("LIST >9999", lambda: _until(asker, "LIST >9999", b"323"))
    yield Question("LIST T<60,C<60", lambda: _until(asker, "LIST T<60,C<60", b"323"))
    for place in (Place.RARE, Place.BUSY, Place.EVERYBODY):
        name = channel_name(place)
        yield Question(f"NAMES {name}", partial(_until, asker, f"NAMES {name}", b"366"))
        yield Question(f"WHO {name}", partial(_until, asker, f"WHO {name}", b"315"))
    yield Question("WHO person1*", lambda: _until(asker, "WHO person1*", b"315"))
    yield Question("WHOIS", lambda: _until(asker, f"WHOIS {name_of(Probe.SOCIAL)}", b"318"))
    yield Question("LUSERS", lambda: _until(asker, "LUSERS", b"266"))


def history(asker: Asker, name: str = "") -> Iterator[Question]:
    """What was said."""
    yield Question(f"TARGETS{name}", lambda: _batch(asker, f"CHATHISTORY TARGETS {_ALL_TIME} 1000"))
    for place in Place:
        channel = channel_name(place)
        latest = f"CHATHISTORY LATEST {channel} * 50"
        yield Question(f"LATEST {channel}{name}", partial(_batch, asker, latest))
    person = name_of(max(Probe) + 1)
    for where, what in (
        (f"BEFORE {channel_name(Place.BUSY)}", f"BEFORE {channel_name(Place.BUSY)} {_MIDDLE} 50"),
        (f"BEFORE {channel_name(Place.RARE)}", f"BEFORE {channel_name(Place.RARE)} {_MIDDLE} 50"),
        ("LATEST of a person", f"LATEST {person} * 50"),
        ("BEFORE of a person", f"BEFORE {person} {_MIDDLE} 50"),
    ):
        yield Question(f"{where}{name}", partial(_batch, asker, f"CHATHISTORY {what}"))


def searches(asker: Asker) -> Iterator[Question]:
    """Words, common and rare, everywhere and somewhere."""
    busy, rare, person = channel_name(Place.BUSY), channel_name(Place.RARE), name_of(max(Probe) + 2)
    for name, what in (
        ("a common word", "text=the"),
        ("a rare word", "text=zanzibar"),
        ("a common word in #busy", f"in={busy};text=the"),
        ("a common word in #rare", f"in={rare};text=the"),
        ("a common word by a person", f"from={person};text=the"),
        ("no word, by a person", f"from={person}"),
        ("two words", "text=the zanzibar"),
    ):
        line = f"SEARCH {what};limit=50".replace(" zan", r"\szan")
        yield Question(f"search, {name}", partial(_batch, asker, line))


def kept(asker: Asker) -> Iterator[Question]:
    """Markers, monitors, metadata, pins."""
    busy, person = channel_name(Place.BUSY), name_of(max(Probe) + 1)
    people = ",".join(name_of(max(Probe) + number) for number in range(1, 41))
    moments = iter(range(10_000))

    def move() -> int:
        second = 60 + next(moments)
        at = f"2026-10-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000Z"
        return _until(asker, f"MARKREAD {busy} timestamp={at}", b"MARKREAD")

    yield Question("MARKREAD", lambda: _until(asker, f"MARKREAD {busy}", b"MARKREAD"))
    yield Question("MARKREAD, further", move)
    yield Question("MONITOR + 40", lambda: _after(asker, f"MONITOR + {people}"))
    yield Question("MONITOR S", lambda: _after(asker, "MONITOR S"))
    yield Question("METADATA LIST", lambda: _after(asker, f"METADATA {person} LIST"))
    yield Question("METADATA SYNC", lambda: _after(asker, f"METADATA {busy} SYNC"))
    yield Question("PINS", lambda: _after(asker, f"PINS {busy}"))


def changes(asker: Asker, sizes: Sizes) -> Iterator[Question]:
    """What is said and done."""
    busy, person = channel_name(Place.BUSY), name_of(max(Probe) + 1)
    other = channel_name(sizes.channels - 1)
    numbers = iter(range(10_000))

    def founded() -> int:
        name = f"#new{next(numbers)}"
        return _after(asker, f"JOIN {name}") + _after(asker, f"PART {name}")

    yield Question("PRIVMSG to a channel", lambda: _after(asker, f"PRIVMSG {busy} :hello"))
    yield Question("PRIVMSG to a person", lambda: _after(asker, f"PRIVMSG {person} :hello"))
    yield Question("JOIN, PART", lambda: _after(asker, f"JOIN {other}") + _after(asker, f"PART {other}"))
    yield Question("JOIN, PART of a new channel", founded)


def administration(server: Started) -> Iterator[Question]:
    """What an administrator asks through the control socket."""

    def rows(request: Request | str) -> int:
        answer = ask(server.state, request)
        if not isinstance(answer, Done):
            raise RunFailed(f"the server refused: {answer}")
        return len(answer.rows)

    def all_channels(pattern: str, founder: str = "") -> int:
        found, after = 0, 0
        while True:
            answer = ask(server.state, ListChannels(pattern, founder, after))
            if not isinstance(answer, Done):
                raise RunFailed(f"the server refused: {answer}")
            found, after = found + len(answer.rows), answer.more
            if not after:
                return found

    yield Question("securechat users", lambda: rows(ListAccounts()))
    yield Question("securechat channel list", lambda: all_channels("*"))
    yield Question("securechat channel list --founder", lambda: all_channels("*", name_of(Probe.SOCIAL)))
    yield Question("securechat sessions", lambda: rows(ListSessions()))
    yield Question("securechat status", lambda: rows("status"))
    yield Question("securechat top", lambda: rows("top"))
    yield Question("securechat doctor", lambda: len(visit(server.state, None, {})), 3)


def with_events(server: Started) -> Asker:
    """Log in a client that is also shown reactions, and redactions."""
    return server.ask_as(Probe.SOCIAL, f"{_EVENTS} draft/message-redaction")


def _until(asker: Asker, line: str, last: bytes) -> int:
    asker.send(line)
    return len(asker.until(lambda words: words[1:2] == [last]))


def _after(asker: Asker, line: str) -> int:
    """Ask something whose end is told by the answer to a PING."""
    asker.send(line)
    return settled(asker)


def settled(asker: Asker) -> int:
    """Read everything that the server says on its own; return how many lines it was."""
    asker.send("PING end")
    return len(asker.until(lambda words: words[1:2] == [b"PONG"] and words[-1].endswith(b"end"))) - 1


def _batch(asker: Asker, line: str) -> int:
    """Ask something that batches answer, which may hold others. Raises RunFailed when it is refused."""
    asker.send(line, "PING end")
    lines = asker.until(lambda words: words[1:2] == [b"PONG"])
    refused = [line for line in lines if b" FAIL " in line[:60] or line.startswith(b"FAIL")]
    if refused:
        raise RunFailed(refused[0].decode())
    return len(lines) - 1


def _rest() -> int:
    time.sleep(0.05)
    return 0
