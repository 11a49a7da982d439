"""Reading what was said since (IRCv3 `chathistory`): where, and then page by page."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from securechat.client.protocol.labels import Request
from securechat.irc.names import fold
from securechat.irc.timestamp import format_ms

_FOR_EVER: Final = "9999-12-31T00:00:00.000Z"
_PAGE: Final = 1000
_MOST_TARGETS: Final = 1000
MOST_PAGES: Final = 5
"""Pages of a conversation that are read from where one was; of what is still missing then the newest one."""


class CatchUp:
    """The questions after one login: what was said since a time (ms), and, where the last message of a
    conversation is known, what came after that. `ask` sends a request and returns its label; `gap` is told of
    a conversation that is not told whole, and why.
    """

    def __init__(
        self,
        since: int,
        last: Mapping[str, str],
        ask: Callable[[str, tuple[str, ...]], str],
        gap: Callable[[str, str], None],
    ) -> None:
        self.done = False
        """Whether everything has been told."""
        self.limit = _PAGE
        """Messages of a page: what the server's ISUPPORT says, if it is less."""
        self._since = format_ms(max(since - 1, 0))
        self._last = last
        self._ask = ask
        self._gap = gap
        self._label = ""
        self._targets: deque[str] = deque()
        self._target = ""
        self._told = 0
        self._pages = 0

    def begin(self) -> None:
        """Ask where something was said."""
        span = (f"timestamp={self._since}", f"timestamp={_FOR_EVER}")
        self._label = self._ask("CHATHISTORY", ("TARGETS", *span, str(_MOST_TARGETS)))

    def listed(self, target: str) -> None:
        """The server names a conversation in which something was said."""
        self._targets.append(target)

    def told(self) -> None:
        """A message of a page was told; the bookmark of its conversation is there now."""
        self._told += 1

    def answered(self, request: Request) -> bool:
        """A request is answered; return whether it was the one that is waited for."""
        if self.done or request.label != self._label:
            return False
        full = bool(self._target) and self._told >= self.limit
        if request.refused is not None:
            self._gap(self._target, str(request.refused))
        if request.refused is not None or not full or self._pages > MOST_PAGES:
            self._next()
        elif self._pages == MOST_PAGES:
            self._gap(self._target, "too much was said")
            self._page("LATEST")
        else:
            self._page("AFTER")
        return True

    def _next(self) -> None:
        self._target = self._targets.popleft() if self._targets else ""
        self._pages = 0
        if self._target:
            self._page("AFTER")
        else:
            self.done = True

    def _page(self, which: str) -> None:
        self._told = 0
        self._pages += 1
        last = self._last.get(fold(self._target))
        point = f"msgid={last}" if last else f"timestamp={self._since}"
        self._label = self._ask("CHATHISTORY", (which, self._target, point, str(self.limit)))
