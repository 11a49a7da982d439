"""Members who mean harm: sessions that send what costs most memory or time, in a process of their own.

Each kind is a function of a session's number that returns what it sends again and again; who is `deaf` reads
nothing. A session that the server has closed comes again.
"""

import os
import ssl
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.faults.companion import Companion, report, rounds
from tests.faults.probe import Client
from tests.system.server_process import DEADLINE, ServerProcess

SESSIONS_OF_ACCOUNT: Final = 20
ROOM: Final = b"#hostile"
SPEAKERS: Final = 20
"""Accounts that make the past that is paged through: together they say more than a page."""
CAPABILITIES: Final = (
    "message-tags batch draft/chathistory draft/multiline draft/metadata-2 labeled-response extended-monitor"
)


class Members(Companion):
    """Hostile sessions of these kinds in turn, from `with` to its end."""

    patience = 6 * DEADLINE

    def __init__(self, server: ServerProcess, sessions: int, kinds: Sequence[str], *accounts: str) -> None:
        super().__init__("members", sessions, ",".join(kinds), server.port, server.ca, *accounts)

    @property
    def sent(self) -> int:
        """Bytes that the server has taken."""
        return int(self.found["sent"][0])

    @property
    def closed(self) -> int:
        """How often the server has closed a session."""
        return int(self.found["closed"][0])


