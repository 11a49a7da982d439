"""What operators of a channel do, and what is asked of them: KICK, INVITE, KNOCK, RENAME."""

from collections.abc import Sequence
from typing import Final

from securechat.chat import limits
from securechat.chat.line import Line
from securechat.chat.records import ChannelRenamed, Kicked
from securechat.chat.rules import access, targets, words
from securechat.chat.rules.arrival import show_channel
from securechat.chat.rules.finding import member_of, visible_channel
from securechat.chat.rules.silence import keeps_out
from securechat.chat.state.account import Account
from securechat.chat.state.channel import Channel
from securechat.chat.state.session import Person, User
from securechat.chat.turn.command import FIRST, SECOND, Command
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.names import InvalidName, check_channel, fold
from securechat.irc.text import body_room, clip, printable

KNOCK_AGAIN: Final = 60.0
"""Seconds until somebody's next knock at the same channel is passed on."""
NO_CHANNEL: Final = "Not enough parameters: INVITE <nick>{,<nick>} <channel>"
OFFLINE: Final = "offline, may join at the next login"


def kick(ctx: Context) -> None:
    """KICK <channel> <nick>{,<nick>} [:<reason>]

    Removes people from a channel, or from as many channels as people: KICK #a,#b alice,bob.
    Half-operators kick members without their rank; operators also each other.
    """
    channels = [name for name in ctx.param(0).split(",") if name] or [""]
    nicks = [nick for nick in ctx.param(1).split(",") if nick] or [""]
    if len(channels) > 1 and len(channels) != len(nicks):
        text = "Name one channel, or as many channels as nicks: the others were left out"
        ctx.numeric(num.ERR_NEEDMOREPARAMS, "KICK", text=text)
    every = channels if len(channels) > 1 else channels * len(nicks)
    pairs = list(zip(every, nicks, strict=False))
    taken = targets.within(ctx, [nick for _, nick in pairs])
    found: dict[str, Channel | None] = {}

    def kick_next(pair: tuple[str, str]) -> None:
        name, nick = pair
        if name not in found:
            found[name] = kickable(ctx, name)
        channel = found[name]
        if channel is not None:
            kick_one(ctx, channel, nick, access.reason_for(ctx, channel, ctx.param(2)) or ctx.user.nick)

    ctx.for_each(pairs[: len(taken)], kick_next)


def kickable(ctx: Context, name: str) -> Channel | None:
    """Return the channel if the user may kick from it, for this reason; else reply why not."""
    channel = member_of(ctx, name)
    if channel is None:
        return None
    if not access.has_rank(channel, ctx.user, "h"):
        why = f"You need the rank +h in {channel.name} to kick"
        ctx.numeric(num.ERR_CHANOPRIVSNEEDED, channel.name, text=why)
    elif len(ctx.param(2).encode()) > limits.KICKLEN:
        ctx.fail("INVALID_PARAMS", channel.name, text=f"A reason has at most {limits.KICKLEN} bytes")
    else:
        return channel
    return None


def kick_one(ctx: Context, channel: Channel, name: str, reason: str) -> None:
    """Remove one member."""
    target = ctx.registry.person(name)
    if target is None:
        ctx.numeric(num.ERR_NOSUCHNICK, printable(name), text="No such nick or account")
    elif target.user not in channel.members:
        ctx.numeric(num.ERR_USERNOTINCHANNEL, target.nick, channel.name, text="They aren't on that channel")
    elif ctx.user.id not in channel.members or not access.outranks(channel, ctx.user, target):
        text = f"{target.nick} has a rank that you cannot kick"
        ctx.numeric(num.ERR_CHANOPRIVSNEEDED, channel.name, text=text)
    else:
        chat, membership = ctx.chat, channel.members[target.user]
        shown = clip(reason, body_room(ctx.user.source, "KICK", channel.name, target.nick))
        ctx.record(
            Kicked(
                chat.next_id(),
                target.user,
                channel.id,
                chat.now.wall,
                ctx.user.nick,
                shown,
                membership,
            )
        )


