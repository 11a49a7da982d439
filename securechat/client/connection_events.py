"""What becomes of the connection, as values. Times are as in `events`."""

from dataclasses import dataclass, field

from securechat.client.errors import ClientError


@dataclass(frozen=True, slots=True)
class Welcome:
    """The login is done. `durable` tells that this server confirms a message only when it is on disk;
    `granted` are the capabilities of the connection.
    """

    nick: str
    server: str
    durable: bool
    again: bool
    granted: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Ready:
    """All that the server tells unasked after a login is told; `channels` are those one is in."""

    channels: tuple[str, ...]
    again: bool


@dataclass(frozen=True, slots=True)
class CatchingUp:
    """The messages since this time are told next."""

    since: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Not all that was said meanwhile is told; `target` is "" when nothing is."""

    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is lost; the next try is in `retry` seconds. `waiting` messages are not confirmed."""

    reason: str
    retry: float
    waiting: int


@dataclass(frozen=True, slots=True)
class Missed:
    """`count` events were dropped because nobody took them."""

    count: int


@dataclass(frozen=True, slots=True)
class Ended:
    """There is no connection and there will be none; `waiting` messages are not confirmed."""

    error: ClientError | None
    waiting: int
