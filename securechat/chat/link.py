"""What the core knows of a connection: that bytes can be sent to it, and how many of them still wait."""

from typing import Final, Protocol


class Link(Protocol):
    """One connection as the core sees it: an address for effects, compared by identity."""

    @property
    def queued(self) -> int:
        """Bytes appended to the SendQ that the peer has not taken yet."""

    @property
    def closed(self) -> bool:
        """True once the connection is gone: work for it is of no use to anybody."""


class Desk:
    """The link of jobs that no connection asked for: they are always of use."""

    queued = 0
    closed = False


DESK: Final = Desk()
