"""When the configuration is read again: what comes together is one reload.

Theory of operation. A reload reads files, so it has to begin after it was asked for; one that is asked for
while another runs is not done by that one. The first SIGHUP is a reload at once. Those that come within
`PAUSE` of a reload wait until that time is over and are one reload then, which sees what the last of them was
sent for: a script that sends ten gets two. Operators wait for an answer, so theirs are never put off; one
reload answers all that wait, and the SIGHUPs too. When the server ends, what was put off is not done.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from securechat.chat.link import Link
from securechat.chat.requests import Answer

PAUSE: Final = 1.0
"""Seconds between the end of a reload and the next one that a SIGHUP starts."""


class Reloads:
    """Who wants a reload. `ask` may be called by any thread, everything else by the main thread.

    `reload` does it; `tell` is called with each session that asked, and the answer, and `signalled` with the
    answer where a signal asked.
    """

    def __init__(
        self,
        reload: Callable[[], Answer],
        tell: Callable[[Link, Answer], None],
        signalled: Callable[[Answer], None],
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reload = reload
        self._tell = tell
        self._signalled = signalled
        self._mono = mono
        self._asked: deque[Link] = deque()
        self._due = math.inf
        self._rested = -math.inf

    def ask(self, link: Link) -> None:
        """Note that a session wants a reload. Any thread may call."""
        self._asked.append(link)

    def hang_up(self) -> None:
        """Note a SIGHUP."""
        self._due = min(self._due, max(self._mono(), self._rested))

    def look(self) -> float:
        """Reload if it is time; return how many seconds later to look again, at the latest."""
        if self._asked or self._due <= self._mono():
            signalled = self._due <= self._mono()
            links = [self._asked.popleft() for _ in range(len(self._asked))]
            self._due = math.inf
            answer = self._reload()
            self._rested = self._mono() + PAUSE
            for link in links:
                self._tell(link, answer)
            if signalled:
                self._signalled(answer)
        return 0.0 if self._asked else max(0.0, self._due - self._mono())
