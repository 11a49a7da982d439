"""Messages on their way: from the moment that they are said until the server has confirmed or refused them.

A message keeps its nonce for life. When a connection is lost, nobody knows which of the messages in flight
were stored; all are sent again over the next one, and the server answers a nonce that it has seen with the
first echo instead of storing a second message. So a message is never lost and never doubled. Where a server
does not know nonces, a message that was in flight is the person's to send again (`take_doubtful`).
"""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from securechat.client.deliveries import Outgoing

WINDOW: Final = 32
"""Messages in flight at once: enough to keep the server busy, few enough to be sent again."""


class Shelf(Protocol):
    """Where messages are kept until they are settled, over the end of the program."""

    def put(self, message: Outgoing) -> None:
        """Keep a message before it is sent."""

    def sync(self) -> None:
        """See to it that what was put survives a power cut."""

    def drop(self, nonce: str) -> None:
        """The message is settled."""


class Outbox:
    """Messages that are not confirmed, in the order in which they were said."""

    def __init__(self, shelf: Shelf | None = None, waiting: Iterable[Outgoing] = ()) -> None:
        """`waiting` are messages of an earlier run, which are on the shelf."""
        self._shelf = shelf
        self._unsettled = {message.nonce: message for message in waiting}
        self._in_flight: set[str] = set()
        self._doubtful = set(self._unsettled)
        self._unsynced = False

    def __len__(self) -> int:
        return len(self._unsettled)

    def add(self, message: Outgoing) -> None:
        """Put a message at the end."""
        if self._shelf is not None:
            self._shelf.put(message)
            self._unsynced = True
        self._unsettled[message.nonce] = message

    def sync(self) -> None:
        """What was added is safe after this: it is called before anything of it is sent or told."""
        if self._unsynced and self._shelf is not None:
            self._shelf.sync()
        self._unsynced = False

    @property
    def waiting(self) -> tuple[Outgoing, ...]:
        """The messages that are not settled."""
        return tuple(self._unsettled.values())

    def due(self) -> Iterator[Outgoing]:
        """Yield what may be sent now; it counts as in flight from then on."""
        if len(self._in_flight) >= min(WINDOW, len(self._unsettled)):
            return
        for nonce, message in list(self._unsettled.items()):
            if len(self._in_flight) >= WINDOW:
                return
            if nonce not in self._in_flight:
                self._in_flight.add(nonce)
                yield message

    def settle(self, nonce: str) -> Outgoing | None:
        """The server has answered: return the message that carries this nonce, once."""
        self._in_flight.discard(nonce)
        self._doubtful.discard(nonce)
        message = self._unsettled.pop(nonce, None)
        if message is not None and self._shelf is not None:
            self._shelf.drop(nonce)
        return message

    def connection_lost(self) -> None:
        """Nothing is in flight any more, and everything is to be sent (again)."""
        self._doubtful |= self._in_flight
        self._in_flight.clear()

    def take_doubtful(self) -> list[Outgoing]:
        """Settle the messages that an earlier connection, or run, may have sent already, and return them."""
        doubtful = [message for nonce, message in self._unsettled.items() if nonce in self._doubtful]
        for message in doubtful:
            self.settle(message.nonce)
        return doubtful
