"""How channels end: somebody who may drops them, or they go since nobody ever used them."""

from typing import Final

from securechat.chat.jobs import FetchHistory, JobResult, MessagesRead
from securechat.chat.link import DESK
from securechat.chat.reading import LAST_ID, ChannelPlace, Span
from securechat.chat.records import ChannelDropped
from securechat.chat.records.channels import NEW_CHANNEL_MODES
from securechat.chat.rules import metadata
from securechat.chat.state.channel import Channel
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context
from securechat.irc.names import fold

DROPPED: Final = "The channel was dropped"
ANYTHING: Final = Span(0, LAST_ID, 1, newest=True)


def drop(chat: Chat, channel: Channel, by: int, ctx: Context | None) -> None:
    """Let a channel be no more; `by` is the id of the account that does it."""
    metadata.forget(chat, channel.id, by, ctx)
    chat.enter(ChannelDropped(chat.next_id(), channel.id, chat.now.wall, DROPPED, channel.stored()), ctx)


def look_at_emptied(chat: Chat) -> None:
    """Drop the channels that lost their last member and were never used.

    A name that was mistyped in JOIN should not last. Whether something was said there only the store knows.
    """
    emptied, chat.emptied = chat.emptied, set()
    for channel_id in emptied:
        channel = chat.registry.channels.get(channel_id)
        if channel is not None and is_untouched(chat, channel):
            _ask_whether_used(chat, channel)


def is_untouched(chat: Chat, channel: Channel) -> bool:
    """Return whether nobody is in the channel, is to come, or has set anything of it."""
    return (
        not channel.members
        and not channel.invited
        and channel.founder is not None
        and not channel.topic.text
        and channel.modes == NEW_CHANNEL_MODES
        and not any(channel.lists.values())
        and channel.retention_days is None
        and not chat.registry.metadata.get(channel.id)
        and channel.folded not in map(fold, chat.settings.autojoin)
    )


def _ask_whether_used(chat: Chat, channel: Channel) -> None:
    def looked(result: JobResult) -> None:
        unused = isinstance(result, MessagesRead) and not result.messages
        if unused and chat.registry.channels.get(channel.id) is channel and is_untouched(chat, channel):
            assert channel.founder is not None, "it is untouched"
            drop(chat, channel, channel.founder, None)

    place = ChannelPlace(channel.id, rank="q")
    chat.consult(FetchHistory(DESK, place, (ANYTHING,), events=False, tombstones=True), looked)
