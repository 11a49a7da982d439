"""What the core wants done, in order: the hub performs these after the records are committed.

Those that every message makes are named tuples, which cost a third of a frozen dataclass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from securechat.chat.audience import Audience
from securechat.chat.items import Item
from securechat.chat.jobs import Job
from securechat.chat.link import Link
from securechat.chat.requests import Answer


class Send(NamedTuple):
    """Append `data` (whole lines) to one SendQ; `ahead` of what is held back for it."""

    link: Link
    data: bytes
    ahead: bool = False


class Broadcast(NamedTuple):
    """Append to every SendQ of `audience` the bytes encoded for its group; `skip` gets none of it.

    `encoded` has an entry for each key of `audience.groups` that shall hear it; a group without one hears
    nothing.
    """

    audience: Audience
    encoded: Mapping[int, bytes]
    skip: Link | None = None


class SendEach(NamedTuple):
    """Append to each of these SendQs its own bytes (whole lines)."""

    data: Mapping[Link, bytes]


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The session proved an account: the login deadline and the admission limits no longer apply to it.

    From here on it shares what its account, an id, may use. `name` is the account's, for the log.
    """

    link: Link
    account: int
    name: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """An account, an id, has another name now: `top` and its like call it so."""

    account: int
    name: str


@dataclass(frozen=True, slots=True)
class LoginFailed:
    """An attempt to prove `account` was refused: how it was made and why, in words for the log."""

    link: Link
    account: str
    way: str
    reason: str


@dataclass(frozen=True, slots=True)
class HashAdded:
    """An account has a hash that an administrator's command has made, perhaps with parameters of its own."""

    phc: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Alarmed:
    """Something that whoever runs the server should see in the log."""

    text: str


@dataclass(frozen=True, slots=True)
class NetworkBanned:
    """Connections from a network, in CIDR notation, are refused from now on; not any more unless `banned`."""

    network: str
    banned: bool


@dataclass(frozen=True, slots=True)
class HoldBack:
    """From here on keep back what comes for this link until `Release`, except what is sent `ahead`."""

    link: Link


@dataclass(frozen=True, slots=True)
class Release:
    """Append to the SendQ what was held back, in its order."""

    link: Link


@dataclass(frozen=True, slots=True)
class AwaitDrain:
    """Send `items.Drained` when this SendQ is below a quarter of its limit."""

    link: Link


class Handled(NamedTuple):
    """`lines` lines of this peer have left the backlog: the worker may read more of it (back-pressure)."""

    link: Link
    lines: int


@dataclass(frozen=True, slots=True)
class Close:
    """Write what is queued, then close. Nothing is appended after it."""

    link: Link


@dataclass(frozen=True, slots=True)
class StartJob:
    """Hand the job to its pool; the result comes back as `items.JobDone`."""

    job: Job


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to the administrator's request `ticket`."""

    ticket: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class Then:
    """Hand `item` to the core in a turn of its own, since the records that it follows from are stored."""

    item: Item


@dataclass(frozen=True, slots=True)
class Reload:
    """Have the configuration read again, as SIGHUP does; the answer comes back as `items.Reloaded`."""

    link: Link


Effect = (
    Send
    | SendEach
    | Broadcast
    | LoggedIn
    | LoginFailed
    | HashAdded
    | Alarmed
    | NetworkBanned
    | Renamed
    | HoldBack
    | Release
    | AwaitDrain
    | Handled
    | Close
    | StartJob
    | Answered
    | Then
    | Reload
)
