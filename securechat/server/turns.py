"""Whose turn it is: what the kernel said once about a connection and what is not done yet.

Theory of operation. Registration with the kernel is edge-triggered and happens once per connection, so what
is readable or unwritten is remembered here. Connections take turns, each with a bounded amount, so that none
can keep the others waiting: whoever has not finished goes to the end of the line. Connections without a login
have a line of their own for reading, since they are read when the others have been.
"""

from collections import deque

from securechat.server.connection import Connection


class Turns:
    """The lines in which connections stand. Used by their worker's thread only."""

    __slots__ = ("greeting", "ready", "strangers", "unwritten")

    def __init__(self) -> None:
        self.greeting: deque[Connection] = deque()
        """Their TLS handshake can go on."""
        self.ready: deque[Connection] = deque()
        self.strangers: deque[Connection] = deque()
        """Like `ready`, without a login."""
        self.unwritten: deque[Connection] = deque()

    def __bool__(self) -> bool:
        """Whether anybody waits for a turn."""
        return bool(self.ready or self.strangers or self.unwritten or self.greeting)

    def to_greet(self, conn: Connection) -> None:
        """Go on with its handshake."""
        self.greeting.append(conn)

    def to_read(self, conn: Connection) -> None:
        """Read it, unless it waits for that or is held."""
        if not conn.queued_to_read and not conn.held:
            conn.queued_to_read = True
            (self.strangers if conn.stranger else self.ready).append(conn)

    def to_write(self, conn: Connection) -> None:
        """Write what it has. Who comes twice is written to twice in a round, and less is joined each time."""
        self.unwritten.append(conn)
