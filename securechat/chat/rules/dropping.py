"""How channels end: somebody who may drops them, or they go since nobody ever used them."""

from collections.abc import Callable, Iterator
from typing import Final

from securechat.chat.jobs import FetchHistory, JobResult, MessagesRead
from securechat.chat.link import DESK
from securechat.chat.reading import LAST_ID, ChannelPlace, Span
from securechat.chat.records import ChannelDropped
from securechat.chat.records.channels import NEW_CHANNEL_MODES
from securechat.chat.rules import founding, metadata
from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context
from securechat.irc.names import fold

DROPPED: Final = "The channel was dropped"
LOOK_AGAIN: Final = 1.0
"""Seconds until one more channel is looked at, when the last one could not be, or could not be dropped."""
ANYTHING: Final = Span(0, LAST_ID, 1, newest=True)


def drop(chat: Chat, channel: Channel, ctx: Context | None) -> None:
    """Let a channel be no more."""
    metadata.forget(chat, channel.id, ctx)
    read = markers_in(chat.registry, channel.id)
    record = ChannelDropped(chat.next_id(), channel.id, chat.now.wall, DROPPED, channel.stored(), read)
    chat.enter(record, ctx)


def markers_in(registry: Registry, channel_id: int) -> tuple[tuple[int, int], ...]:
    """Return how far accounts have read a channel: account and time."""
    markers = registry.markers.items()
    return tuple((account, upto) for account, of in markers if (upto := of.get(channel_id)) is not None)


def look_at_emptied(chat: Chat) -> None:
    """Drop one of the channels that lost their last member and were never used; the next one comes after it.

    A name that was mistyped in JOIN should not last. Whether something was said there before the server
    started only the store knows.
    """
    while chat.emptied:
        channel = chat.registry.channels.get(chat.emptied.pop())
        if channel is not None and is_untouched(chat, channel):
            _ask_whether_used(chat, channel)
            return


def is_untouched(chat: Chat, channel: Channel) -> bool:
    """Return whether nobody is in the channel, is to come, or has set anything of it."""
    return not channel.members and nothing_set(chat, channel)


def is_only_founders(chat: Chat, channel: Channel) -> bool:
    """Return whether nobody but its founder is in the channel or is to come, and nobody has set anything."""
    founder = None if channel.founder is None else chat.registry.accounts[channel.founder]
    own = founding.members_of(chat, channel, founder) if founder is not None else []
    return len(own) == len(channel.members) and nothing_set(chat, channel)


def nothing_set(chat: Chat, channel: Channel) -> bool:
    """Return whether the channel is as it was made, nobody is invited, and nothing was said of late.

    What was said before the server started only the store knows.
    """
    return (
        not channel.said
        and not channel.invited
        and not channel.topic.text
        and channel.modes == NEW_CHANNEL_MODES
        and not any(channel.lists.values())
        and channel.retention_days is None
        and not chat.registry.metadata.get(channel.id)
        and channel.folded not in map(fold, chat.settings.autojoin)
    )


def _ask_whether_used(chat: Chat, channel: Channel) -> None:
    def later() -> None:
        chat.emptied.add(channel.id)
        chat.look_from = chat.now.mono + LOOK_AGAIN

    def looked(silent: bool | None) -> None:
        chat.looking = False
        if silent is None:
            later()
        elif silent and chat.registry.channels.get(channel.id) is channel and is_untouched(chat, channel):
            drop(chat, channel, None)
            chat.if_refused(later)

    chat.looking = True
    _ask_whether_silent(chat, channel, looked)


def _ask_whether_silent(chat: Chat, channel: Channel, then: Callable[[bool | None], None]) -> None:
    """Find out whether nothing was ever said there; None is that the store has no time to look."""

    def looked(result: JobResult) -> None:
        then(not result.messages if isinstance(result, MessagesRead) else None)

    place = ChannelPlace(channel.id, rank="q")
    chat.consult(FetchHistory(DESK, place, (ANYTHING,), events=False, tombstones=True), looked)


def find_silent(
    chat: Chat, channels: Iterator[Channel], then: Callable[[list[Channel] | None], None]
) -> None:
    """Find those where nothing was ever said, one by one; None when the store has no time to look."""
    found: list[Channel] = []

    def look_at_next() -> None:
        channel = next(channels, None)
        if channel is None:
            then(found)
            return

        def looked(silent: bool | None) -> None:
            if silent is None:
                then(None)
                return
            if silent:
                found.append(channel)
            look_at_next()

        _ask_whether_silent(chat, channel, looked)

    look_at_next()
