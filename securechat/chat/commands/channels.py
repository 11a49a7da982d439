"""Channels: JOIN, PART, TOPIC, NAMES. LIST is in `listing`."""

from collections.abc import Iterator
from itertools import zip_longest

from securechat.chat import limits
from securechat.chat.line import Line
from securechat.chat.lines import channel_state
from securechat.chat.records import ChannelCreated, Joined, Parted, Topic, TopicSet
from securechat.chat.rules import access, founding, replay, reports, targets, words
from securechat.chat.rules.arrival import show_channel
from securechat.chat.rules.finding import member_of
from securechat.chat.state.channel import Channel
from securechat.chat.state.session import User
from securechat.chat.turn.command import FIRST, Command
from securechat.chat.turn.context import Context
from securechat.chat.turn.pieces import reply_all
from securechat.irc import numerics as num
from securechat.irc.names import InvalidName, check_channel
from securechat.irc.text import body_room, clip, printable


def join(ctx: Context) -> None:
    """JOIN <channel>{,<channel>} [<key>{,<key>}]

    Joins channels; a channel that does not exist is made, and you are its founder. JOIN 0 leaves all.
    """
    if ctx.param(0) == "0":
        ctx.for_each(ctx.registry.channels_of(ctx.user.id), lambda left: leave_channel(ctx, left, ""))
        return
    before = set(ctx.registry.memberships.get(ctx.user.id, ()))
    names, keys = ctx.param(0).split(","), ctx.param(1).split(",")
    pairs = [(name, key) for name, key in zip_longest(names, keys[: len(names)], fillvalue="") if name]
    taken = targets.within(ctx, [name for name, _ in pairs] or [""])

    def joined() -> None:
        registry, user = ctx.registry, ctx.user.id
        replay.catch_up_in(ctx, [one for one in registry.channels_of(user) if one.id not in before])

    ctx.for_each(pairs[: len(taken)] or [("", "")], lambda pair: join_one(ctx, *pair), joined)


def join_one(ctx: Context, name: str, key: str) -> None:
    """Let the user into a channel, into the one that it forwards to, or say why not."""
    channel = ctx.registry.channel(name)
    if channel is None:
        found(ctx, name)
        return
    if ctx.user.id in channel.members:
        return
    refusal = access.may_join(channel, ctx.user, key)
    if refusal is None:
        if may_be_in_one_more(ctx, channel.name):
            make_member(ctx, ctx.user, channel)
        return
    forward = forwarded(ctx, channel, key) if refusal.numeric != num.ERR_BANNEDFROMCHAN else None
    if forward is None:
        # The name as it was asked for: a refusal does not tell how a hidden channel spells its own.
        ctx.numeric(refusal.numeric, printable(name), text=refusal.text)
        return
    text = f"You cannot join it, so you are sent to {forward.name}"
    ctx.numeric(num.ERR_LINKCHANNEL, printable(name), forward.name, text=text)
    if ctx.user.id not in forward.members:
        make_member(ctx, ctx.user, forward)


def forwarded(ctx: Context, channel: Channel, key: str) -> Channel | None:
    """Return the channel for those who cannot join this one (+f), when they may see it and come in there."""
    target, user = ctx.registry.channels.get(channel.forward or 0), ctx.user
    if target is None or not target.visible_to(user.id):
        return None
    comes_in = has_room(ctx, user) and access.may_join(target, user, key) is None
    return target if comes_in or user.id in target.members else None


def has_room(ctx: Context, user: User) -> bool:
    """Return whether somebody may be in one more channel."""
    return len(ctx.registry.memberships.get(user.id, ())) < limits.MAX_CHANNELS


def may_be_in_one_more(ctx: Context, name: str) -> bool:
    """Return whether the user may be in one more channel; else reply why not."""
    if has_room(ctx, ctx.user):
        return True
    text = f"You are in {limits.MAX_CHANNELS} channels: leave one first"
    ctx.numeric(num.ERR_TOOMANYCHANNELS, printable(name), text=text)
    return False


def make_member(ctx: Context, user: User, channel: Channel) -> None:
    """Make somebody a member, and show the channel to all their sessions."""
    chat = ctx.chat
    ranks = channel.initial_ranks(user.account)
    ctx.record(Joined(chat.next_id(), user.id, channel.id, chat.now.wall, ranks))
    invitation = channel.invited.pop(user.account.id, None)
    if invitation is not None:
        chat.if_refused(lambda: channel.invited.update({user.account.id: invitation}))
    for session in user.sessions:
        show_channel(ctx, session, channel)


