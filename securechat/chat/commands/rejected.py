"""Answers to lines that are no messages."""

from typing import Final

from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.framing import Rejected, RejectReason

CODES: Final = {
    RejectReason.NOT_UTF8: "INVALID_UTF8",
    RejectReason.FORBIDDEN_BYTE: "INVALID_MESSAGE",
    RejectReason.MALFORMED: "INVALID_MESSAGE",
}


def refuse(ctx: Context, line: Rejected) -> None:
    """Say why a line was not taken; the connection goes on."""
    if line.reason is RejectReason.TOO_LONG:
        ctx.numeric(num.ERR_INPUTTOOLONG, text=line.text)
    else:
        ctx.fail(CODES[line.reason], text=line.text)
