"""Messages under load, and the proof that what was confirmed is in the database: once, and in order."""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from securechat.irc.msgid import decode
from tests.system.crowd import Crowd, Member

_MARK = b" PRIVMSG #general :"


def _msgid(line: bytes) -> bytes:
    found = re.search(rb"msgid=(\w{13})", line)
    assert found, f"{line!r} has no msgid"
    return found[1]


class Reader:
    """A device that reads history: after each login it asks for what it has not got, while others go on.

    `order` is what it has then, live or from history, each message once.
    """

    CAPABILITIES = "message-tags batch draft/chathistory"

    def __init__(self) -> None:
        self.order: list[bytes] = []
        self.behind = True
        self._member: Member | None = None
        self._live: list[bytes] = []

    def begin(self, crowd: Crowd, member: Member) -> None:
        """Begin to catch up as this member, who has just logged in with CAPABILITIES."""
        self._crowd, self._member = crowd, member
        self._live.clear()
        self.behind = True
        self._ask()

    def reads(self, member: Member, line: bytes) -> bool:
        """Note a line if it is this device's."""
        if member is not self._member:
            return False
        if b" BATCH +" in line:
            self._known = len(self.order)
        elif b" BATCH -" in line:
            self._batch_ends()
        elif b"batch=" in line.partition(b" ")[0]:
            self.order.append(_msgid(line))
        elif _MARK in line:
            (self._live if self.behind else self.order).append(_msgid(line))
        return True

    def _ask(self) -> None:
        assert self._member is not None
        since = b"msgid=" + self.order[-1] if self.order else b"timestamp=2000-01-01T00:00:00.000Z"
        self._crowd.send(self._member, b"CHATHISTORY AFTER #general %b 100\r\n" % since)

    def _batch_ends(self) -> None:
        if len(self.order) > self._known:
            self._ask()
            return
        self.behind = False
        newest = self.order[-1] if self.order else b""
        self.order += [msgid for msgid in self._live if msgid > newest]


class Load:
    """Senders that always have some messages on their way, and two who listen: one with a plain client, one
    with a client that reads history. All of them write down what they read.

    `confirmed` maps the texts whose echo came to their msgids, `order` is what the plain listener read.
    """

    def __init__(self, senders: list[str]) -> None:
        self.accounts = [*senders, "listener", "reader"]
        self.confirmed: dict[bytes, bytes] = {}
        self.order: list[bytes] = []
        self.sent = 0
        self._reader = Reader()

    def log_in(self, crowd: Crowd) -> None:
        """Let everybody come; the reader begins to catch up."""
        self._crowd = crowd
        *self._senders, self._listener = crowd.log_in(self.accounts[:-1])
        (member,) = crowd.log_in(self.accounts[-1:], capabilities=Reader.CAPABILITIES)
        self._reader.begin(crowd, member)

    def begin(self, window: int = 16) -> None:
        """Let the senders send; a `crowd.run(…, load.on_line)` keeps them going."""
        for sender in self._senders:
            for _ in range(window):
                self._send(sender)

    def on_line(self, member: Member, line: bytes) -> None:
        """Note a message; an echo makes its sender send the next one."""
        head, mark, text = line.partition(_MARK)
        if self._reader.reads(member, line) or not mark:
            return
        msgid = _msgid(head)
        if member is self._listener:
            self.order.append(msgid)
        elif f":{member.name}!".encode() in head:
            assert text not in self.confirmed, f"{text!r} was confirmed twice"
            self.confirmed[text] = msgid
            self._send(member)

    def is_read(self) -> bool:
        """Return whether the reader has caught up."""
        return not self._reader.behind

    def has_confirmed(self, number: int) -> Callable[[], bool]:
        """Return a question for `crowd.run`: whether so many messages are confirmed."""
        return lambda: len(self.confirmed) >= number

    def _send(self, sender: Member) -> None:
        if not sender.over:
            self.sent += 1
            self._crowd.send(sender, b"PRIVMSG #general :%b %d\r\n" % (sender.name.encode(), self.sent))

    def check(self, database: Path) -> int:
        """Compare with the database of a server that has stopped; return how many messages are in it."""
        connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            rows = connection.execute(
                "SELECT id, text FROM messages WHERE command = 'PRIVMSG' ORDER BY id"
            ).fetchall()
        finally:
            connection.close()
        stored = {text.encode(): key for key, text in rows}
        twice = [text for text, number in Counter(text for _, text in rows).items() if number > 1]
        assert not twice, f"{len(twice)} messages are stored twice, such as {twice[0]!r}"
        lost = [text for text, msgid in self.confirmed.items() if stored.get(text) != decode(msgid.decode())]
        assert not lost, f"{len(lost)} of {len(self.confirmed)} confirmed messages are lost: {lost[0]!r} …"
        assert self.order == sorted(set(self.order)), "the listener read messages out of order or twice"
        unknown = {decode(msgid.decode()) for msgid in self.order} - {key for key, _ in rows}
        assert not unknown, f"{len(unknown)} messages were delivered and are not stored"
        in_history = [decode(msgid.decode()) for msgid in self._reader.order]
        assert in_history == [key for key, _ in rows], "the device that reads history has something else"
        return len(rows)
