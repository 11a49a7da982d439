"""Lines that wait for the chat: how many, and what they take in memory.

A line in memory is a message with a string for each of its words and two for each of its tags, and a string
takes 50 bytes before its first character. So short words and tags take 30 times what they took on the wire.
Measured one by one that would slow down every line. Counted in what was read (blanks, semicolons) it costs
nothing, and is never too little.
"""

from typing import Final

LINE: Final = 400
"""Bytes of a message, its command, its place in the queues, and the tags' table."""
WORD: Final = 85
"""Of a string, and its place among the parameters."""
TAG: Final = 250
"""Of two strings, and their place in the tags' table."""
WIDE: Final = 4
"""Bytes of a character, in a string with one that is beyond Latin-1."""


def weigh(data: bytes, lines: int) -> int:
    """Return how many bytes `lines` lines take in memory at most that were read from this."""
    text = len(data) if data.isascii() else WIDE * len(data)
    return text + LINE * lines + WORD * data.count(b" ") + TAG * data.count(b";")


class Burden:
    """Bytes that wait in all connections of one worker: it counts what is `posted`, the hub what is
    `handled`. `lines` and `received` are what has come since the start, in lines and in bytes."""

    __slots__ = ("handled", "lines", "posted", "received")

    def __init__(self) -> None:
        self.lines = 0
        self.received = 0
        self.posted = 0
        self.handled = 0

    @property
    def waiting(self) -> int:
        """Bytes that wait. Any thread may call."""
        return self.posted - self.handled


class Unhandled:
    """Lines of one connection that the chat has not handled yet: what back-pressure looks at.

    Its worker counts what it has posted, the hub what was handled, so no field has two writers. Bytes are
    those of what was read at once (a batch), and are given back when the last of its lines is handled.
    """

    __slots__ = ("_batches", "_burden", "handled", "handled_bytes", "posted", "posted_bytes", "spent")

    def __init__(self, burden: Burden) -> None:
        self._burden = burden
        self.posted = 0
        self.posted_bytes = 0
        self.handled = 0
        self.handled_bytes = 0
        self.spent = 0.0
        """Seconds of the hub that its items took."""
        self._batches: list[tuple[int, int]] = []
        """Up to which line, and the bytes that it takes. The worker appends, the hub takes."""

    @property
    def unhandled(self) -> int:
        """Lines that the chat has not handled yet."""
        return self.posted - self.handled

    @property
    def unhandled_bytes(self) -> int:
        """What these lines take in memory, at most."""
        return self.posted_bytes - self.handled_bytes

    def post(self, lines: int, size: int) -> None:
        """Count lines that are about to be handed to the hub. The worker's thread."""
        self.posted += lines
        self.posted_bytes += size
        self._burden.posted += size
        self._batches.append((self.posted, size))

    def handle(self, lines: int) -> None:
        """Count lines that the chat has handled. The hub's thread."""
        self.handled += lines
        batches = self._batches
        while batches and batches[0][0] <= self.handled:
            self._give_back(batches.pop(0)[1])

    def handle_no_more(self) -> None:
        """Nothing is posted any more, and what was is forgotten. The hub's thread."""
        self._batches.clear()
        self._give_back(self.unhandled_bytes)

    def _give_back(self, size: int) -> None:
        self.handled_bytes += size
        self._burden.handled += size
