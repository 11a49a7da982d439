"""One connection as the rules see it: what it may do, who it is, and the lines that still wait."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from securechat.chat.jobs import AwaitCommit, Job, JobResult
from securechat.chat.link import Link
from securechat.chat.state.flood import Bucket
from securechat.irc import capabilities as cap
from securechat.irc.framing import Rejected
from securechat.irc.message import Message
from securechat.irc.sasl import Assembler

if TYPE_CHECKING:
    from securechat.chat.rules.multiline import Incoming
    from securechat.chat.state.account import Account
    from securechat.chat.state.user import User
    from securechat.chat.turn.context import Context

ENCODING: Final = (
    cap.ACCOUNT_TAG
    | cap.AWAY_NOTIFY
    | cap.BATCH
    | cap.EXTENDED_JOIN
    | cap.MESSAGE_REDACTION
    | cap.MESSAGE_TAGS
    | cap.METADATA
    | cap.MULTILINE
    | cap.OPER_TAG
    | cap.SERVER_TIME
    | cap.SETNAME
    | cap.STANDARD_REPLIES
)
"""The capabilities that change how a line that others caused is written: the key of `Audience.groups`."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """A step of the server's own in a backlog: it waits for the same things as the lines behind it."""

    step: "Callable[[Context], None]"


class Pending(NamedTuple):
    """An account that REGISTER began: its name and the hash of its password."""

    name: str
    phc: str


class Session:
    """The state of one connection. `account` is set by SASL, `user` by the end of registration."""

    __slots__ = (
        "account",
        "active",
        "address",
        "away",
        "away_at",
        "backlog",
        "batches",
        "bucket",
        "caps",
        "catching_up",
        "caught_up",
        "closed",
        "emitted",
        "failures",
        "id",
        "incoming",
        "job",
        "key",
        "lines_before_login",
        "link",
        "modern_cap",
        "monitored",
        "name",
        "negotiating",
        "nick",
        "operator",
        "pending",
        "plain",
        "realname",
        "resume",
        "sasl",
        "since",
        "subscriptions",
        "taken",
        "user",
        "username",
        "waiting",
    )

    def __init__(self, session_id: int, link: Link, address: str) -> None:
        self.id = session_id
        self.link = link
        self.address = address
        self.active = 0.0
        """When the session came or last said something, in seconds of the monotonic clock."""
        self.away: str | None = None
        """What the session gave as its away message, at the monotonic time `away_at`."""
        self.away_at = 0.0
        self.monitored: dict[str, str] = {}
        """The list of MONITOR: nicks as they were given, by their folds."""
        self.caps = 0
        self.key = 0
        self.negotiating = False
        """True between CAP LS or CAP REQ and CAP END: registration waits for the end."""
        self.modern_cap = False
        """True once the client said CAP LS 302 or later."""
        self.nick: str | None = None
        """The nick that was asked for before the login."""
        self.username: str | None = None
        self.realname = ""
        self.name = ""
        """What its login called the session: `laptop` of `alice@laptop`."""
        self.since = 0
        """When it logged in, in milliseconds since the epoch."""
        self.account: Account | None = None
        self.operator: Account | None = None
        """The administrator's account that OPER was proven with: this session has an operator's powers.

        The account's others do not share them.
        """
        self.user: User | None = None
        self.sasl: Assembler | None = None
        self.failures = 0
        self.lines_before_login = 0
        self.backlog: deque[Message | Rejected | Continuation] = deque()
        self.pending: Pending | None = None
        self.job: Job | AwaitCommit | None = None
        """The job whose result the session waits for.

        `resume` takes it and `waiting` is the command that asked.
        """
        self.resume: Callable[[JobResult], None] | None = None
        self.waiting: Context | None = None
        self.bucket: Bucket | None = None
        self.emitted = 0
        """Bytes that this turn has for the session and that are not in its SendQ yet."""
        self.batches = 0
        self.subscriptions: frozenset[str] = frozenset()
        """The keys of metadata that the session wants to hear of."""
        self.incoming: Incoming | None = None
        """The batch of lines that the client is sending."""
        self.plain = False
        """It came without knowing how to read history."""
        self.catching_up, self.caught_up = False, 0.0
        """Whether it is being sent what it missed; the monotonic time when it was, infinite if it failed."""
        self.closed = False
        self.taken: float | None = None
        """Once its connection is gone: up to when the peer can have taken anything, in monotonic seconds."""

    @property
    def oper(self) -> bool:
        """True while the session has an operator's powers."""
        return self.operator is not None

    @property
    def wallops(self) -> bool:
        """True when the session hears WALLOPS: its user has the mode w."""
        return self.user is not None and "w" in self.user.modes

    @property
    def title(self) -> str:
        """How the session is listed: by its own name, else by what its client said in USER."""
        return self.name or self.username or "?"

    def has(self, capability: int) -> bool:
        """Return whether the session negotiated this capability."""
        return self.caps & capability != 0
