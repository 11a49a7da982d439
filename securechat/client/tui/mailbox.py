"""From the I/O thread to the app: events wait here, and the app is told at most once until it takes them."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from securechat.client.events import Event
from securechat.client.protocol.session import Session


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the session knows of who is where, and what the server can: after a login."""

    granted: frozenset[str]
    members: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, session: Session) -> "Snapshot":
        """Take it, on the I/O thread."""
        return cls(session.granted, tuple((channel.name, channel.nicks) for channel in session.roster))


@dataclass(frozen=True, slots=True)
class Lag:
    """How long the server took to answer lately, in seconds; None is before the first answer."""

    seconds: float | None


Item = Event | Snapshot | Lag


class Mailbox:
    """`put` may be called by any thread, `take` by the app's. `ring` tells the app, from any thread."""

    def __init__(self) -> None:
        self.ring: Callable[[], object] = lambda: None
        self._lock = threading.Lock()
        self._waiting: list[Item] = []
        self._rung = False

    def put(self, events: Sequence[Item]) -> None:
        """Leave events for the app."""
        with self._lock:
            self._waiting.extend(events)
            ring, self._rung = not self._rung, True
        if ring:
            self.ring()

    def take(self) -> list[Item]:
        """Return what has come."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._rung = False
        return waiting
