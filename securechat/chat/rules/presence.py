"""What others are told of who is here, who is away and what they are called."""

from typing import TYPE_CHECKING

from securechat.chat.audience import Audience
from securechat.chat.line import Line
from securechat.chat.lines.fanout import Fanout
from securechat.chat.rules import metadata
from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.chat.state.user import INVISIBLE, User
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.names import fold

if TYPE_CHECKING:
    from securechat.chat.core import Core
    from securechat.chat.state.session import Session
    from securechat.chat.turn.context import Context


# Who may see whom


def shared(registry: Registry, one: User, other: User) -> list[Channel]:
    """Return the channels in which `one` sees `other`, in the order in which `other` joined."""
    mine = registry.memberships.get(one.id, {})
    theirs = registry.channels_of(other.id)
    return [channel for channel in theirs if channel.id in mine and channel.shows(other.id, one.id)]


def is_listed(registry: Registry, viewer: User, user: User) -> bool:
    """Return whether a list shows the user to the viewer.

    "Visible users are users who either aren't invisible or have a common channel with the requesting client."
    """
    return INVISIBLE not in user.modes or viewer is user or bool(shared(registry, viewer, user))


def is_open(channel: Channel, viewer: User) -> bool:
    """Return whether the viewer may know of the channel: a secret or private one is for its members."""
    return channel.visible_to(viewer.id)


# What is told of a user


def joined(user: User, channel: str, at: int, key: int | None = None) -> Line:
    """The line that shows that a user is in a channel; with `extended-join` it says as whom."""
    plain = user.line("JOIN", (channel,), None, at, key)
    extended = user.line("JOIN", (channel, user.account.name), user.realname, at, key)
    return extended._replace(needs=cap.EXTENDED_JOIN, instead=plain)


def away_line(user: User, at: int) -> Line:
    """The line that shows that a user is away, or is back."""
    return user.line("AWAY", (), user.away, at)._replace(needs=cap.AWAY_NOTIFY)


def show_away(fanout: Fanout, audience: Audience, user: User, at: int) -> None:
    """Tell those who read that a user came that this user is away ("as well as when a user joins")."""
    if user.away is not None:
        fanout.broadcast(audience.without(user.audience), away_line(user, at))


def update_away(core: "Core", user: User, *, announce: bool = True) -> None:
    """Take over what follows from the sessions, and tell the others when it is something else than before.

    The user's own sessions are not told: "clients SHOULD NOT be sent AWAY messages to notify them of their
    own away status".
    """
    away = user.away_now()
    if away == user.away:
        return
    user.away = away
    if announce:
        others = acquaintances(core, user).without(user.audience)
        core.fanout.broadcast(others, away_line(user, core.now.wall))


def change_realname(ctx: "Context", realname: str) -> None:
    """Give the user another real name, and tell everybody who knows what that means (`setname`)."""
    user = ctx.user
    user.realname = realname
    line = user.line("SETNAME", (), realname, ctx.core.now.wall)._replace(needs=cap.SETNAME)
    ctx.core.fanout.broadcast(acquaintances(ctx.core, user), line, ctx)


def change_nick(ctx: "Context", user: User, nick: str) -> None:
    """Give a user another nick, and tell everybody who knows the old or the new one."""
    core, before = ctx.core, user.nick
    line = user.line("NICK", (nick,), None, core.now.wall)
    peers = core.registry.peers(user)
    if fold(before) != fold(nick):
        core.departures.add(user, user.sessions[-1].address, core.now.wall)
    core.registry.rename(user, nick)
    core.fanout.broadcast(peers, line, ctx)
    if fold(before) != fold(nick):
        tell_gone(core, before)
        tell_here(core, user)


def acquaintances(core: "Core", user: User) -> Audience:
    """Return who shares a channel with the user, the user itself, and who watches (`extended-monitor`)."""
    watchers = core.monitors.watchers(user.nick, lambda session: session.has(cap.EXTENDED_MONITOR))
    peers = core.registry.peers(user)
    return Audience.of({**peers.keys, **watchers.keys}.items()) if watchers.groups else peers


# Coming and going


def came(core: "Core", user: User) -> None:
    """The user's first session is here."""
    tell_here(core, user)


def went(core: "Core", user: User, session: "Session") -> None:
    """The user's last session has gone."""
    core.departures.add(user, session.address, core.now.wall)
    tell_gone(core, user.nick)


def tell_here(core: "Core", user: User) -> None:
    """Tell those who watch that a user is online (IRCv3 monitor; "*" makes it one line for all)."""
    line = Line(core.settings.server_name, num.RPL_MONONLINE, ("*",), user.source, core.now.wall)
    core.fanout.broadcast(core.monitors.watchers(user.nick), line)
    metadata.tell_watchers(core, user)


def tell_gone(core: "Core", nick: str) -> None:
    """Tell those who watch that nobody has this nick any more."""
    line = Line(core.settings.server_name, num.RPL_MONOFFLINE, ("*",), nick, core.now.wall)
    core.fanout.broadcast(core.monitors.watchers(nick), line)
