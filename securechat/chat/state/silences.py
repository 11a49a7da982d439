"""Whom accounts ignore."""

from collections.abc import Mapping

from securechat.chat.masks import Matcher


class Silences:
    """Account → mask → since when, in milliseconds since the epoch."""

    __slots__ = ("_masks", "_matchers")

    def __init__(self, stored: Mapping[int, Mapping[str, int]]) -> None:
        self._masks = {account: dict(masks) for account, masks in stored.items()}
        self._matchers: dict[int, Matcher] = {}

    def of(self, account: int) -> Mapping[str, int]:
        """Return what an account ignores, the oldest first."""
        return self._masks.get(account, {})

    def put(self, account: int, mask: str, since: int | None) -> None:
        """Let an account ignore a mask since a time; None is no more."""
        masks = self._masks.setdefault(account, {})
        if since is None:
            del masks[mask]
        else:
            masks[mask] = since
        if not masks:
            del self._masks[account]
        self._matchers.pop(account, None)

    def matches(self, account: int, *sources: str) -> bool:
        """Return whether an account ignores somebody: sources are as in `masks.Matcher.matches`."""
        masks = self._masks.get(account)
        if not masks:
            return False
        matcher = self._matchers.get(account)
        if matcher is None:
            matcher = self._matchers[account] = Matcher(masks)
        return matcher.matches(*sources)
