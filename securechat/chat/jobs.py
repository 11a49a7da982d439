"""Slow work that the core asks for and never does: hashing and reading the store."""

from collections.abc import Mapping
from dataclasses import dataclass

from securechat.chat.link import Link
from securechat.chat.password_jobs import AuthenticatorMade as AuthenticatorMade
from securechat.chat.password_jobs import CertifyKey as CertifyKey
from securechat.chat.password_jobs import CheckCode as CheckCode
from securechat.chat.password_jobs import CheckPassword as CheckPassword
from securechat.chat.password_jobs import CodeChecked as CodeChecked
from securechat.chat.password_jobs import HashPassword as HashPassword
from securechat.chat.password_jobs import KeyCertified as KeyCertified
from securechat.chat.password_jobs import MakeAuthenticator as MakeAuthenticator
from securechat.chat.password_jobs import MakeToken as MakeToken
from securechat.chat.password_jobs import PasswordChecked as PasswordChecked
from securechat.chat.password_jobs import PasswordHashed as PasswordHashed
from securechat.chat.password_jobs import PasswordJob as PasswordJob
from securechat.chat.password_jobs import TokenMade as TokenMade
from securechat.chat.ports import AuditEntry, Pin
from securechat.chat.reading import PAGE_BYTES, ChannelPlace, Place, Search, Span, Target
from securechat.chat.records import MessageSent
from securechat.chat.tallies import Tally


@dataclass(frozen=True, slots=True, eq=False)
class FindMessages:
    """Look for the stored messages of `account` that carry one of `nonces`, and for those with these ids.

    With `edits`, those that edit one of the latter are found as well. With `changes` it is counted how often
    the account has changed the latter.
    """

    link: Link
    account: int
    nonces: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    edits: bool = False
    changes: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FetchPins:
    """Read the pinned messages of a channel."""

    link: Link
    channel: int


@dataclass(frozen=True, slots=True, eq=False)
class FetchContext:
    """Read what was done to messages after they were said: the reactions that stand, and the last edits."""

    link: Link
    messages: tuple[int, ...]
    room: int = PAGE_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class FetchReactions:
    """Add up the reactions to messages."""

    link: Link
    messages: tuple[int, ...]
    room: int = PAGE_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class FetchUndelivered:
    """Read the oldest `limit` messages after the id `after` that wait for `account` since it was offline."""

    link: Link
    account: int
    after: int
    limit: int
    room: int = PAGE_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class FetchReceived:
    """Read the oldest `limit` direct messages from others to `account` after the id `after`."""

    link: Link
    account: int
    after: int
    limit: int
    room: int = PAGE_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class ReadAudit:
    """Read the first `limit` rows of the audit log after row `after`."""

    link: Link
    after: int
    limit: int


@dataclass(frozen=True, slots=True, eq=False)
class FetchHistory:
    """Read the spans of a place one after the other.

    With the events of a channel if `events`, and with redactions if `tombstones`.
    """

    link: Link
    place: Place
    spans: tuple[Span, ...]
    events: bool
    tombstones: bool
    room: int = PAGE_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class FetchMissed:
    """Read the messages of each channel that are in `span`, and the redactions if they are wanted."""

    link: Link
    channels: tuple[ChannelPlace, ...]
    span: Span
    redactions: bool
    room: int = PAGE_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class FetchFound:
    """Read the messages that a search finds."""

    link: Link
    search: Search
    room: int = PAGE_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class FetchTargets:
    """Look where `account` has messages: in these channels, and in its conversations.

    `events` and `tombstones` say whether TAGMSG and redactions count.
    """

    link: Link
    account: int
    channels: tuple[ChannelPlace, ...]
    span: Span
    events: bool
    tombstones: bool
    room: int = PAGE_BYTES


Query = (
    FindMessages
    | FetchPins
    | FetchReactions
    | FetchContext
    | FetchUndelivered
    | FetchReceived
    | FetchHistory
    | FetchMissed
    | FetchFound
    | FetchTargets
    | ReadAudit
)


Pages = (
    FetchContext
    | FetchFound
    | FetchHistory
    | FetchMissed
    | FetchReactions
    | FetchReceived
    | FetchTargets
    | FetchUndelivered
)
"""Those whose results are many, and stay in memory until the session has taken them.

Their `room` is how many bytes the result may take there.
"""


Job = PasswordJob | Query


@dataclass(frozen=True, slots=True)
class MessagesRead:
    """Messages that a query found, oldest first; `ended` says that there is no more.

    `changes` are the edits and reactions of an account that were counted.
    """

    messages: tuple[MessageSent, ...]
    ended: bool = False
    changes: int = 0


@dataclass(frozen=True, slots=True)
class AuditRead:
    """Rows of the audit log, in their order."""

    entries: tuple[AuditEntry, ...]


@dataclass(frozen=True, slots=True)
class TargetsRead:
    """Places that a query found, those whose latest message is oldest first; `ended`: there are no more."""

    targets: tuple[Target, ...]
    ended: bool = True


@dataclass(frozen=True, slots=True)
class PinsRead:
    """Pinned messages, oldest first."""

    pins: tuple[Pin, ...]


@dataclass(frozen=True, slots=True)
class ReactionsRead:
    """The reactions to messages, by message."""

    reactions: Mapping[int, Tally]


@dataclass(frozen=True, slots=True)
class JobRefused:
    """The job was not done: the queue of its queries is full, it waited too long, or something failed."""


@dataclass(frozen=True, slots=True, eq=False)
class AwaitCommit:
    """No work: a session waits for this when its command goes on after its records are stored."""

    link: Link


@dataclass(frozen=True, slots=True, eq=False)
class AwaitTurn:
    """No work: a session waits for this while others' passwords are checked before its own."""

    link: Link


@dataclass(frozen=True, slots=True, eq=False)
class AwaitRoom:
    """No work: a session waits for this while its SendQ is too full for what its command says next."""

    link: Link


Awaited = AwaitCommit | AwaitRoom | AwaitTurn


@dataclass(frozen=True, slots=True)
class Stored:
    """What was awaited has happened."""


JobResult = (
    PasswordChecked
    | AuthenticatorMade
    | CodeChecked
    | TokenMade
    | KeyCertified
    | Stored
    | PasswordHashed
    | MessagesRead
    | AuditRead
    | PinsRead
    | ReactionsRead
    | TargetsRead
    | JobRefused
)
