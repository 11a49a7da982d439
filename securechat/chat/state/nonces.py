"""What was sent with which nonce."""

from collections import OrderedDict

from securechat.chat.records import MessageSent


class NonceMemory:
    """The newest messages with a nonce.

    Those that may not be committed yet, and those that a client most likely repeats; the store knows the
    others.
    """

    __slots__ = ("_known", "_size")

    def __init__(self, size: int = 8_192) -> None:
        self._known: OrderedDict[tuple[int, str], MessageSent] = OrderedDict()
        self._size = size

    def add(self, account: int, nonce: str, message: MessageSent) -> None:
        self._known[account, nonce] = message
        if len(self._known) > self._size:
            self._known.popitem(last=False)

    def discard(self, account: int, nonce: str) -> None:
        self._known.pop((account, nonce), None)

    def replace(self, message: MessageSent, other: MessageSent) -> None:
        """Remember `other` where `message` is remembered, if it is."""
        key = (message.sender, message.nonce or "")
        remembered = self._known.get(key)
        # By its id: other things change, such as whether it waits for its recipient.
        if remembered is not None and remembered.id == message.id:
            self._known[key] = other

    def find(self, account: int, nonce: str) -> MessageSent | None:
        return self._known.get((account, nonce))
