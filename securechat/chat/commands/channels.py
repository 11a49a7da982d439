"""Channels: JOIN, PART, TOPIC, NAMES, LIST."""

from securechat.chat import isupport, welcome
from securechat.chat.channel import Channel
from securechat.chat.context import Context
from securechat.chat.dispatch import Command, printable
from securechat.chat.records import ChannelCreated, Joined, Parted, Topic, TopicSet
from securechat.irc import numerics as num
from securechat.irc.names import InvalidName, check_channel, is_channel


def join(ctx: Context) -> None:
    """JOIN <channel>{,<channel>}

    Joins channels; a channel that does not exist is made, and you are its founder. JOIN 0 leaves all.
    """
    if ctx.param(0) == "0":
        for left in ctx.registry.channels_of(ctx.user.id):
            leave_channel(ctx, left, "")
        return
    names = ctx.param(0).split(",")
    if len(names) > isupport.MAX_TARGETS:
        too_many(ctx, names[isupport.MAX_TARGETS])
        return
    for name in names:
        channel = ctx.registry.channel(name) or create(ctx, name)
        if channel is not None and ctx.user.id not in channel.members:
            enter_channel(ctx, channel)


def enter_channel(ctx: Context, channel: Channel) -> None:
    """Make the user a member, and show the channel to the session."""
    core, user = ctx.core, ctx.user
    if len(ctx.registry.memberships.get(user.id, ())) >= isupport.MAX_CHANNELS:
        text = f"You are in {isupport.MAX_CHANNELS} channels: leave one first"
        ctx.numeric(num.ERR_TOOMANYCHANNELS, channel.name, text=text)
        return
    ranks = channel.initial_ranks(user.account)
    ctx.record(Joined(core.next_id(), user.id, channel.id, core.now.wall, ranks))
    for session in user.sessions:
        if session is not ctx.session:
            core.fanout.send(session, *welcome.channel_state(ctx, channel))
    for line in welcome.channel_state(ctx, channel):
        ctx.reply(line)


def create(ctx: Context, name: str) -> Channel | None:
    """Make a channel with the user as its founder, unless its name is bad or looks like another one."""
    try:
        name = check_channel(name)
    except InvalidName as error:
        ctx.numeric(num.ERR_NOSUCHCHANNEL, printable(name), text=str(error))
        return None
    like = ctx.registry.channel_like(name)
    if like is not None:
        ctx.numeric(
            num.ERR_NOSUCHCHANNEL, name, text=f"There is a channel whose name looks the same: {like.name}"
        )
        return None
    channel_id = ctx.registry.last_channel + 1
    ctx.record(ChannelCreated(channel_id, name, ctx.user.account.id, ctx.core.now.wall))
    return ctx.registry.channels[channel_id]


def part(ctx: Context) -> None:
    """PART <channel>{,<channel>} [:<reason>]

    Leaves channels, with all your sessions.
    """
    names = ctx.param(0).split(",")
    if len(names) > isupport.MAX_TARGETS:
        too_many(ctx, names[isupport.MAX_TARGETS])
        return
    for name in names:
        channel = member_of(ctx, name)
        if channel is not None:
            leave_channel(ctx, channel, ctx.param(1))


def leave_channel(ctx: Context, channel: Channel, reason: str) -> None:
    """End the user's membership."""
    core, user = ctx.core, ctx.user
    membership = channel.members[user.id]
    ctx.record(Parted(core.next_id(), user.id, channel.id, core.now.wall, reason, membership))


def topic(ctx: Context) -> None:
    """TOPIC <channel> [:<topic>]

    Shows a channel's topic, or sets it; an empty one clears it.
    """
    channel = member_of(ctx, ctx.param(0))
    if channel is None:
        return
    if len(ctx.params) == 1:
        if channel.topic.text:
            for line in welcome.topic(ctx, channel):
                ctx.reply(line)
        else:
            ctx.numeric(num.RPL_NOTOPIC, channel.name, text="No topic is set")
        return
    text = ctx.param(1)
    if len(text.encode()) > isupport.TOPICLEN:
        ctx.fail("INVALID_PARAMS", channel.name, text=f"A topic has at most {isupport.TOPICLEN} bytes")
        return
    changed = Topic(text, ctx.user.nick, ctx.core.now.wall)
    ctx.record(TopicSet(ctx.core.next_id(), channel.id, changed, channel.topic))


def names(ctx: Context) -> None:
    """NAMES [<channel>]

    Lists the members of a channel who are online.
    """
    name = ctx.param(0)
    channel = ctx.registry.channel(name)
    if channel is None:
        ctx.numeric(num.RPL_ENDOFNAMES, printable(name), text="End of NAMES list")
        return
    for line in welcome.names(ctx, channel):
        ctx.reply(line)


def list_channels(ctx: Context) -> None:
    """LIST [<channel>{,<channel>}]

    Lists channels with the number of members who are online, and their topics.
    """
    registry = ctx.registry
    if ctx.param(0):
        found = [registry.channel(name) for name in ctx.param(0).split(",")[: isupport.MAX_TARGETS]]
        channels = [channel for channel in found if channel is not None]
    else:
        channels = sorted(registry.channels.values(), key=lambda channel: channel.folded)
    ctx.numeric(num.RPL_LISTSTART, "Channel", text="Users  Name")
    for channel in channels:
        online = str(len(registry.online(channel)))
        ctx.numeric(num.RPL_LIST, channel.name, online, text=channel.topic.text)
    ctx.numeric(num.RPL_LISTEND, text="End of LIST")


def member_of(ctx: Context, name: str) -> Channel | None:
    """Return the channel if the user is a member of it; else reply why not."""
    channel = ctx.registry.channel(name) if is_channel(name) else None
    if channel is None:
        ctx.numeric(num.ERR_NOSUCHCHANNEL, printable(name), text="No such channel")
        return None
    if ctx.user.id not in channel.members:
        ctx.numeric(num.ERR_NOTONCHANNEL, channel.name, text="You're not on that channel")
        return None
    return channel


def too_many(ctx: Context, name: str) -> None:
    """Refuse a command with more targets than TARGMAX says."""
    text = f"Too many targets: at most {isupport.MAX_TARGETS} at once"
    ctx.numeric(num.ERR_TOOMANYTARGETS, printable(name), text=text)


COMMANDS = (
    Command("JOIN", join, min_params=1),
    Command("LIST", list_channels, cost=3.0),
    Command("NAMES", names, cost=2.0),
    Command("PART", part, min_params=1),
    Command("TOPIC", topic, min_params=1),
)
