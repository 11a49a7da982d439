"""What a session is shown of channels when it comes in, and when its user joins one.

The names of thousands of members do not fit into a SendQ's quarter, so they come in pieces. Other lines come
between the pieces: a JOIN is shown at once, and the names are those at the time of their piece.
"""

from collections.abc import Iterator

from securechat.chat.line import Line
from securechat.chat.lines import channel_state, presence
from securechat.chat.state.channel import Channel
from securechat.chat.state.session import Session, User
from securechat.chat.turn.context import Context
from securechat.chat.turn.pieces import begun, follow_up


def show_channels(ctx: Context, user: User) -> None:
    """Show a session that has just logged in the channels of its user.

    One after the other; but when that is too much for one piece all JOINs come first, since what is said in a
    channel may come between the pieces.
    """
    channels = ctx.registry.channels_of(user.id)
    lines, rest = begun(ctx.chat, _one_by_one(ctx, user, channels))
    if rest is None:
        for line in lines:
            ctx.reply(line)
        return
    for channel in channels:
        ctx.reply(presence.joined(user, channel.name, ctx.chat.now.wall))
    states = (line for channel in channels for line in _state(ctx, ctx.session, channel))
    follow_up(ctx, ctx.session, states)


def show_channel(ctx: Context, session: Session, channel: Channel) -> None:
    """Show a session a channel that its user has just joined, after the JOIN."""
    follow_up(ctx, session, _state(ctx, session, channel))


def _one_by_one(ctx: Context, user: User, channels: list[Channel]) -> Iterator[Line | None]:
    for channel in channels:
        yield presence.joined(user, channel.name, ctx.chat.now.wall)
        yield from _state(ctx, ctx.session, channel)


def _state(ctx: Context, session: Session, channel: Channel) -> Iterator[Line | None]:
    """What follows a JOIN, as long as the user is in the channel."""

    def inside() -> bool:
        return session.user is not None and session.user.id in channel.members

    if inside():
        for line in channel_state.after_join(ctx.registry, session, channel, ctx.chat.now.wall):
            if not inside():
                return  # it has left since the last piece
            yield line
