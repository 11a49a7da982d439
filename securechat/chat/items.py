"""What happens to the core: the hub takes these values from its inbox and handles them one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from securechat.chat.jobs import Awaited, Job, JobResult
from securechat.chat.link import Link
from securechat.chat.requests import Answer, Request
from securechat.irc.framing import Rejected
from securechat.irc.message import Message


@dataclass(frozen=True, slots=True)
class Connected:
    """A TLS handshake is done. `address` is the peer's IP address in its canonical text form.

    `certificate` is the SHA-256, in hex, of the public key of the certificate that it showed, if it did.
    """

    link: Link
    address: str
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """Lines that a peer sent, in order; each is a message, or the reason why the line is not one."""

    link: Link
    lines: Sequence[Message | Rejected]


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A connection is gone; `reason` is shown to others as the QUIT reason.

    The peer can have taken what was sent to it up to the monotonic time `taken`; None is up to now.
    """

    link: Link
    reason: str
    taken: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Drained:
    """A SendQ that was above its quarter (see `effects.AwaitDrain`) has room again."""

    link: Link


@dataclass(frozen=True, slots=True)
class JobDone:
    """A job that the core asked for (see `effects.StartJob`) has its result."""

    job: Job | Awaited
    result: JobResult


@dataclass(frozen=True, slots=True)
class Administer:
    """An administrator's request; `ticket` comes back in `effects.Answered`.

    `by` is who asked, a user of the host, and `origin` from where: both are for the audit log.
    """

    ticket: int
    request: Request
    by: str = "administrator"
    origin: str = "local"


@dataclass(frozen=True, slots=True)
class EndSessions:
    """Every session that proved `account` is to end, since what changed for the account is stored.

    None is every account. With `address`, an address or network, only sessions from there end. `only` is the
    id of the only one, `spare` that of one that goes on. With `device`, the key of a device, only its
    sessions end.
    """

    account: int | None
    reason: str
    only: int | None = None
    spare: int | None = None
    device: str | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class KillUser:
    """Every session of the user is to end, since it is stored that an operator wants that.

    `source` is the operator's, `killer` the operator's nick.
    """

    user: int
    source: str
    killer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reloaded:
    """The reload that an operator's session asked for (see `effects.Reload`) has ended."""

    link: Link
    answer: Answer


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """The free space on the disk has become less than the reserve (`low`), or more again."""

    low: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: wakes what waits for the clock."""


@dataclass(frozen=True, slots=True)
class ShutDown:
    """The server stops: every session gets `ERROR :reason` and is closed."""

    reason: str


Item = (
    Connected
    | Received
    | Disconnected
    | Drained
    | JobDone
    | Administer
    | EndSessions
    | KillUser
    | Reloaded
    | DiskSpace
    | Tick
    | ShutDown
)
