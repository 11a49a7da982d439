"""BATCH: several lines that are one message (https://ircv3.net/specs/extensions/client-batch)."""

from securechat.chat.commands.messages import text
from securechat.chat.rules.multiline import close_batch, message_of, open_batch
from securechat.chat.rules.words import when_judged
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap


def batch(ctx: Context) -> None:
    """BATCH +<reference> draft/multiline <channel | nick> | -<reference>

    Begins or ends a message of several lines; each of them is a PRIVMSG or NOTICE with the tag batch.
    """
    if not ctx.session.has(cap.MULTILINE):
        ctx.fail("UNKNOWN_TYPE", "*", text="Negotiate draft/multiline first")
    elif ctx.param(0).startswith("+"):
        open_batch(ctx)
    elif ctx.param(0).startswith("-"):
        incoming = close_batch(ctx)
        if incoming is not None:
            ctx.message = message_of(incoming)
            when_judged(ctx, ctx.param(1), lambda: text(ctx))
    else:
        ctx.fail("INVALID_REFTAG", "*", text="A batch begins with +<reference> and ends with -<reference>")


COMMANDS = (Command("BATCH", batch, min_params=1),)
