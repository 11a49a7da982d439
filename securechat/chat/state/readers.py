"""Who reads long answers: results of queries that are in memory until their session has taken them.

Theory of operation. A result has a bound, the `room` that its job gets when it begins: `reading.PAGE_BYTES`,
or less where results of all accounts have used up their part of the memory (`memory.ANSWERS`). The room is
taken until the result is there, and then what it weighs. Of an account a few sessions may have results at
once. A query of another one waits for its turn, and the session with it. A session is done when it goes on to
its next command.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from securechat.chat.jobs import (
    FetchContext,
    FetchReactions,
    JobResult,
    MessagesRead,
    Pages,
    ReactionsRead,
    TargetsRead,
)
from securechat.chat.memory import ANSWERS, USUAL, Taken
from securechat.chat.reading import PAGE_BYTES
from securechat.chat.state.session import Session
from securechat.chat.weight import TARGET, weight_of

AT_ONCE: Final = 4
"""Sessions of an account that have results at once: more than one, since a peer that has gone keeps its place
until that is noticed."""


@dataclass(slots=True)
class Reading:
    """One session's results: whose, and the bytes that are taken for them."""

    account: int
    bytes: int = 0


class Readers:
    """The sessions that have results, and those that wait for it. `active` is for a quick look."""

    __slots__ = ("_waiting", "active", "shortened", "taken")

    def __init__(self, memory: int = USUAL) -> None:
        self.active: dict[Session, Reading] = {}
        self.taken = Taken(ANSWERS, memory)
        self.shortened = 0
        """Results that had less room, since those of all took too much."""
        self._waiting: dict[int, deque[tuple[Session, Pages]]] = {}

    def begin(self, session: Session, job: Pages) -> Pages | None:
        """Return the session's query with its room when it can begin now; else `end` returns it when it can.

        What is read about a page that the session has shares the room of that.
        """
        if session.account is None:
            return replace(job, room=ANSWERS.modest)
        account = session.account.id
        if session not in self.active:
            if sum(reading.account == account for reading in self.active.values()) >= AT_ONCE:
                self._waiting.setdefault(account, deque()).append((session, job))
                return None
            self.active[session] = Reading(account)
        return self._with_room(session, job)

    def got(self, session: Session, job: Pages, result: JobResult) -> None:
        """A result of the session is there, or its query was refused."""
        reading = self.active.get(session)
        if reading is None:
            return
        weight = 0
        if isinstance(result, MessagesRead):
            weight = sum(map(weight_of, result.messages))
        elif isinstance(result, TargetsRead):
            weight = TARGET * len(result.targets)
        elif isinstance(result, ReactionsRead):
            weight = sum(tally.weight for tally in result.reactions.values())
        self._take(reading, reading.bytes - job.room + weight)

    def end(self, session: Session) -> Pages | None:
        """The session has taken its results, or is gone; return the query that can begin now."""
        reading = self.active.pop(session, None)
        if reading is None:
            self._give_up(session)
            return None
        self._take(reading, 0)
        waiting = self._waiting.get(reading.account)
        if waiting is None:
            return None
        following, job = waiting.popleft()
        if not waiting:
            del self._waiting[reading.account]
        self.active[following] = Reading(reading.account)
        begun, paused = self._with_room(following, job), following.backlog.paused
        if paused is not None:
            following.backlog.paused = paused._replace(job=begun)
        return begun

    def _give_up(self, session: Session) -> None:
        account = session.account.id if session.account is not None else 0
        waiting = self._waiting.get(account, ())
        left = deque([entry for entry in waiting if entry[0] is not session])
        if left:
            self._waiting[account] = left
        elif waiting:
            del self._waiting[account]

    def _with_room(self, session: Session, job: Pages) -> Pages:
        reading = self.active[session]
        kept = reading.bytes if isinstance(job, FetchContext | FetchReactions) else 0
        self._take(reading, kept)
        most = max(PAGE_BYTES - kept, ANSWERS.modest)
        room = self.taken.room(most)
        self.shortened += room < most
        self._take(reading, kept + room)
        return replace(job, room=room)

    def _take(self, reading: Reading, size: int) -> None:
        """From now on so much is taken for a session."""
        self.taken.bytes += size - reading.bytes
        reading.bytes = size
