"""One connection: the `Link` of the chat, and the counters through which its worker and the hub work
together.

Theory of operation. Every field has one writer, so none needs a lock. The hub appends to `sendq` and counts
`appended`, its worker takes from `sendq` and counts `written`: the difference is the size of the SendQ. So it
is with the lines that the chat has not handled (`burden.Unhandled`). Marks that both write are one-way
(`closed`) or a hand-over that the receiving side takes back before it acts (`scheduled`, `awaiting`).
"""

import socket
from enum import Enum, auto
from math import exp
from typing import Final, Protocol

from securechat.chat.jobs import PasswordJob
from securechat.irc.framing import Framer
from securechat.server.admission import Ticket
from securechat.server.burden import Burden, Unhandled
from securechat.server.proxy import Header
from securechat.server.transport import Transport

PIECE: Final = 48
"""Bytes that a piece in a SendQ takes besides its own: the header of a bytes object, and its place."""


LATELY: Final = 60.0
"""Seconds after which a third of what somebody has had of the hub's time still counts."""


class State(Enum):
    """Where a connection is in its life; it only moves down this list."""

    SILENT = auto()
    """Accepted; the peer has sent nothing, so there is no TLS state yet."""
    GREETING = auto()
    """The TLS handshake is under way."""
    OPEN = auto()
    """Lines come and go; the chat knows it."""
    CLOSING = auto()
    """The chat has been told that it is gone; the last lines are being written."""
    LINGERING = auto()
    """Our side of the stream has ended; the peer may read the last lines before the socket is closed."""
    GONE = auto()


class Owner(Protocol):
    """The worker of a connection as the hub sees it; the hub appends to both lists and then calls `wake`."""

    dirty: "list[Connection]"
    resumed: "list[Connection]"
    burden: Burden

    @property
    def written(self) -> int:
        """What its connections have written, or will never write, in bytes."""

    def wake(self) -> None: ...


class Share:
    """The connections of one account, and what it has of the hub's time. The hub writes (`links` is
    replaced), any thread may read. `name` is the account's, for people."""

    __slots__ = ("_at", "_had", "account", "left", "links", "name", "past", "spent", "turn", "used")

    def __init__(self, account: int, name: str = "") -> None:
        self.account = account
        self.name = name
        self.links: tuple[Connection, ...] = ()
        self.turn = 0
        """The last turn of the hub in which it could have a slice."""
        self.used = 0.0
        """Seconds that its items took in that turn."""
        self.left = 0.0
        """Seconds that it has left of its slice; less than 0 is what it gives back in the next turns."""
        self.spent = 0.0
        """Seconds that the hub has spent for it since its first session came."""
        self.past = (0, 0, 0)
        """Lines, bytes from it and bytes for it, of its sessions that have gone."""
        self._at = self._had = 0.0

    def charge(self, seconds: float, now: float) -> None:
        """Count what the hub has done for it in a turn that ended at the monotonic time `now`."""
        self.spent += seconds
        self._had = seconds + self._had * exp((self._at - now) / LATELY)
        self._at = now

    def busy(self, now: float) -> float:
        """Return which part of the hub's time it has had lately, from 0 to 1."""
        return self._had / LATELY * exp((self._at - now) / LATELY)

    @property
    def unhandled_bytes(self) -> int:
        """What waits for the chat, in bytes."""
        return sum([link.unhandled_bytes for link in self.links])

    @property
    def queued(self) -> int:
        """What is in the SendQs of those that are not about to be closed, in bytes."""
        return sum([link.queued for link in self.links if not link.closed])


class Connection(Unhandled):
    """A link of the chat; compared by identity."""

    __slots__ = (
        "accepted",
        "address",
        "appended",
        "authenticated",
        "awaiting",
        "charged",
        "closed",
        "deadline",
        "ending",
        "fd",
        "framer",
        "fruitless",
        "hashing",
        "hashing_since",
        "header",
        "heard",
        "held",
        "kept",
        "overflowed",
        "owner",
        "parked",
        "pinged",
        "plain",
        "queued_to_read",
        "received",
        "scheduled",
        "sendq",
        "serial",
        "share",
        "slot",
        "stalled",
        "state",
        "stranger",
        "ticket",
        "transport",
        "waited",
        "wasted",
        "written",
    )

    def __init__(
        self, serial: int, plain: socket.socket, address: str, ticket: Ticket, owner: Owner, accepted: float
    ) -> None:
        super().__init__(owner.burden)
        # Fixed
        self.serial = serial
        self.address = address  # the proxy's until its header has come
        self.ticket = ticket
        self.owner = owner

        # Written by the hub
        self.sendq: list[bytes] = []
        self.appended = 0
        self.parked: bytearray | None = None
        """What is held back (`effects.HoldBack`), while it is."""
        self.share: Share | None = None  # its account's, after the login
        self.authenticated = False
        self.kept = 0  # its items that wait in the hub's line of strangers (`rota`)
        self.hashing: PasswordJob | None = None
        self.hashing_since = 0.0
        """Since when it waits for that password job; 0 while it does not."""
        self.waited = 0.0
        """Seconds for which it waited for hashes before: its login may take so much longer."""
        self.ending = False
        """Nothing is appended any more: write what is queued, then close."""
        self.overflowed = False  # it ends because its SendQ is full

        # Written by both
        self.closed = False
        self.scheduled = False
        """It is in its worker's `dirty` list, or stands in line for a turn of writing (`Turns.unwritten`)."""
        self.awaiting = False
        """The chat waits for `items.Drained`."""

        # Written by the worker
        self.accepted = accepted
        self.state = State.SILENT
        self.stranger = True
        """It had not logged in when it was read last."""
        self.fd = plain.fileno()
        self.plain: socket.socket | None = plain
        self.header: Header | None = None  # what a proxy says before the handshake, while it comes
        self.transport: Transport | None = None
        self.framer: Framer | None = None
        self.written = 0
        self.held = False
        """It is not read until the chat has handled more of its lines."""
        self.queued_to_read = False
        self.received = 0  # bytes that were read
        self.fruitless = 0
        """Reads since the last complete line."""
        self.wasted = 0.0
        """CPU seconds that were spent on more than its lines, until `charged`."""
        self.charged = accepted
        self.heard = accepted
        self.pinged = 0.0
        self.stalled = 0.0
        """Since when the peer takes nothing; 0 while it does."""
        self.deadline = 0.0
        self.slot = -1

    @property
    def queued(self) -> int:
        """Bytes that the SendQ takes in memory."""
        return self.appended - self.written

    def login_due(self, seconds: float, now: float) -> float:
        """Return when the time for the login ends: `seconds` after the accept, without the waits for a hash.

        While it waits that is in the future, and moves on.
        """
        since = self.hashing_since
        return self.accepted + seconds + self.waited + (now - since if since else 0.0)


def drain(items: list[Connection]) -> list[Connection]:
    """Take what is in a list that others append to: it is shortened in place, never replaced."""
    count = len(items)
    taken = items[:count]
    del items[:count]
    return taken
