"""How much waits for each account that is offline, from whom.

What is counted is what came since somebody was last logged in there. A message counts as one, a long one as
one for every 2 KiB that it takes.
"""

from collections import Counter
from collections.abc import Mapping

from securechat.chat.records import MessageSent
from securechat.chat.records.weight import PIECE, message_weight


class Boxes:
    """Account → sender → how many messages wait."""

    __slots__ = ("_boxes",)

    def __init__(self, stored: Mapping[int, Mapping[int, int]]) -> None:
        self._boxes = {account: Counter(senders) for account, senders in stored.items()}

    def add(self, message: MessageSent, account: int) -> None:
        """A message waits for an account."""
        self._boxes.setdefault(account, Counter())[message.sender] += counted(message)

    def take_back(self, message: MessageSent, account: int) -> None:
        """It does not, since it was not stored."""
        box = self._boxes.get(account)
        if box is not None:  # else somebody has logged in meanwhile
            box[message.sender] -= counted(message)

    def empty(self, account: int) -> None:
        """Somebody is logged in: nothing waits any more."""
        self._boxes.pop(account, None)

    def total(self, account: int) -> int:
        """Return how many messages wait for an account."""
        box = self._boxes.get(account)
        return sum(box.values()) if box is not None else 0

    def of(self, account: int, sender: int) -> int:
        """Return how many of these are one sender's."""
        box = self._boxes.get(account)
        return box[sender] if box is not None else 0


def counted(message: MessageSent) -> int:
    """Return as how many messages one counts."""
    return 1 + message_weight(message) // PIECE