def found(ctx: Context, name: str) -> None:
    """Make a channel with the user as its founder and first member, or say why not; nothing is made then."""
    try:
        name = check_channel(name)
    except InvalidName as error:
        ctx.numeric(num.ERR_NOSUCHCHANNEL, printable(name), text=str(error))
        return
    if (unwanted := words.name_refusal(ctx, name)) is not None:
        ctx.numeric(num.ERR_NOSUCHCHANNEL, name, text=unwanted)
        return
    if looks_taken(ctx, name) or not may_be_in_one_more(ctx, name):
        return
    founder = ctx.user.account
    refusal = founding.found(ctx.chat, founder) if ctx.session.operator is None else None
    if refusal is not None:
        ctx.numeric(num.ERR_TOOMANYCHANNELS, name, text=refusal)
        return
    channel_id = ctx.registry.last_channel + 1
    ctx.record(ChannelCreated(channel_id, name, founder.id, ctx.chat.now.wall))
    make_member(ctx, ctx.user, ctx.registry.channels[channel_id])


def looks_taken(ctx: Context, name: str) -> bool:
    """Say so when there is a channel whose name looks like this one; a hidden one is not named."""
    like = ctx.registry.channel_like(name)
    if like is None:
        return False
    text = "There is a channel whose name looks the same"
    text += f": {like.name}" if like.visible_to(ctx.user.id) else ", choose another name"
    ctx.numeric(num.ERR_NOSUCHCHANNEL, name, text=text)
    return True


def part(ctx: Context) -> None:
    """PART <channel>{,<channel>} [:<reason>]

    Leaves channels, with all your sessions.
    """

    def leave(name: str) -> None:
        channel = member_of(ctx, name)
        if channel is not None:
            leave_channel(ctx, channel, ctx.param(1))

    ctx.for_each(targets.listed(ctx, 0), leave)


def leave_channel(ctx: Context, channel: Channel, reason: str) -> None:
    """End the user's membership, if there is one; the reason is left out where the user may not say it."""
    chat, user = ctx.chat, ctx.user
    membership = channel.members.get(user.id)
    if membership is None:
        return
    said = access.reason_for(ctx, channel, reason)
    if said:
        said = clip(said, body_room(user.source, "PART", channel.name))
        access.spoke(ctx, channel)
    ctx.record(Parted(chat.next_id(), user.id, channel.id, chat.now.wall, said, membership))


def topic(ctx: Context) -> None:
    """TOPIC <channel> [:<topic>]

    Shows a channel's topic, or sets it; an empty one clears it.
    """
    channel = member_of(ctx, ctx.param(0))
    if channel is None:
        return
    if len(ctx.params) == 1:
        if channel.topic.text:
            for line in channel_state.topic(ctx.registry, ctx.session, channel, ctx.chat.now.wall):
                ctx.reply(line)
        else:
            ctx.numeric(num.RPL_NOTOPIC, channel.name, text="No topic is set")
        return
    set_topic(ctx, channel, ctx.param(1))


def set_topic(ctx: Context, channel: Channel, text: str) -> None:
    """Give a channel another topic, or say why not."""
    refusal = access.may_tell_all(ctx, channel, text)
    if "t" in channel.modes and not access.has_rank(channel, ctx.user, "h"):
        why = f"You need the rank +h in {channel.name} to change its topic (+t)"
        ctx.numeric(num.ERR_CHANOPRIVSNEEDED, channel.name, text=why)
    elif refusal is not None:
        ctx.numeric(num.ERR_CANNOTSENDTOCHAN, channel.name, text=refusal)
    elif len(text.encode()) > limits.TOPICLEN:
        ctx.fail("INVALID_PARAMS", channel.name, text=f"A topic has at most {limits.TOPICLEN} bytes")
    else:
        verdict = words.judged(ctx, text)
        shown = clip(verdict.text, body_room(ctx.user.source, "TOPIC", channel.name))
        changed = Topic(shown, ctx.user.nick, ctx.chat.now.wall)
        ctx.record(TopicSet(ctx.chat.next_id(), channel.id, changed, channel.topic))
        if text:
            access.spoke(ctx, channel)
        if verdict.reported is not None:
            reports.noticed(ctx, channel.name, text, verdict.reported)


def names(ctx: Context) -> None:
    """NAMES [<channel>{,<channel>}]

    Lists the members of channels who are online.
    """
    reply_all(ctx, members(ctx, targets.listed(ctx, 0)))


def members(ctx: Context, names: list[str]) -> Iterator[Line | None]:
    """The members of channels; one that may not be known of has none."""
    server, at = ctx.settings.server_name, ctx.chat.now.wall
    for name in names:
        channel = ctx.registry.channel(name)
        if channel is None or not channel.visible_to(ctx.user.id):
            yield Line(server, num.RPL_ENDOFNAMES, (ctx.nick, printable(name)), "End of NAMES list", at)
        else:
            yield from channel_state.names(ctx.registry, ctx.session, channel, at)


COMMANDS = (
    Command("JOIN", join, min_params=1, listed=FIRST),
    Command("NAMES", names, cost=2.0, listed=FIRST),
    Command("PART", part, min_params=1, listed=FIRST),
    Command("TOPIC", topic, min_params=1),
)
