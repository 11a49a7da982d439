"""Slow work that the core asks for and never does: hashing and reading the store."""

from dataclasses import dataclass, field

from securechat.chat.link import Link
from securechat.chat.ports import AuditEntry
from securechat.chat.records import MessageSent


@dataclass(frozen=True, slots=True, eq=False)
class CheckPassword:
    """Verify `password` against `phc`; None is an account that does not exist and costs the same time."""

    link: Link
    phc: str | None
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class FindNonce:
    """Look for the stored message of `account` that carries `nonce`."""

    link: Link
    account: int
    nonce: str


@dataclass(frozen=True, slots=True, eq=False)
class FetchUndelivered:
    """Read the oldest `limit` messages after the id `after` that wait for `account` since it was offline."""

    link: Link
    account: int
    after: int
    limit: int


@dataclass(frozen=True, slots=True, eq=False)
class ReadAudit:
    """Read the first `limit` rows of the audit log after row `after`."""

    link: Link
    after: int
    limit: int


Job = CheckPassword | FindNonce | FetchUndelivered | ReadAudit


@dataclass(frozen=True, slots=True)
class PasswordChecked:
    """`rehash` is a new PHC string when the password is right and its hash has outdated parameters."""

    correct: bool
    rehash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MessagesRead:
    """Messages that a query found, oldest first."""

    messages: tuple[MessageSent, ...]


@dataclass(frozen=True, slots=True)
class AuditRead:
    """Rows of the audit log, in their order."""

    entries: tuple[AuditEntry, ...]


@dataclass(frozen=True, slots=True)
class JobRefused:
    """The job was not done: its queue is full, it waited too long, or the store could not be read."""


JobResult = PasswordChecked | MessagesRead | AuditRead | JobRefused
