"""The channels that everybody joins (`channels.autojoin`): new accounts, or sessions where these are users.

The server makes them, so nobody who comes first is their founder.
"""

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
    for name in chat.settings.autojoin:
        channel = _channel(chat, name)
        ranks = channel.initial_ranks(account)
        chat.enter(Joined(chat.next_id(), account.id, channel.id, chat.now.wall, ranks), None)


def join_session(ctx: Context) -> None:
    """Let a session that is a user of its own, and has just come in, join those that it may join."""
    chat, user = ctx.chat, ctx.user
    for name in chat.settings.autojoin:
        channel = _channel(chat, name)
        if user.id not in channel.members and may_join(channel, user, "") is None:
            ranks = channel.initial_ranks(user.account)
            ctx.record(Joined(chat.next_id(), user.id, channel.id, chat.now.wall, ranks))
            show_channel(ctx, ctx.session, channel)


def _channel(chat: Chat, name: str) -> Channel:
    """Return a channel; it is made when it is not there."""
    if chat.registry.channel(name) is None:
        channel_id = chat.registry.last_channel + 1
        chat.enter(ChannelCreated(channel_id, name, None, chat.now.wall, dict(SHARED_CHANNEL_MODES)), None)
    channel = chat.registry.channel(name)
    assert channel is not None, "it was made just now"
    return channel
