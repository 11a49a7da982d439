"""What people say of themselves: AWAY, SETNAME."""

from securechat.chat import limits
from securechat.chat.rules import presence, words
from securechat.chat.state.session import Away
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.text import clip


def away(ctx: Context) -> None:
    """AWAY [:<message>]

    Says that you are away, or without a message that you are back. You are away when all your sessions are.
    """
    if (unwanted := words.refusal(ctx, ctx.param(0))) is not None:
        ctx.fail("WORD_REFUSED", text=f"Nothing was changed: {unwanted}")
        return
    session, text = ctx.session, clip(words.judged(ctx, ctx.param(0)).text, limits.AWAYLEN)
    session.away = Away(text, ctx.chat.now.mono) if text else None
    if text:
        ctx.numeric(num.RPL_NOWAWAY, text="You have been marked as being away")
    else:
        ctx.numeric(num.RPL_UNAWAY, text="You are no longer marked as being away")
    if session.user is not None:
        presence.update_away(ctx.chat, session.user)


def setname(ctx: Context) -> None:
    """SETNAME :<realname>

    Changes your real name, for all your sessions.
    """
    realname = ctx.param(0)
    if not realname.strip(" "):
        ctx.fail("INVALID_REALNAME", text="A real name is not empty")
    elif len(realname.encode()) > limits.NAMELEN:
        ctx.fail("INVALID_REALNAME", text=f"A real name has at most {limits.NAMELEN} bytes")
    elif (unwanted := words.refusal(ctx, realname)) is not None:
        ctx.fail("WORD_REFUSED", text=f"Nothing was changed: {unwanted}")
    else:
        presence.change_realname(ctx, words.judged(ctx, realname).text)


COMMANDS = (
    Command("AWAY", away, early=cap.PRE_AWAY, cost=2.0),
    Command("SETNAME", setname, min_params=1, cost=2.0),
)
