"""The channels that everybody joins (`channels.autojoin`): new accounts, or sessions where these are users.

The server makes them, so nobody who comes first is their founder.
"""

from collections.abc import Iterator

from securechat.chat.effects import Alarmed
from securechat.chat.records import ChannelCreated, Joined
from securechat.chat.records.channels import SHARED_CHANNEL_MODES
from securechat.chat.rules.access import may_join
from securechat.chat.rules.arrival import show_channel
from securechat.chat.state.account import Account
from securechat.chat.state.channel import Channel
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context


def join_account(chat: Chat, account: Account) -> None:
    """Make a new account a member of the channels."""
    for channel in _channels(chat):
        ranks = channel.initial_ranks(account)
        chat.enter(Joined(chat.next_id(), account.id, channel.id, chat.now.wall, ranks), None)


def join_session(ctx: Context) -> None:
    """Let a session that is a user of its own, and has just come in, join those that it may join."""
    chat, user = ctx.chat, ctx.user
    for channel in _channels(chat):
        if user.id not in channel.members and may_join(channel, user, "") is None:
            ranks = channel.initial_ranks(user.account)
            ctx.record(Joined(chat.next_id(), user.id, channel.id, chat.now.wall, ranks))
            show_channel(ctx, ctx.session, channel)


def _channels(chat: Chat) -> Iterator[Channel]:
    """Return the channels; one that is not there is made, unless another one looks like it.

    That one may be somebody's who chose its name so that everybody is sent there.
    """
    registry = chat.registry
    for name in chat.settings.autojoin:
        channel = registry.channel(name)
        like = registry.channel_like(name) if channel is None else None
        if like is not None:
            text = f"channels.autojoin: {name} is not made, since the channel {like.name} looks like it"
            chat.emit(Alarmed(text))
        else:
            yield channel or _made(chat, name)


def _made(chat: Chat, name: str) -> Channel:
    channel_id = chat.registry.last_channel + 1
    chat.enter(ChannelCreated(channel_id, name, None, chat.now.wall, dict(SHARED_CHANNEL_MODES)), None)
    return chat.registry.channels[channel_id]