def invite(ctx: Context) -> None:
    """INVITE [<nick>{,<nick>} <channel>]

    Invites somebody to a channel. A person whom an operator invited may join whatever the channel's modes
    say. Without parameters it lists the channels to which you are invited.
    """
    if not ctx.params:
        list_invitations(ctx)
        return
    if len(ctx.params) == 1:
        ctx.numeric(num.ERR_NEEDMOREPARAMS, "INVITE", text=NO_CHANNEL)
        return
    channel = member_of(ctx, ctx.param(1))
    if channel is not None:
        ctx.for_each(targets.listed(ctx, 0), lambda nick: invite_one(ctx, channel, nick))


def invite_one(ctx: Context, channel: Channel, nick: str) -> None:
    """Invite somebody, or say why not; nothing more once the user has left the channel."""
    if ctx.user.id not in channel.members:
        return
    target, users = ctx.registry.person(nick), ctx.registry.users_called(nick)
    outside = [user for user in users if user.id not in channel.members]
    if target is None:
        ctx.numeric(num.ERR_NOSUCHNICK, printable(nick), text="No such nick or account")
    elif "i" in channel.modes and not access.has_rank(channel, ctx.user, "o"):
        why = f"You need the rank +o in {channel.name} to invite (+i)"
        ctx.numeric(num.ERR_CHANOPRIVSNEEDED, channel.name, text=why)
    elif is_seen_in(ctx, channel, target, inside=bool(users) and not outside):
        ctx.numeric(num.ERR_USERONCHANNEL, target.nick, channel.name, text="is already on channel")
    elif not keeps_out(ctx, target.account, target.nick):
        invited(ctx, channel, ctx.registry.accounts[target.account], target.nick, outside or users)


def is_seen_in(ctx: Context, channel: Channel, person: Person, *, inside: bool) -> bool:
    """Return whether the user sees that somebody is in the channel: in an auditorium (+u) not everybody does.

    `inside` says that all users of the person's account are in it.
    """
    return (person.user in channel.members or inside) and channel.shows(ctx.user.id, person.user)


def invited(ctx: Context, channel: Channel, account: Account, nick: str, users: Sequence[User]) -> None:
    """Tell those who are invited, the one who did, and the operators who want to know (invite-notify)."""
    chat = ctx.chat
    line = ctx.user.line("INVITE", (nick, channel.name), None, chat.now.wall)
    if access.has_rank(channel, ctx.user, "o"):
        channel.invited[account.id] = chat.now.wall
    ctx.numeric(num.RPL_INVITING, nick, channel.name)
    for user in users:
        chat.fanout.broadcast(user.audience, line._replace(params=(user.nick, channel.name)))
    if not users:
        ctx.numeric(num.RPL_AWAY, nick, text=OFFLINE)
    elif all(user.away is not None for user in users):
        ctx.numeric(num.RPL_AWAY, nick, text=users[0].away)
    for member in ctx.registry.online(channel):
        if access.has_rank(channel, member, "h") and member is not ctx.user:
            for session in member.sessions:
                chat.fanout.send(session, line._replace(needs=cap.INVITE_NOTIFY))


def list_invitations(ctx: Context) -> None:
    """List the channels to which the user is invited."""
    for channel in ctx.registry.channels.values():
        if ctx.user.account.id in channel.invited:
            ctx.numeric(num.RPL_INVITELIST, channel.name)
    ctx.numeric(num.RPL_ENDOFINVITELIST, text="End of INVITE list")


