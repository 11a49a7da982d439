"""Channels that were dropped a moment ago: a full disk may bring them back."""

from securechat.chat.state.channel import Channel


class Dropped:
    """They are kept as they were, with what is not stored of them: who is invited, who spoke, who knocked.

    What was dropped since the last `settle` may be refused, and what was before that until the next one.
    """

    __slots__ = ("_before", "_since")

    def __init__(self) -> None:
        self._since: dict[int, Channel] = {}
        self._before: dict[int, Channel] = {}

    def keep(self, channel: Channel) -> None:
        """A channel is dropped."""
        self._since[channel.id] = channel

    def take(self, channel_id: int) -> Channel | None:
        """Return a channel whose drop is refused."""
        return self._since.pop(channel_id, None) or self._before.pop(channel_id, None)

    def settle(self) -> None:
        """What was dropped since the last time is stored next, and what was before that cannot come back."""
        self._since, self._before = {}, self._since
