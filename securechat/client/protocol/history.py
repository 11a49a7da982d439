"""In step again after an absence: what was said meanwhile is asked for and told, in order and once.

Theory of operation. `Bookmarks` say up to where one has been told everything: a time, and the last message of
each conversation. They move with what is told. After a login with bookmarks the session asks where something
was said since, and then each of these conversations for what came after its last message (`catchup`); others'
messages of the meantime wait until that is told. When the connection is lost in between, the bookmarks are as
far as the telling was, and the next login goes on from there. Without bookmarks nothing is asked for: then
the server tells what the account missed.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from securechat.client.events import CatchingUp, Event, Gap
from securechat.client.protocol.catchup import CatchUp
from securechat.client.protocol.labels import Request
from securechat.client.protocol.registration import CHATHISTORY, FOR_WINDOWS, WANTED
from securechat.irc import timestamp
from securechat.irc.message import Message
from securechat.irc.names import fold

_SPOKEN: Final = frozenset({"PRIVMSG", "NOTICE", "TAGMSG", "REDACT"})
_DOUBT: Final = 86_400_000
"""Milliseconds before the present that are asked for when bookmarks are of a time to come."""


@dataclass(slots=True)
class Bookmarks:
    """Up to where everything has been told: milliseconds since 1970 (0: nothing yet), and a msgid for each
    conversation, by its folded name.
    """

    time: int = 0
    last: dict[str, str] = field(default_factory=dict)


class History:
    """What a session tells of the past. `ask` sends a request and returns its label.

    Without bookmarks the server tells what the account missed, unless `replay` is False: then the front end
    reads the past by itself, and shows in its windows what others need not know.
    """

    def __init__(
        self,
        bookmarks: Bookmarks,
        replay: bool,
        ask: Callable[[str, tuple[str, ...]], str],
        emit: Callable[[Event], None],
    ) -> None:
        self.bookmarks = bookmarks
        self._replay = replay
        self._ask = ask
        self._emit = emit
        self._granted = False
        self._headed = True
        self._catch_up: CatchUp | None = None
        self._held: dict[str, Message] = {}
        """The lines that are being said, by msgid; a line without one is there under a number."""
        self._numbers = count()

    @property
    def wanted(self) -> frozenset[str]:
        """The capabilities to ask for at a login."""
        if not self._replay:
            return WANTED | {CHATHISTORY} | FOR_WINDOWS
        return WANTED | {CHATHISTORY} if self.bookmarks.time > 0 else WANTED

    @property
    def in_step(self) -> bool:
        """Whether everything that was said before is told."""
        return self._catch_up is None or self._catch_up.done

    def welcomed(self, granted: frozenset[str]) -> None:
        """The login is complete, with these capabilities."""
        self._granted = CHATHISTORY in granted
        self._headed = False

    def expect(self, welcomed: str = "") -> None:
        """From here on, what others say waits until what they said before is told.

        `welcomed` is the server's time of the welcome, "" if unknown. Bookmarks of a later time were
        made while its clock was ahead: it is not known then since when something was said.
        """
        if not self.bookmarks.time:
            return
        if self._granted:
            since, last = self.bookmarks.time, self.bookmarks.last
            with suppress(ValueError):
                now = timestamp.parse(welcomed)
                since = since if since <= now else max(now - _DOUBT, 1)
            self._catch_up = CatchUp(since, last, self._ask, lambda *gap: self._emit(Gap(*gap)))
        else:
            self._emit(Gap("", "this server keeps nothing"))

    def begin(self) -> bool:
        """Ask for what was said, if that is wanted; return whether."""
        if self._catch_up is not None:
            self._catch_up.begin()
        return self._catch_up is not None

    def lose(self) -> None:
        """The connection is lost: the session asks again for what waits here."""
        self._catch_up = None
        self._held.clear()

    def holds(self, line: Message, past: bool) -> bool:
        """Keep a line that shows what is being said, while what was said before is still told."""
        held = not self.in_step and not past and line.command in _SPOKEN and "!" in (line.source or "")
        if held:
            self._held[line.tags.get("msgid", "") or str(next(self._numbers))] = line
        return held

    def take_held(self) -> list[Message]:
        """Return what was kept, once."""
        held, self._held = list(self._held.values()), {}
        return held

    def answered(self, request: Request) -> None:
        """A request is answered."""
        if self._catch_up is not None:
            self._catch_up.answered(request)

    # What is told

    def head(self) -> None:
        """Something of the past is told now: say first since when that was."""
        if not self._headed:
            self._headed = True
            self._emit(CatchingUp(self.bookmarks.time))

    def bookmark(self, conversation: str, msgid: str) -> None:
        """This is the last message of a conversation that was told."""
        self.reach(conversation, msgid)
        if self._catch_up is not None:
            self._catch_up.told()

    def reach(self, conversation: str, msgid: str) -> None:
        """Everything up to this id was told; "" says nothing."""
        if msgid:
            self.bookmarks.last[fold(conversation)] = msgid
            self._held.pop(msgid, None)

    def move(self, line: Message) -> None:
        """Everything before this line, which shows what happens now, was told.

        The server's clock may go backwards: later messages have smaller times then, and are to be asked for,
        too.
        """
        with suppress(ValueError):
            self.bookmarks.time = timestamp.parse(line.tags.get("time", ""))

    def renamed(self, old: str, new: str) -> None:
        """A channel has another name."""
        last = self.bookmarks.last.pop(fold(old), None)
        if last is not None:
            self.bookmarks.last[fold(new)] = last

    def listed(self, conversation: str) -> None:
        """Something was said there since."""
        if self._catch_up is not None:
            self._catch_up.listed(conversation)

    def limit_pages(self, limit: int) -> None:
        """The server gives at most so many messages at once."""
        if self._catch_up is not None:
            self._catch_up.limit = max(1, min(limit, self._catch_up.limit))