def knock(ctx: Context) -> None:
    """KNOCK <channel> [:<text>]

    Asks the operators of an invite-only channel to let you in.
    """
    name, user, now = targets.listed(ctx, 0)[0], ctx.user, ctx.chat.now.mono
    channel = visible_channel(ctx, name)
    if channel is None:
        return
    if user.id in channel.members:
        ctx.numeric(num.ERR_KNOCKONCHAN, channel.name, text="You're already on that channel")
    elif access.may_join(channel, user, "") is None:
        ctx.numeric(num.ERR_CHANOPEN, channel.name, text="The channel is open: join it")
    elif channel.listed("b", user) and not channel.listed("e", user):
        ctx.numeric(num.ERR_BANNEDFROMCHAN, channel.name, text="You are banned from the channel (+b)")
    elif now - channel.knocked.get(user.account.id, now - KNOCK_AGAIN) < KNOCK_AGAIN:
        text = f"You knocked already: wait {KNOCK_AGAIN:.0f} seconds"
        ctx.numeric(num.ERR_TOOMANYKNOCK, channel.name, text=text)
    elif len(ctx.param(1).encode()) > limits.KICKLEN:
        ctx.fail("INVALID_PARAMS", channel.name, text=f"A text has at most {limits.KICKLEN} bytes")
    else:
        recent = [(one, at) for one, at in channel.knocked.items() if now - at < KNOCK_AGAIN]
        channel.knocked = {**dict(recent), user.account.id: now}
        announce_knock(ctx, channel)
        ctx.numeric(num.RPL_KNOCKDLVR, channel.name, text="Your knock was heard")


def announce_knock(ctx: Context, channel: Channel) -> None:
    """Tell the operators, who can invite."""
    server, at = ctx.settings.server_name, ctx.chat.now.wall
    text = ctx.param(1) if access.may_knock_with(ctx, channel, ctx.param(1)) else ""
    for member in ctx.registry.online(channel):
        if access.has_rank(channel, member, "o"):
            params = (member.nick, channel.name, ctx.user.source)
            line = Line(server, num.RPL_KNOCK, params, text or "asks for an invitation", at)
            ctx.chat.fanout.broadcast(member.audience, line)


def rename(ctx: Context) -> None:
    """RENAME <channel> <new name> [:<reason>]

    Gives a channel another name; its members, modes and history stay.
    """
    channel = member_of(ctx, ctx.param(0))
    if channel is None:
        return
    if not access.has_rank(channel, ctx.user, "a"):
        why = f"You need the rank +a in {channel.name} to rename it"
        ctx.numeric(num.ERR_CHANOPRIVSNEEDED, channel.name, text=why)
        return
    reason, wanted = ctx.param(2), printable(ctx.param(1))
    try:
        name = check_channel(ctx.param(1))
    except InvalidName as error:
        ctx.fail("CANNOT_RENAME", channel.name, wanted, text=str(error))
        return
    if (unwanted := words.name_refusal(ctx, name)) is not None:
        ctx.fail("CANNOT_RENAME", channel.name, wanted, text=unwanted)
        return
    other = ctx.registry.channel_like(name)
    if other is not None and other is not channel:
        text = "There is a channel of this name, or of one that looks the same"
        ctx.fail("CHANNEL_NAME_IN_USE", channel.name, wanted, text=text)
    elif len(reason.encode()) > limits.KICKLEN:
        ctx.fail("INVALID_PARAMS", channel.name, text=f"A reason has at most {limits.KICKLEN} bytes")
    elif name != channel.name:
        chat, user, previous = ctx.chat, ctx.user, channel.name
        room = body_room(user.source, "RENAME", previous, name)
        reason = clip(access.reason_for(ctx, channel, reason), room)
        ctx.record(
            ChannelRenamed(chat.next_id(), channel.id, name, previous, chat.now.wall, user.nick, reason)
        )
        if fold(name) != fold(previous):
            _show_to_joined(ctx, channel)


def _show_to_joined(ctx: Context, channel: Channel) -> None:
    """Show a renamed channel to those for whom it is one that they have just joined."""
    sessions = (session for user in ctx.registry.online(channel) for session in user.sessions)
    joined = [session for session in sessions if not session.has(cap.CHANNEL_RENAME)]
    ctx.for_each(joined, lambda session: show_channel(ctx, session, channel))


COMMANDS = (
    Command("INVITE", invite, listed=FIRST),
    Command("KICK", kick, min_params=2, listed=SECOND),
    Command("KNOCK", knock, min_params=1, cost=3.0),
    Command("RENAME", rename, min_params=2, cost=3.0),
)
