"""Answers to lines that are no messages: with their label and command, as far as these could be read."""

from typing import Final

from securechat.chat.commands.dispatch import not_registered, unknown_command
from securechat.chat.rules import multiline
from securechat.chat.state.backlog import Step
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.framing import Rejected, RejectReason
from securechat.irc.message import Message

CODES: Final = {
    RejectReason.NOT_UTF8: "INVALID_UTF8",
    RejectReason.FORBIDDEN_BYTE: "INVALID_MESSAGE",
    RejectReason.MALFORMED: "INVALID_MESSAGE",
}


def refuse(ctx: Context, line: Rejected) -> None:
    """Say why a line was not taken; the connection goes on."""
    if "batch" in ctx.message.tags and multiline.spoil(ctx, line.text):
        return
    if line.reason in (RejectReason.TOO_LONG, RejectReason.TOO_MANY_TAGS):
        ctx.numeric(num.ERR_INPUTTOOLONG, text=line.text)
    elif line.reason is not RejectReason.UNKNOWN_COMMAND:
        ctx.fail(CODES[line.reason], text=line.text)
    elif ctx.session.user is None:
        not_registered(ctx)
    else:
        unknown_command(ctx)


def head_of(line: Rejected | Step) -> Message:
    """Return what the command of an answer to this is called, with its tags."""
    return line.head if isinstance(line, Rejected) else Message("*")
