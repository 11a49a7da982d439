"""What others are told of who is here, who is away and what they are called."""

from typing import TYPE_CHECKING

from securechat.chat.audience import Audience
from securechat.chat.fanout import Fanout
from securechat.chat.line import Line
from securechat.chat.user import User
from securechat.irc import capabilities as cap

if TYPE_CHECKING:
    from securechat.chat.context import Context
    from securechat.chat.core import Core


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
        others = core.registry.peers(user).without(user.audience)
        core.fanout.broadcast(others, away_line(user, core.now.wall))


def change_realname(ctx: "Context", realname: str) -> None:
    """Give the user another real name, and tell everybody who knows what that means (`setname`)."""
    user = ctx.user
    user.realname = realname
    line = user.line("SETNAME", (), realname, ctx.core.now.wall)._replace(needs=cap.SETNAME)
    ctx.core.fanout.broadcast(ctx.registry.peers(user), line, ctx)
