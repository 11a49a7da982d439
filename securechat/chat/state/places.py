"""Who takes the places for connections: how many sessions each account has proven itself in."""

from collections import Counter

from securechat.chat.state.account import Account


class Places:
    """Sessions that proved an account, whether they have completed their registration or not."""

    def __init__(self) -> None:
        self.total = 0
        self._by_account: Counter[int] = Counter()

    def of(self, account: Account) -> int:
        """Return how many sessions the account has."""
        return self._by_account[account.id]

    def take(self, account: Account) -> None:
        """Note one more session of the account."""
        self.total += 1
        self._by_account[account.id] += 1

    def give_back(self, account: Account) -> None:
        """Note that one of the account's sessions has ended."""
        self.total -= 1
        self._by_account[account.id] -= 1
        if not self._by_account[account.id]:
            del self._by_account[account.id]
