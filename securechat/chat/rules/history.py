"""Who may read what of the past, and how it is shown.

Access is by membership: the channels that one is in, and one's own conversations. Everything that reads the
past (CHATHISTORY, SEARCH, what is replayed at login) asks here.
"""

from collections.abc import Iterable, Iterator

from securechat.chat.lines.announcements.messages import readdressed
from securechat.chat.membership import is_at_least
from securechat.chat.reading import ChannelPlace, Conversation, Place
from securechat.chat.records import MessageSent
from securechat.chat.state.channel import Channel
from securechat.chat.turn.context import Context
from securechat.irc.names import is_channel


def channel_place(ctx: Context, channel: Channel) -> ChannelPlace:
    """Return what the user reads of a channel that it is a member of."""
    member = channel.members[ctx.user.id]
    since = 0 if ctx.settings.history_access == "all" else member.joined_id
    return ChannelPlace(channel.id, since, ctx.user.account.id, member.ranks[:1])


def may_read(ctx: Context, channel: Channel, message: MessageSent) -> bool:
    """Return whether the user, who is in the channel, may read a message in it by its rank."""
    if message.rank is None or message.sender == ctx.user.account.id:
        return True
    return is_at_least(channel.ranks(ctx.user.id), message.rank)


def readable_channels(ctx: Context) -> tuple[ChannelPlace, ...]:
    """Return what the user reads of all its channels."""
    return tuple(channel_place(ctx, channel) for channel in ctx.registry.channels_of(ctx.user.id))


def place_of(ctx: Context, target: str) -> tuple[Place, str] | None:
    """Return the place that a target names and how the target is called.

    None is what the user cannot read, whether it exists or not.
    """
    if is_channel(target):
        channel = ctx.registry.channel(target)
        if channel is None or ctx.user.id not in channel.members:
            return None
        return channel_place(ctx, channel), channel.name
    found = ctx.registry.known(target)
    if found is None:
        return None
    account, name = found
    return Conversation(ctx.user.account.id, account.id), name


def as_called(
    ctx: Context, messages: Iterable[MessageSent], other: str | None = None
) -> Iterator[MessageSent]:
    """The messages, direct ones addressed to people as they are called now.

    The reader is called by its nick, since a client takes for its own only what is to that. The other one is
    called `other` if that is given, which is how the client asked.
    """
    own = ctx.user.account.id
    for message in messages:
        to = message.recipient
        if message.channel is not None or to is None:
            yield message
        elif to == own:
            yield readdressed(ctx.registry, message, ctx.nick)
        else:
            yield readdressed(ctx.registry, message, other or ctx.registry.called(to))


def name_of(ctx: Context, place: Place) -> str | None:
    """Return how a place is called now; None for a channel that was dropped meanwhile."""
    if isinstance(place, ChannelPlace):
        channel = ctx.registry.channels.get(place.channel)
        return channel.name if channel is not None else None
    return ctx.registry.called(place.other)
