"""Which messages were changed last: text that was read before a change is not true any more."""

from collections import OrderedDict


class Revisions:
    """The newest edits and redactions, in their order; and so what was pinned, by channels.

    A rule that asks the store for a message notes `count` first. When the answer is there and `changed` says
    so, the message was edited or redacted meanwhile: it has to be read again.
    """

    __slots__ = ("_forgotten", "_of", "_size", "count")

    def __init__(self, size: int = 1_024) -> None:
        self.count = 0
        self._of: OrderedDict[int, int] = OrderedDict()
        self._size = size
        self._forgotten = 0

    def note(self, message: int) -> None:
        """Note that a message is changed now."""
        self.count += 1
        self._of[message] = self.count
        self._of.move_to_end(message)
        if len(self._of) > self._size:
            _, self._forgotten = self._of.popitem(last=False)

    def changed(self, message: int | None, since: int) -> bool:
        """Return whether a message may have been changed after `count` was `since`."""
        return since < self._forgotten or (message is not None and self._of.get(message, 0) > since)
