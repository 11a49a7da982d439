"""Which account has which name, and which it had before: names are never given to another account."""

from securechat.chat.state.account import Account
from securechat.chat.state.names import Names
from securechat.irc.names import fold


class AccountNames:
    """The accounts by their names. Whoever renames an account takes it away first and adds it afterwards."""

    __slots__ = ("_former", "_present")

    def __init__(self) -> None:
        self._present: Names[Account] = Names()
        self._former: Names[Account] = Names()

    def of(self, name: str) -> Account | None:
        """Return the account of this name."""
        return self._present.exact.get(fold(name))

    def like(self, name: str) -> Account | None:
        """Return the account whose name, or former name, looks like this one."""
        return self._present.like(name) or self._former.like(name)

    def known_as(self, name: str) -> Account | None:
        """Return the account that has this name or had it before."""
        return self.of(name) or self._former.exact.get(fold(name))

    def add(self, account: Account) -> None:
        """Take in the names of an account."""
        self._present.add(account.name, account)
        for name in account.former:
            self._former.add(name, account)

    def remove(self, account: Account) -> None:
        """Forget the names of an account."""
        self._present.remove(account.name, account)
        for name in account.former:
            self._former.remove(name, account)
