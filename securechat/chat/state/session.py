"""Who is online: sessions, which are single connections, and the users that they are.

A session knows its user and a user its sessions, so they stand together.
"""

from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from securechat.chat.audience import Audience
from securechat.chat.jobs import Awaited, Job, JobResult
from securechat.chat.line import Line
from securechat.chat.link import Link
from securechat.chat.state.account import Account, Missed
from securechat.chat.state.flood import Bucket
from securechat.chat.state.incoming import Incoming
from securechat.irc import capabilities as cap
from securechat.irc.framing import Rejected
from securechat.irc.message import Message
from securechat.irc.sasl import Assembler

UNATTENDED: Final = "*"
"""The away message of a session at which nobody sits, for no stated reason (IRCv3 pre-away)."""
UNATTENDED_TEXT: Final = "Not here at the moment"
BOT: Final = "B"
INVISIBLE: Final = "i"
CHOSEN_MODES: Final = "BRisw"
"""What users set and unset: bot, only registered users may message (all are), invisible, the server's notices
(for operators), WALLOPS."""
GIVEN_MODES: Final = "Zo"
"""Encrypted, as every connection is, and operator: the server gives these."""
BOT_TAGS: Final[Mapping[str, str]] = MappingProxyType({"bot": ""})

ENCODING: Final = (
    cap.ACCOUNT_TAG
    | cap.AWAY_NOTIFY
    | cap.BATCH
    | cap.EXTENDED_JOIN
    | cap.MESSAGE_REDACTION
    | cap.MESSAGE_TAGS
    | cap.ANY_METADATA
    | cap.MULTILINE
    | cap.OPER_TAG
    | cap.SERVER_TIME
    | cap.SETNAME
    | cap.STANDARD_REPLIES
)
"""The capabilities that change how a line that others caused is written: the key of `Audience.groups`."""


class Step:
    """A step of the server's own in a backlog: it waits for the same things as the lines behind it.

    What it does is for those to say who put it there (`turn.context.Continuation`).
    """

    __slots__ = ()


class Waiting(Protocol):
    """The command that a session waits for."""

    def finish(self) -> None:
        """End the command: everything it replied is sent."""


class Pending(NamedTuple):
    """An account that REGISTER began: its name and the hash of its password."""

    name: str
    phc: str


class Session:
    """The state of one connection: what it may do, who it is, and the lines that still wait.

    `account` is set by SASL, `user` by the end of registration."""

    __slots__ = (
        "account",
        "active",
        "address",
        "away",
        "away_at",
        "backlog",
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
        "last_batch",
        "lines_before_login",
        "link",
        "missed",
        "modern_cap",
        "monitored",
        "name",
        "negotiating",
        "nick",
        "operator",
        "pending",
        "postponed",
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
        """What NICK asked for before the login, whatever it was; "" is that it was told to ask again."""
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
        self.backlog: deque[Message | Rejected | Step] = deque()
        self.pending: Pending | None = None
        self.job: Job | Awaited | None = None
        """The job whose result the session waits for.

        `resume` takes it and `waiting` is the command that asked.
        """
        self.resume: Callable[[JobResult], None] | None = None
        self.waiting: Waiting | None = None
        self.bucket: Bucket | None = None
        self.emitted = 0
        """Bytes that this turn has for the session and that are not in its SendQ yet."""
        self.last_batch = 0
        """The reference of the newest batch that the session was sent."""
        self.subscriptions: frozenset[str] = frozenset()
        """The keys of metadata that the session wants to hear of."""
        self.incoming: Incoming | None = None
        """The batch of lines that the client is sending."""
        self.missed: Missed | None = None
        """What it missed, when it came without knowing how to read history."""
        self.catching_up, self.caught_up = False, 0.0
        """Whether it is being sent what it missed; the monotonic time when it was, infinite if it failed."""
        self.closed = self.postponed = False  # its lines wait for a later turn (`Chat.tired`)
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


class User:
    """An account with at least one session, visible under its nick (in "free" mode: one session).

    The real name, the away message and the modes belong to the user, so all its sessions share them, and they
    end with its last session. `modes` are the letters that the user chose, sorted; `away` is None while
    somebody is there; `signon` is when the first session came, in milliseconds since the epoch.
    """

    __slots__ = (
        "account",
        "audience",
        "away",
        "id",
        "modes",
        "nick",
        "realname",
        "sessions",
        "signon",
        "source",
        "tags",
    )

    def __init__(
        self, user_id: int, account: Account, nick: str, server_name: str, realname: str, signon: int
    ) -> None:
        self.id = user_id
        self.account = account
        self.sessions: list[Session] = []
        self.audience = Audience()
        self.realname = realname
        self.signon = signon
        self.away: str | None = None
        self.modes = ""
        self.tags: Mapping[str, str] | None = None
        """The tags of every line that the user causes."""
        self.set_modes(BOT if account.role == "bot" else "")
        self.rename(nick, server_name)

    def rename(self, nick: str, server_name: str) -> None:
        self.nick = nick
        self.source = f"{nick}!{self.account.name}@{server_name}"

    def set_modes(self, letters: str) -> None:
        self.modes = letters
        self.tags = BOT_TAGS if BOT in letters else None

    @property
    def operator(self) -> bool:
        """True when one of the sessions has an operator's powers."""
        return any(session.oper for session in self.sessions)

    def line(
        self, command: str, params: tuple[str, ...], text: str | None, at: int, key: int | None = None
    ) -> Line:
        """A line that this user caused; `key` is its message id."""
        return Line(self.source, command, params, text, at, key, self.account.name, self.tags)

    def away_now(self) -> str | None:
        """The away message that follows from the sessions.

        Somebody is there as soon as one session is not away. Of several messages the latest counts; a session
        that is unattended for no stated reason (`AWAY *`) counts only when all are.
        """
        attended = [session for session in self.sessions if session.away != UNATTENDED]
        if not attended:
            return UNATTENDED_TEXT if self.sessions else None
        if any(session.away is None for session in attended):
            return None
        return max(attended, key=lambda session: session.away_at).away

    def idle(self, now: float) -> int:
        """Whole seconds since the user last said something, at the monotonic time `now`."""
        return max(0, int(now - max(session.active for session in self.sessions)))
