"""Who may read what of the past, and how it is shown.

Access is by membership: the channels that one is in, and one's own conversations. Everything that reads the
past (CHATHISTORY, SEARCH, what is replayed at login) asks here.
"""

from collections.abc import Iterable, Iterator

from securechat.chat.line import Line
from securechat.chat.lines.announcements.messages import line_of, redaction_line, tombstone_line
from securechat.chat.membership import is_at_least, symbol_of
from securechat.chat.reading import REDACTION, ChannelPlace, Conversation, Place, first_id_at
from securechat.chat.records import MessageSent
from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc.names import is_channel

MESSAGES = frozenset({"PRIVMSG", "NOTICE", "TAGMSG"})
"""Commands of what was said; all others that the store holds are events."""


def channel_place(ctx: Context, channel: Channel) -> ChannelPlace:
    """Return what the user reads of a channel that it is a member of."""
    member = channel.members[ctx.user.id]
    since = 0 if ctx.settings.history_access == "all" else first_id_at(member.joined)
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
    user = ctx.registry.user(target)
    account = user.account if user is not None else ctx.registry.account(target)
    if account is None:
        return None
    return Conversation(ctx.user.account.id, account.id), user.nick if user is not None else account.name


def name_of(ctx: Context, place: Place) -> str | None:
    """Return how a place is called now; None for a channel that was dropped meanwhile."""
    if isinstance(place, ChannelPlace):
        channel = ctx.registry.channels.get(place.channel)
        return channel.name if channel is not None else None
    user = ctx.registry.users.get(place.other)
    return user.nick if user is not None else ctx.registry.accounts[place.other].name


def lines_of(registry: Registry, messages: Iterable[MessageSent]) -> Iterator[Line]:
    """The lines that show messages and events as they were, under their channels' present names."""
    for message in messages:
        if message.channel is not None:
            channel = registry.channels.get(message.channel)
            if channel is None:
                continue  # it was dropped while this was read
            message = message._replace(addressed=addressed(channel, message))
        if message.command == REDACTION:
            yield redaction_line(registry, message)
        elif message.redacted is not None:
            yield tombstone_line(registry, message)
        elif message.command in MESSAGES:
            yield line_of(registry, message)
        else:
            yield event_line(registry, message)


def addressed(channel: Channel, message: MessageSent) -> str:
    """Return the target of a message to a channel, or to those with a rank in it, under its present name."""
    return channel.name if message.rank is None else symbol_of(message.rank) + channel.name


def event_line(registry: Registry, event: MessageSent) -> Line:
    """The line that shows an event of a channel (`storage.writer.events` says what it holds)."""
    source, account = _cause(registry, event)
    params, text = _rest(registry, event)
    needs = cap.CHANNEL_RENAME if event.command == "RENAME" else 0
    return Line(source, event.command, params, text, event.at, event.id, account, None, needs)


def _cause(registry: Registry, event: MessageSent) -> tuple[str, str | None]:
    """Return the source and the account of who caused an event."""
    account = registry.accounts.get(event.sender) or registry.account(event.nick)
    if account is None:  # the server, or a nick that was a session's own
        return event.nick or registry.server_name, None
    return f"{event.nick or account.name}!{account.name}@{registry.server_name}", account.name


def _rest(registry: Registry, event: MessageSent) -> tuple[tuple[str, ...], str | None]:
    """Return the parameters of an event's line, and the text that ends it."""
    channel, text = event.addressed, event.text
    match event.command:
        case "JOIN":
            return (channel,), None
        case "PART":
            return (channel,), text or None
        case "KICK":
            user, _, reason = text.partition(" ")
            return (channel, registry.accounts[int(user)].name), reason
        case "MODE":
            return (channel, *text.split(" ")), None
        case "RENAME":
            previous, name, reason = text.split(" ", 2)
            return (previous, name), reason
        case _:
            return (channel,), text
