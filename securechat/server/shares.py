"""What the sessions of one account have in common: their share of the server's memory and the hub's time."""

from collections.abc import Iterator, Sequence
from typing import Final

from securechat.server.connection import Connection, Share

BUSIEST: Final = 3
"""So many accounts are named."""
NOTABLE: Final = 0.01
"""The least part of the hub's time that is worth naming."""


class Shares:
    """The shares of the accounts that are there. The hub's thread."""

    __slots__ = ("_shares",)

    def __init__(self) -> None:
        self._shares: dict[int, Share] = {}

    def __iter__(self) -> Iterator[Share]:
        return iter(self._shares.values())

    def join(self, link: Connection, account: int, name: str) -> None:
        """A connection has proved an account of this name."""
        share = self._shares.setdefault(account, Share(account, name))
        share.links = (*share.links, link)
        link.share = share

    def rename(self, account: int, name: str) -> None:
        """An account has another name."""
        if (share := self._shares.get(account)) is not None:
            share.name = name

    def busiest(self, now: float) -> str:
        """Return who has had most of the hub's time lately, in words: "alice 12%, bob 1%". Any thread."""
        had = sorted(((share.busy(now), share.name) for share in self.online()), reverse=True)
        return ", ".join(f"{name} {part:.0%}" for part, name in had[:BUSIEST] if part >= NOTABLE)

    def online(self) -> Sequence[Share]:
        """Return the shares. Any thread may call."""
        return list(self._shares.values())  # one step, which a tuple is not where Python has no global lock

    def leave(self, link: Connection) -> None:
        """A connection has gone."""
        share, link.share = link.share, None
        if share is None:
            return
        share.links = tuple([other for other in share.links if other is not link])
        lines, received, queued = share.past
        share.past = lines + link.posted, received + link.received, queued + link.appended
        if not share.links:
            del self._shares[share.account]
