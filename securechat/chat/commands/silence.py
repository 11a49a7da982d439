"""Ignoring people: SILENCE."""

from securechat.chat.masks import InvalidMask
from securechat.chat.rules.silence import ListFull, heed, ignore, mask_for
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.text import printable


def silence(ctx: Context) -> None:
    """SILENCE [+<mask> | -<mask>]

    Ignores somebody (a nick, or nick!account@server with * and ?), or does not any more; without a mask it
    lists whom you ignore. Direct messages and invitations of theirs do not reach you, on any of your devices.
    """
    written = ctx.param(0)
    if written[:1] not in ("+", "-"):
        show(ctx)
        return
    try:
        mask = mask_for(ctx, written[1:])
        if written[0] == "+":
            ignore(ctx, mask)
        else:
            heed(ctx, mask)
    except InvalidMask as error:
        ctx.fail("INVALID_PARAMS", printable(written), text=str(error))
    except ListFull:
        ctx.numeric(num.ERR_SILELISTFULL, printable(written[1:]), text="Your SILENCE list is full")


def show(ctx: Context) -> None:
    """List what the account ignores."""
    for mask in ctx.registry.silences.of(ctx.user.account.id):
        ctx.numeric(num.RPL_SILELIST, ctx.nick, mask)
    ctx.numeric(num.RPL_ENDOFSILELIST, ctx.nick, text="End of SILENCE list")


COMMANDS = (Command("SILENCE", silence),)
