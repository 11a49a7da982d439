"""Messages under load, and the proof that what was confirmed is in the database: once, and in order."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from securechat.irc.msgid import decode
from tests.system.crowd import Crowd, Member

_MARK = b" PRIVMSG #general :"


class Load:
    """Senders that always have some messages on their way, and a listener; all of them write down what they
    read.

    `confirmed` maps the texts whose echo came to their msgids, `order` is what the listener read.
    """

    def __init__(self) -> None:
        self.confirmed: dict[bytes, bytes] = {}
        self.order: list[bytes] = []
        self.sent = 0
        self._crowd: Crowd | None = None

    def begin(self, crowd: Crowd, senders: list[Member], listener: Member, window: int = 16) -> None:
        """Let the senders send; a `crowd.run(…, load.on_line)` keeps them going."""
        self._crowd = crowd
        self._listener = listener
        for sender in senders:
            for _ in range(window):
                self._send(sender)

    def on_line(self, member: Member, line: bytes) -> None:
        """Note a message; an echo makes its sender send the next one."""
        head, mark, text = line.partition(_MARK)
        if not mark:
            return
        msgid = head.partition(b"msgid=")[2][:13]
        if member is self._listener:
            self.order.append(msgid)
        elif f":{member.name}!".encode() in head:
            assert text not in self.confirmed, f"{text!r} was confirmed twice"
            self.confirmed[text] = msgid
            self._send(member)

    def has_confirmed(self, number: int) -> Callable[[], bool]:
        """Return a question for `crowd.run`: whether so many messages are confirmed."""
        return lambda: len(self.confirmed) >= number

    def _send(self, sender: Member) -> None:
        assert self._crowd is not None
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
        return len(rows)
