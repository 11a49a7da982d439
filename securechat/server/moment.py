"""What one pass of a worker goes by, and what it has for the hub."""

from securechat.chat.items import Item
from securechat.server.inbox import Inbox
from securechat.server.limits import Limits


class Moment:
    """The time and the limits, the same for everybody during one pass; the worker renews them.

    `now` is in seconds of the monotonic clock.
    """

    __slots__ = ("limits", "now")

    def __init__(self, now: float, limits: Limits) -> None:
        self.now = now
        self.limits = limits


class Outbox:
    """Items for the hub, gathered during a pass and handed over at once. The worker's thread."""

    __slots__ = ("_inbox", "items")

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.items: list[Item] = []

    def add(self, item: Item) -> None:
        """Keep an item until the next `hand_over`."""
        self.items.append(item)

    def hand_over(self) -> None:
        """Give the hub what there is, in order."""
        if self.items:
            self._inbox.extend(self.items)
            self.items.clear()
