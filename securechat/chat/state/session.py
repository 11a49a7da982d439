"""Who is online: sessions, which are single connections, and the users that they are.

A session knows its user and a user its sessions, so they stand together.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from securechat.chat.audience import Audience
from securechat.chat.line import Line
from securechat.chat.link import Link
from securechat.chat.state.account import Account, Missed
from securechat.chat.state.backlog import Backlog
from securechat.chat.state.flood import Bucket
from securechat.chat.state.incoming import Incoming
from securechat.chat.state.registration import Registration
from securechat.irc import capabilities as cap
from securechat.irc.message import Message

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


class Away(NamedTuple):
    """The away message that a session gave, and the monotonic time when it did."""

    message: str
    at: float


class Login(NamedTuple):
    """What its login called a session (`laptop` of `alice@laptop`), and when, in milliseconds since 1970.

    `device` is the key of the device that logged in (`records.devices`), None where a password did.
    """

    name: str = ""
    at: int = 0
    device: str | None = None


NOT_YET: Final = Login()


class Person(NamedTuple):
    """Somebody who may be a member of channels: the user's id, the account's id, and the nick."""

    user: int
    account: int
    nick: str


class Session:
    """The state of one connection: what it may do, who it is, and the lines that still wait.

    `account` and `login` are set by SASL; `user` is set by the welcome, which ends `registration`.
    """

    __slots__ = (
        "account",
        "active",
        "address",
        "again",
        "away",
        "backlog",
        "bucket",
        "caps",
        "closed",
        "emitted",
        "failures",
        "id",
        "incoming",
        "key",
        "last_batch",
        "link",
        "login",
        "missed",
        "modern_cap",
        "monitored",
        "operator",
        "postponed",
        "registration",
        "subscriptions",
        "user",
        "username",
    )

    def __init__(self, session_id: int, link: Link, address: str, certificate: str | None = None) -> None:
        self.id = session_id
        self.link = link
        self.address = address
        self.closed = self.postponed = False  # its lines wait for a later turn (`Chat.tired`)
        # What its client can do
        self.caps = 0
        self.key = 0
        self.modern_cap = False
        """True once the client said CAP LS 302 or later."""
        # Who it is
        self.registration: Registration | None = Registration(certificate)
        """None from the welcome on, as `user` is before it."""
        self.user: User | None = None
        self.account: Account | None = None
        self.login = NOT_YET
        self.username = ""
        """What the client called itself in USER."""
        self.operator: Account | None = None
        """The administrator's account that OPER was proven with: this session has an operator's powers.

        The account's others do not share them.
        """
        self.failures = 0
        """Wrong passwords, and other guesses that cost as much."""
        # What it does
        self.active = 0.0
        """When the session came or last said something, in seconds of the monotonic clock."""
        self.away: Away | None = None
        self.monitored: dict[str, str] = {}
        """The list of MONITOR: nicks as they were given, by their folds."""
        self.subscriptions: frozenset[str] = frozenset()
        """The keys of metadata that the session wants to hear of."""
        # What comes and goes
        self.backlog = Backlog()
        self.bucket: Bucket | None = None
        self.again: Callable[[Session, Message], bool] | None = None
        """Says what its next line says, if that is one like the last; it returns whether it did."""
        self.incoming: Incoming | None = None
        """The batch of lines that the client is sending."""
        self.emitted = 0
        """Bytes that this turn has for the session and that are not in its SendQ yet."""
        self.last_batch = 0
        """The reference of the newest batch that the session was sent."""
        self.missed: Missed | None = None
        """What it missed, when it came without knowing how to read history."""

    @property
    def oper(self) -> bool:
        """True while the session has an operator's powers."""
        return self.operator is not None

    @property
    def wallops(self) -> bool:
        """True when the session hears WALLOPS: its user has the mode w."""
        return self.user is not None and "w" in self.user.modes

    @property
    def nick(self) -> str | None:
        """The nick of its user; before the welcome what NICK asked for, if it came."""
        if self.user is not None:
            return self.user.nick
        return self.registration.nick if self.registration is not None else None

    @property
    def device(self) -> str | None:
        """The key of the device that logged in, None where a password did."""
        return self.login.device

    @property
    def title(self) -> str:
        """How the session is listed: by its own name, else by what its client said in USER."""
        return self.login.name or self.username or "?"

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
    def sources(self) -> tuple[str, ...]:
        """The source, and those under the account's former names, to which masks still apply."""
        if not self.account.former:
            return (self.source,)
        server = self.source.rpartition("@")[2]
        return (self.source, *[f"{name}!{name}@{server}" for name in self.account.former])

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
        messages = [session.away for session in self.sessions]
        if None in messages or not messages:
            return None
        stated = [away for away in messages if away is not None and away.message != UNATTENDED]
        return max(stated, key=lambda away: away.at).message if stated else UNATTENDED_TEXT

    def idle(self, now: float) -> int:
        """Whole seconds since the user last said something, at the monotonic time `now`."""
        return max(0, int(now - max(session.active for session in self.sessions)))


def refresh_bot(account: Account, sessions: Iterable[Session]) -> None:
    """Take over what follows from the role of an account, and from the modes of its users."""
    users = (session.user for session in sessions)
    account.bot = account.role == "bot" or any(user is not None and user.tags is not None for user in users)
