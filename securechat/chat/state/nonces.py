"""What was sent with which nonce.

Theory of operation. The store knows every nonce, but what was sent a moment ago may not be committed yet. So
the newest messages are remembered: what a client most likely repeats, too. They are bounded in bytes, of an
account and in all. What had to be forgotten is a matter for the store: whoever asks the store notes
`forgotten` first. When it has grown until the answer is there, the answer may be older than what was
forgotten, and has to be asked for again. A store that answers at once, within the turn, is believed where
nothing of the account was forgotten in that turn. So no message is stored twice, however little is
remembered.
"""

from collections import OrderedDict
from typing import Final

from securechat.chat.memory import NONCES, USUAL
from securechat.chat.records import MessageSent
from securechat.chat.weight import weight_of

OF_ACCOUNT: Final = 256 * 1024
"""Bytes that are remembered of one account: some hundred messages."""
IN_ALL: Final = NONCES.bound(USUAL)


class _Remembered:
    """The messages of one account, the oldest first, and their weight in bytes."""

    __slots__ = ("messages", "weight")

    def __init__(self) -> None:
        self.messages: dict[str, MessageSent] = {}
        self.weight = 0


class NonceMemory:
    """The newest messages with a nonce. `weight` is what they take in memory, in bytes."""

    __slots__ = ("_accounts", "_forgotten", "_in_all", "_lately", "_of_account", "weight")

    def __init__(self, of_account: int = OF_ACCOUNT, in_all: int = IN_ALL) -> None:
        self.weight = 0
        self._of_account = of_account
        self._in_all = in_all
        self._accounts: OrderedDict[int, _Remembered] = OrderedDict()
        """The account that has sent nothing for longest is the first."""
        self._forgotten: dict[int, int] = {}
        self._lately: set[int] = set()
        """Accounts of which something had to be forgotten that may not be stored yet."""

    def add(self, account: int, nonce: str, message: MessageSent) -> None:
        """Remember a message, and forget older ones where there are too many: the account's own first."""
        self.discard(account, nonce)
        mine = self._accounts.setdefault(account, _Remembered())
        self._accounts.move_to_end(account)
        mine.messages[nonce] = message
        self._weigh(mine, weight_of(message))
        while mine.weight > self._of_account:
            self._forget_oldest(account)
        while self.weight > self._in_all:
            self._forget_oldest(next(iter(self._accounts)))

    def set_memory(self, memory: int) -> None:
        """Let all together take their part of so many bytes from now on."""
        self._in_all = NONCES.bound(memory)

    def discard(self, account: int, nonce: str) -> None:
        """Forget a message that was not stored."""
        mine = self._accounts.get(account)
        if mine is None or nonce not in mine.messages:
            return
        self._weigh(mine, -weight_of(mine.messages.pop(nonce)))
        if not mine.messages:
            del self._accounts[account]

    def replace(self, message: MessageSent, other: MessageSent) -> None:
        """Remember `other` where `message` is remembered, if it is."""
        nonce = message.nonce or ""
        remembered = self.find(message.sender, nonce)
        # By its id: other things change, such as whether it waits for its recipient.
        if remembered is not None and remembered.id == message.id:
            mine = self._accounts[message.sender]
            mine.messages[nonce] = other
            self._weigh(mine, weight_of(other) - weight_of(remembered))

    def find(self, account: int, nonce: str) -> MessageSent | None:
        """Return the message that an account sent with a nonce, if it is remembered."""
        mine = self._accounts.get(account)
        return None if mine is None else mine.messages.get(nonce)

    def forgotten(self, account: int) -> int:
        """Return how many messages of an account had to be forgotten so far."""
        return self._forgotten.get(account, 0)

    def has_all_new(self, account: int) -> bool:
        """Return whether everything that an account sent and that is not stored yet is remembered."""
        return account not in self._lately

    def settle(self) -> None:
        """Note that everything so far is stored, or taken back, before anything else comes."""
        self._lately.clear()

    def _forget_oldest(self, account: int) -> None:
        self.discard(account, next(iter(self._accounts[account].messages)))
        self._forgotten[account] = self.forgotten(account) + 1
        self._lately.add(account)

    def _weigh(self, mine: _Remembered, weight: int) -> None:
        mine.weight += weight
        self.weight += weight
