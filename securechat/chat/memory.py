"""What waits in memory for somebody: how much there may be of each kind in all, and how much there is.

Theory of operation. What waits for one peer, and for one account, is bounded where it waits. Here is the sum
of it, so that many accounts that each take what they may do not take the server's memory together. The kinds
share what is configured (`limits.memory`). Where a kind has used up its part, who wants more gets `modest`
bytes and no more: nobody who takes little is refused since others take much. What happens to those who have
more is the kind's `answer`.
"""

from typing import Final, NamedTuple

PARTS: Final = 32
"""What `Kind.parts` of all kinds add up to."""
USUAL: Final = 256 << 20
"""Bytes for all kinds, unless configured otherwise."""


class Kind(NamedTuple):
    """Something that waits. `text` is what people read."""

    name: str
    text: str
    parts: int
    modest: int
    answer: str

    @property
    def counter(self) -> str:
        """How the bytes that there are of it are called in `status`."""
        return f"memory.{self.name}"

    def bound(self, memory: int) -> int:
        """Return how many bytes of this kind there may be, of `memory` bytes for all kinds."""
        return memory // PARTS * self.parts


SENDQS: Final = Kind(
    "sendqs", "SendQs", 16, 0, "`ERROR :SendQ exceeded` for sessions that take nothing, of who has most"
)
LINES: Final = Kind(
    "lines", "lines that wait", 8, 16 << 10, "those that have more than a little are not read"
)
ANSWERS: Final = Kind(
    "answers", "pages of history, and what is found", 5, 32 << 10, "fewer messages in a page"
)
BATCHES: Final = Kind(
    "batches",
    "messages of several lines that are not complete",
    2,
    8 << 10,
    "`FAIL BATCH MULTILINE_MAX_BYTES`",
)
NONCES: Final = Kind("nonces", "nonces that are remembered", 1, 0, "the database is asked")
KINDS: Final = (SENDQS, LINES, ANSWERS, BATCHES, NONCES)


class Taken:
    """How much of a kind there is, in bytes. The hub's thread changes it, any thread may read `bytes`."""

    __slots__ = ("_kind", "bound", "bytes")

    def __init__(self, kind: Kind, memory: int = USUAL) -> None:
        self._kind = kind
        self.bytes = 0
        self.bound = kind.bound(memory)

    def room(self, most: int, mine: int = 0) -> int:
        """Return how many bytes somebody may have who wants `most` and has `mine`."""
        return max(min(most, self.bound - self.bytes + mine), min(most, self._kind.modest))

    def set_memory(self, memory: int) -> None:
        """Use another bound from now on: `memory` bytes for all kinds."""
        self.bound = self._kind.bound(memory)