def _tags(number: int, each: int, of: int = 4000) -> bytes:
    """A section with so many client tags, as long as it may be."""
    value = b"x" * max(0, of // each - 8)
    return b"@" + b";".join([b"+%d.%d=%s" % (number, index, value) for index in range(each)]) + b" "


def _many_tags(number: int) -> bytes:
    """Lines that are nothing but tags, more than a line may have."""
    return (b"@" + b"a;" * 2000 + b" PING x\r\n") * 8


def _most_tags(number: int) -> bytes:
    """Lines with as many tags as a line may have, that wait behind slow commands."""
    return b"CHATHISTORY LATEST %s * 1000\r\n" % ROOM + (_tags(number, 64) + b"PING x\r\n") * 8


def _words(number: int) -> bytes:
    """Lines of many short words, some of them wide."""
    line = b"MONITOR +" + b" ab" * 120 + " \N{GRINNING FACE}".encode() * 20 + b"\r\n"
    return line * 32


def _nonces(number: int) -> bytes:
    """Messages with a nonce and large tags, which are remembered."""
    return b"".join(
        b"@+securechat/nonce=%s;%s PRIVMSG %s :x\r\n"
        % (os.urandom(8).hex().encode(), _tags(number, 60)[1:-1], ROOM)
        for _ in range(8)
    )


def _pages(number: int) -> bytes:
    """Ever new pages of messages with large tags."""
    return b"CHATHISTORY LATEST %s * 1000\r\n" % ROOM * 50


def _long_answers(number: int) -> bytes:
    """Commands whose answers are much longer than they are."""
    return b"HELP\r\nLIST\r\nNAMES\r\nWHO *\r\nPING x\r\n" * 50


def _multiline(number: int) -> bytes:
    """Messages of many lines that never end."""
    lines = b"@batch=1 PRIVMSG %s :%s\r\n" % (ROOM, b"x" * 400) * 40
    return b"BATCH +1 draft/multiline %s\r\n%s" % (ROOM, lines)


def _pings(number: int) -> bytes:
    """The cheapest lines there are, and so the most."""
    return b"PING x\r\n" * 1000


def _lookups(number: int) -> bytes:
    """Names that have to be prepared before they turn out to be nobody's."""
    names = " ".join(
        f"\N{LATIN SMALL LETTER A WITH DIAERESIS}{number}x{each}\N{LATIN SMALL LETTER O WITH DIAERESIS}"
        for each in range(40)
    )
    return f"ISON {names}\r\n".encode() * 20


def _glances(number: int) -> bytes:
    """Lines that look at everybody and show nothing."""
    return b"WHO *x*y*z*\r\nLIST >9999\r\n" * 100


def _talk(number: int) -> bytes:
    """Messages."""
    return b"PRIVMSG %s :%s\r\n" % (ROOM, b"x" * 20) * 200


def _masks(number: int) -> bytes:
    """Masks that match nothing and are as many as a line holds."""
    wanted = [
        b"LIST " + b",".join(b"!*%d*z" % one for one in range(60)),
        b"WHO *x" + b"*?" * 230,
        b"WHO * %tcuihsnfdlaor,152",
    ]
    return b"\r\n".join([*wanted, b"PING x"]) * 8 + b"\r\n"


def _joins(number: int) -> bytes:
    """Channels that an account joins and leaves with all its sessions."""
    names = b",".join(b"#t%d" % one for one in range(20))
    return (b"JOIN %s\r\nPART %s\r\n" % (names, names.partition(b",")[2])) * 4


def _spellings(number: int) -> bytes:
    """Names that are the same one, each written in another way."""
    name = f"mallory{number % 5}"
    return b",".join((name[:at] + name[at:].upper()).encode() for at in range(7))


def _asked(number: int) -> bytes:
    """Questions about people whose answers are kept together by a label."""
    names = _spellings(number)
    return (b"@label=x WHOIS %s\r\n@label=x WHOWAS %s\r\n" % (names, names)) * 16


def _dear_messages(number: int) -> bytes:
    """Messages to many whose nonces have to be looked for, and some of very many lines."""
    lines = b"@batch=1 PRIVMSG %s :m\r\n" % ROOM * 100
    said = b"@+securechat/nonce=%s PRIVMSG %s,%s :x\r\n"
    nonces = b"".join(said % (os.urandom(8).hex().encode(), _spellings(number), ROOM) for _ in range(4))
    return b"%sBATCH +1 draft/multiline %s\r\n%sBATCH -1\r\n" % (nonces, ROOM, lines)


def _watched(number: int) -> bytes:
    """Changes that many have subscribed to: of values, names, real names and presence."""
    keys = b" ".join(b"key%02d" % one for one in range(20))
    once = b"METADATA * SUB %s\r\nMONITOR + %s\r\n" % (keys, _spellings(number + 1))
    value = os.urandom(99).hex().encode()
    sets = b"".join(b"METADATA * SET key%02d :%s\r\n" % (one, value) for one in range(20))
    mine, other = b"#r%d" % (number % 5), b"#other%d" % (number % 5)
    room = b"JOIN %s\r\nRENAME %s %s\r\nRENAME %s %s\r\n" % (mine, mine, other, other, mine)
    return once + sets + b"SETNAME :y\r\nAWAY :x\r\nAWAY\r\nMETADATA * CLEAR\r\n" + room


KINDS: Final[dict[str, tuple[Callable[[int], bytes], bool]]] = {
    "many tags": (_many_tags, False),
    "most tags": (_most_tags, False),
    "words": (_words, False),
    "nonces": (_nonces, False),
    "pages": (_pages, False),
    "deaf pages": (_pages, True),
    "long answers": (_long_answers, True),
    "multiline": (_multiline, False),
    "pings": (_pings, False),
    "lookups": (_lookups, False),
    "glances": (_glances, False),
    "talk": (_talk, False),
    "masks": (_masks, False),
    "joins": (_joins, False),
    "asked": (_asked, False),
    "dear messages": (_dear_messages, False),
    "watched": (_watched, False),
}
"""What each sends, and whether it is deaf."""
HASTY: Final = ("pings", "lookups", "glances", "talk", "pages")
"""Those that take the hub's time rather than its memory."""


class _Member:
    """One session."""

    def __init__(self, come: Callable[[], Client], account: str, number: int, kind: str) -> None:
        self._come = come
        self._account = account
        self._number = number
        self._make, self._deaf = KINDS[kind]
        self._client: Client | None = None
        self._pending = b""
        self.sent = 0
        self.closed = 0

    def step(self) -> None:
        """Send what is taken, without waiting."""
        try:
            if self._client is None:
                self._client = self._enter()
            self._write(self._client.socket)
            if not self._deaf:
                self._read(self._client.socket)
        except OSError:
            self.closed += 1
            if self._client is not None:
                self._client.socket.close()
            self._client, self._pending = None, b""

    def _enter(self) -> Client:
        client = self._come()
        client.log_in(self._account)
        client.send(f"CAP REQ :{CAPABILITIES}", f"JOIN {ROOM.decode()}")
        client.send("PING ready")
        client.read_until(b" :ready")
        client.socket.setblocking(False)
        return client

    def _write(self, sock: ssl.SSLSocket) -> None:
        with suppress(ssl.SSLWantWriteError, ssl.SSLWantReadError):
            for _ in range(4):
                self._pending = self._pending or self._make(self._number)
                sent = sock.send(self._pending)
                self._pending = self._pending[sent:]
                self.sent += sent

    def _read(self, sock: ssl.SSLSocket) -> None:
        with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            for _ in range(16):
                if not sock.recv(65536):
                    raise OSError("closed")


def _fill(come: Callable[[], Client], accounts: Sequence[str]) -> None:
    """Say as many messages with large tags as accounts may at once: there must be a past to page through."""
    for number, account in enumerate(accounts):
        client = come()
        client.log_in(account)
        client.send("CAP REQ :message-tags", f"JOIN {ROOM.decode()}")
        for _ in range(7):
            client.socket.sendall(_nonces(number))
        client.send("PING said")
        client.read_until(b" :said")
        client.socket.close()


def main(sessions: str, kinds: str, port: str, ca: str, *accounts: str) -> None:
    """Attack until it is enough, with what others leave of the processor: real ones would have their own."""
    os.nice(10)
    context = ssl.create_default_context(cafile=Path(ca))
    chosen = kinds.split(",")
    members = [
        _Member(lambda: Client(int(port), context), accounts[number % len(accounts)], number, kind)
        for number, kind in enumerate(chosen[index % len(chosen)] for index in range(int(sessions)))
    ]
    if {_pages, _most_tags} & {KINDS[kind][0] for kind in chosen}:
        _fill(lambda: Client(int(port), context), accounts[:SPEAKERS])
    for member in members:
        member.step()
    for number, _ in enumerate(rounds(0.02 / max(1, len(members)))):  # to come again takes long: one by one
        if members:  # without any, a bystander is measured alone
            members[number % len(members)].step()
    report(sent=[sum(member.sent for member in members)], closed=[sum(member.closed for member in members)])


if __name__ == "__main__":
    main(*sys.argv[1:])
