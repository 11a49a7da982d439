"""Who reads long answers: results of queries that are in memory until their session has taken them.

Theory of operation. A result has a bound (`reading.PAGE_BYTES`), so what is counted here is sessions: a few
of an account may have results at once. A query of another one waits for its turn, and the session with it. A
session is done when it goes on to its next command.
"""

from collections import deque
from typing import Final

from securechat.chat.jobs import Pages
from securechat.chat.state.session import Session

AT_ONCE: Final = 4
"""Sessions of an account that have results at once: more than one, since a peer that has gone keeps its place
until that is noticed."""


class Readers:
    """The sessions that have results, and those that wait for it. `active` is for a quick look."""

    __slots__ = ("_waiting", "active")

    def __init__(self) -> None:
        self.active: dict[Session, int] = {}
        """Their accounts."""
        self._waiting: dict[int, deque[tuple[Session, Pages]]] = {}

    def begin(self, session: Session, job: Pages) -> bool:
        """Return whether the session's query can begin now; else `end` returns it when it can."""
        if session in self.active or session.account is None:
            return True
        account = session.account.id
        if sum(reading == account for reading in self.active.values()) < AT_ONCE:
            self.active[session] = account
            return True
        self._waiting.setdefault(account, deque()).append((session, job))
        return False

    def end(self, session: Session) -> Pages | None:
        """The session has taken its results, or is gone; return the query that can begin now."""
        account = self.active.pop(session, None)
        if account is None:
            self._give_up(session)
            return None
        waiting = self._waiting.get(account)
        if waiting is None:
            return None
        following, job = waiting.popleft()
        if not waiting:
            del self._waiting[account]
        self.active[following] = account
        return job

    def _give_up(self, session: Session) -> None:
        account = session.account.id if session.account is not None else 0
        waiting = self._waiting.get(account, ())
        left = deque([entry for entry in waiting if entry[0] is not session])
        if left:
            self._waiting[account] = left
        elif waiting:
            del self._waiting[account]
