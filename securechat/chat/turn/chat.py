"""What rules see of the chat: its state, and the few things that can be done to it.

The engine (`core`) drives it. A rule reads the state here and changes it only through `enter`. All else is an
effect, or is done `later`.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from securechat.chat.audience import Audience
from securechat.chat.clock import Now
from securechat.chat.effects import Effect, StartJob, Then
from securechat.chat.items import JobDone
from securechat.chat.jobs import AwaitCommit, Job, JobResult, Stored
from securechat.chat.lines.announcements import announce, messages
from securechat.chat.lines.fanout import Fanout
from securechat.chat.lines.origin import Origin
from securechat.chat.link import DESK, Link
from securechat.chat.memory import ANSWERS, BATCHES, NONCES, Taken
from securechat.chat.outcome import Outcome
from securechat.chat.ports import Snapshot
from securechat.chat.records import DEPARTURES, Audited, MessageSent, Record
from securechat.chat.settings import Settings
from securechat.chat.state.account import Account, Position
from securechat.chat.state.alarms import Alarms
from securechat.chat.state.applying import apply, sent
from securechat.chat.state.counters import Counted, Counters
from securechat.chat.state.departures import Departures
from securechat.chat.state.ids import MessageIds
from securechat.chat.state.places import Places
from securechat.chat.state.readers import Readers
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import Session
from securechat.chat.state.throttle import Throttle

TOLD_AT_ONCE: Final = 8000
"""Peers that one item may tell something before others have their turn: to fill their SendQs takes a
millisecond, after the item."""
WOKEN_AT_ONCE: Final = 250
"""Sessions that flood control has slowed down, and that go on in one tick: the next one comes at once."""
MAX_OWED: Final = 1000
"""Entries of the audit log that wait for room; of more, the oldest are lost."""


class Ending(NamedTuple):
    """A session that is to end: it reads `ERROR :error`, the others `QUIT :reason`."""

    session: Session
    error: str
    reason: str


def _never() -> bool:
    return False


def _always() -> int:
    return 0


def _unknown(account: int, nonces: Sequence[str]) -> bool:
    return False


class Chat:
    """All state of the chat, and the doors to it. Used by one thread (the hub's), except in tests."""

    def __init__(self, settings: Settings, snapshot: Snapshot, now: Now) -> None:
        self.settings = settings
        self.registry = Registry(settings.server_name, snapshot)
        self.fanout = Fanout(self.registry, self.emit)
        self.throttle = Throttle(account.sources for account in snapshot.accounts)
        self.places = Places()
        self.departures = Departures()
        self.counters = Counters()
        self.alarms = Alarms()
        self.readers = Readers()
        self.batches = Taken(BATCHES)
        self.share_memory(settings.memory)
        self.owed: deque[Audited] = deque(maxlen=MAX_OWED)
        """What is not in the audit log yet, since the disk was full."""
        self.unstored: dict[Position, tuple[Account, str]] = {}
        """Of which accounts and session names the disk does not know how far they read, since it was full."""
        self.low_on_space = False
        """True while the disk has less room than the reserve, which is the operators'."""
        self.backup = snapshot.backup
        """When the last backup was begun, in milliseconds since the epoch; 0 is never."""
        self.operators: dict[Session, None] = {}
        self.ids = MessageIds(snapshot.last_message)
        self.now = now
        self.turn = 0
        """Grows when the hub takes what was caused, to store it."""
        self.steady_since: Callable[[], int] = _always
        """Since what time of its own, in milliseconds, the wall clock can be believed; 0 is for a long time.
        Who drives the chat says so."""
        self.expiring = False
        """True while entries of channels' lists go whose time has come, in several turns."""
        self.late: Callable[[], bool] = _never
        """Whether an item has had its time: who drives the chat says so, since it reads no clock."""
        self.lacks: Callable[[int, Sequence[str]], bool] = _unknown
        """Whether the store says at once that an account has sent nothing with these nonces; else a job asks.
        Who drives the chat says so."""
        self.sessions: dict[Link, Session] = {}
        self.batching: set[Session] = set()
        self.emptied: set[int] = set()
        """Channels that somebody has left, and that may be empty: the engine has them looked at."""
        self.looking, self.look_from = False, 0.0
        """Whether one is being looked at, and the monotonic time from which on the next one may be."""
        self._outcome = Outcome(None)
        self._later: list[Callable[[], None] | Ending] = []
        self._undo: list[tuple[Outcome, Callable[[], None]]] = []
        self._consulted: dict[object, tuple[Callable[[JobResult], None], object]] = {}

    def tired(self) -> bool:
        """Return whether others have waited for long enough, or will have when everybody is told.

        What takes long asks this between its steps, and goes on with the rest in a later turn.
        """
        return self.fanout.told >= TOLD_AT_ONCE or self.late()

    def is_behind(self, session: Session) -> bool:
        """Return whether the peer has to take more of what there is for it before it gets more answers."""
        return session.link.queued + session.emitted > self.settings.sendq // 4

    def emit(self, effect: Effect) -> None:
        """Add an effect to what the current command causes."""
        self._outcome.effects.append(effect)

    def count(self, name: Counted, account: Account | None = None) -> None:
        """Count something for the operators, such as a refusal by its reason, and of which account."""
        self.counters.count(name, account.id if account is not None else None)

    def counts(self) -> Mapping[str, int]:
        """Return what was counted, by GROUP.NAME. Any thread may call."""
        return {
            **self.counters.read(),
            "last_backup": self.backup,
            "refusals.memory_answers": self.readers.shortened,
            ANSWERS.counter: self.readers.taken.bytes,
            BATCHES.counter: self.batches.bytes,
            NONCES.counter: self.registry.nonces.weight,
        }

    def refused(self) -> Mapping[int, int]:
        """Return how often each account was refused something. Any thread may call."""
        return self.counters.refused()

    def talk(self) -> Mapping[str, int]:
        """Return how many messages each channel has had since the start, of those that had any.

        Any thread may call.
        """
        channels = list(self.registry.channels.values())  # one step, also without a global lock
        return {channel.name: channel.said for channel in channels if channel.said}

    def share_memory(self, memory: int) -> None:
        """Let all that waits in the chat for somebody take its part of so many bytes."""
        self.readers.taken.set_memory(memory)
        self.batches.set_memory(memory)
        self.registry.nonces.set_memory(memory)

    def enter(self, record: Record, origin: Origin | None) -> None:
        """The one door for facts: apply it, announce it, and have it stored with the current command."""
        if type(record) is MessageSent:  # by far the most
            sent(self.registry, record, back=False)
            messages.announce(self.fanout, self.registry, record, origin)
        elif isinstance(record, DEPARTURES):
            self.announce(record, origin)
            apply(self.registry, record)
            self.emptied.add(record.channel)
        else:
            apply(self.registry, record)
            self.announce(record, origin)
        self._outcome.records.append(record)

    def enter_shown(
        self, message: MessageSent, audience: Audience, encoded: Mapping[int, bytes], skip: Link | None
    ) -> None:
        """Let a message be a fact, of which it is known already what is shown and to whom."""
        sent(self.registry, message, back=False)
        self.fanout.hand_out(audience, encoded, skip)
        self._outcome.records.append(message)

    def announce(self, record: Record, origin: Origin | None) -> None:
        """Show a fact without storing it."""
        announce(self.fanout, self.registry, record, origin)

    def later(self, action: Callable[[], None]) -> None:
        """Do something after the current command, as an outcome of its own, stored or refused alone."""
        self._later.append(action)

    def consult(self, job: Job, resume: Callable[[JobResult], None]) -> None:
        """Start a job that belongs to no session's command; `resume` is called with its result.

        What comes of it has the same cause, such as an administrator's request.
        """
        self._consulted[job] = (resume, self._outcome.cause)
        self.emit(StartJob(job))

    def when_stored(self, resume: Callable[[], None]) -> None:
        """Go on in a turn of its own with what belongs to no session's command, when its records are stored.

        What comes of it has the same cause, such as an administrator's request.
        """
        job = AwaitCommit(DESK)
        self._consulted[job] = (lambda _: resume(), self._outcome.cause)
        self.if_refused(lambda: self._forget(job))
        self.emit(Then(JobDone(job, Stored())))

    def _forget(self, job: AwaitCommit) -> None:
        del self._consulted[job]

    def if_refused(self, undo: Callable[[], None]) -> None:
        """Call `undo` when the current command turns out to be refused since its records find no room.

        For state of a session that must not be there when they are not.
        """
        self._undo.append((self._outcome, undo))

    def next_id(self) -> int:
        """Return the id of a new message or event."""
        return self.ids.next(self.now.wall, self.now.mono)

    def end(self, session: Session, error: str, reason: str) -> None:
        """Close a session from the server's side: it reads `ERROR :error`, the others `QUIT :reason`."""
        if not session.closed:
            session.closed = True
            self._later.append(Ending(session, error, reason))
