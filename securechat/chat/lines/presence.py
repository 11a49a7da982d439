"""How it looks that somebody comes, and is away."""

from securechat.chat.audience import Audience
from securechat.chat.line import Line
from securechat.chat.lines.fanout import Fanout
from securechat.chat.state.session import User
from securechat.irc import capabilities as cap


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
