"""What the sessions of one account have in common: their share of the server's memory."""

from collections.abc import Iterator

from securechat.server.connection import Connection, Share


class Shares:
    """The shares of the accounts that are there. The hub's thread."""

    __slots__ = ("_shares",)

    def __init__(self) -> None:
        self._shares: dict[int, Share] = {}

    def __iter__(self) -> Iterator[Share]:
        return iter(self._shares.values())

    def join(self, link: Connection, account: int) -> None:
        """A connection has proved an account."""
        share = self._shares.setdefault(account, Share(account))
        share.links = (*share.links, link)
        link.share = share

    def leave(self, link: Connection) -> None:
        """A connection has gone."""
        share, link.share = link.share, None
        if share is None:
            return
        share.links = tuple([other for other in share.links if other is not link])
        if not share.links:
            del self._shares[share.account]
