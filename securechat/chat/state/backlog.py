"""What waits for a session: the command that is not done yet, and the lines behind it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from securechat.chat.jobs import Awaited, Job, JobResult
from securechat.irc.framing import Rejected
from securechat.irc.message import Message


class Step:
    """A step of the server's own in a backlog: it waits for the same things as the lines behind it.

    The floor that puts it there says what it does (`turn.context.Continuation`). It does not come in the turn
    of the hub `not_in`.
    """

    __slots__ = ()
    not_in: int | None


class Unfinished(Protocol):
    """A command that has begun and goes on with a job's result."""

    def finish(self) -> None:
        """End the command: everything it replied is sent."""


class Paused(NamedTuple):
    """A command that waits for a job, and what it does with the result."""

    job: Job | Awaited
    command: Unfinished
    resume: Callable[[JobResult], None]


class Backlog:
    """The lines of a session that are not handled yet; `paused` is the command that they wait for.

    The next line is the last of `lines`. Most sessions have none, and an empty deque would take 600 bytes. A
    list is slow at its other end, but the server reads only some hundred lines ahead.
    """

    __slots__ = ("lines", "paused")

    def __init__(self) -> None:
        self.lines: list[Message | Rejected | Step] = []
        self.paused: Paused | None = None

    @property
    def job(self) -> Job | Awaited | None:
        """The job whose result the session waits for."""
        return self.paused.job if self.paused is not None else None

    def add(self, lines: Sequence[Message | Rejected]) -> None:
        """Let these lines come after everything that waits, in their order."""
        self.lines[:0] = reversed(lines)

    def put_first(self, steps: Sequence[Step]) -> None:
        """Let these steps come before everything that waits, in their order."""
        self.lines.extend(reversed(steps))

    def take_out(self, steps: Sequence[Step]) -> None:
        """Let these steps, or what is left of them, not come at all."""
        self.lines[:] = [line for line in self.lines if line not in steps]
