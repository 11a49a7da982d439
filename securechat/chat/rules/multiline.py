"""Messages of several lines, from a client's batch (https://ircv3.net/specs/extensions/multiline).

Theory of operation. A batch is collected in its session, line by line, within the limits that the capability
states, and becomes one message when it ends. The text of such a message holds its lines, joined by a line
end; a line that continues the one before (`draft/multiline-concat`) begins with a carriage return, which no
line of a client can hold. So the lines are shown as they were composed, as a batch to those who know of it
and as separate messages to the others. A batch that breaks a rule is answered once and collected no further.
"""

import re
from functools import partial
from sys import getsizeof
from typing import Final

from securechat.chat.limits import MULTILINE_BYTES, MULTILINE_LINES
from securechat.chat.line import Line
from securechat.chat.memory import BATCHES
from securechat.chat.state.incoming import Incoming
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context
from securechat.chat.turn.steps import Steps
from securechat.chat.weight import weight_of_tags
from securechat.irc.message import Message
from securechat.irc.names import fold
from securechat.irc.text import printable

LINE: Final = 16
"""Bytes of a line of a batch besides its text."""
TIMEOUT: Final = 30.0
"""Seconds that a batch may stay open."""
CONCAT: Final = "draft/multiline-concat"
_REFERENCE: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_INSIDE: Final = frozenset({"batch", CONCAT})
_SAID: Final = ("PRIVMSG", "NOTICE")


def open_batch(ctx: Context) -> None:
    """Begin to collect a batch: `BATCH +reference draft/multiline target`."""
    reference, kind, target = ctx.param(0)[1:], ctx.param(1), ctx.param(2)
    other = ctx.session.incoming
    if not _REFERENCE.fullmatch(reference):
        ctx.fail("INVALID_REFTAG", printable(reference), text="A reference is letters, digits and hyphens")
        return
    if other is not None and not other.failed:
        ctx.fail("MULTILINE_INVALID", text="Another batch is open: end it first")
        return
    due = ctx.chat.now.mono + TIMEOUT
    incoming = Incoming(reference, target, ctx.message.tags, ctx.label, due)
    ctx.session.incoming = incoming
    ctx.chat.batching.add(ctx.session)
    if kind != "draft/multiline":
        _refuse(ctx, "UNKNOWN_TYPE", reference, printable(kind), text="The only type is draft/multiline")
    elif not target or "," in target:
        _refuse(ctx, "MULTILINE_INVALID", text="A batch has one target")
    elif not _hold(ctx.chat, incoming, LINE + weight_of_tags(incoming.tags)):
        _refuse_for_room(ctx)
    else:
        ctx.label = None  # the whole batch is answered when it ends


def collect(ctx: Context) -> None:
    """Take a line that says to which batch it belongs."""
    incoming = ctx.session.incoming
    reference = ctx.message.tags["batch"]
    if incoming is None or incoming.reference != reference:
        text = "No such batch is open: the line was ignored"
        ctx.server("FAIL", "BATCH", "INVALID_REFTAG", reference[:64] if _is(reference) else "*", text=text)
    elif not incoming.failed:
        _add(ctx, incoming)


def spoil(ctx: Context, why: str) -> bool:
    """Refuse the batch of a line that could not be taken, since a message without one of its lines says
    something else. False when the line belongs to no batch that is open.
    """
    incoming = ctx.session.incoming
    if incoming is None or incoming.reference != ctx.message.tags["batch"]:
        return False
    incoming.command = incoming.command or ctx.message.command
    if not incoming.failed:
        _refuse(ctx, "MULTILINE_INVALID", text=why.rstrip("."))
    return True


def close_batch(ctx: Context) -> Incoming | None:
    """End the batch (`BATCH -reference`) and return it, if it is a message."""
    session, incoming = ctx.session, ctx.session.incoming
    if incoming is None or incoming.reference != ctx.param(0)[1:]:
        ctx.fail("INVALID_REFTAG", printable(ctx.param(0)[1:]), text="No such batch is open")
        return None
    if not incoming.failed and incoming.blank:
        _refuse(ctx, "MULTILINE_INVALID", text="A message needs a line that is not blank")
    session.incoming = None
    ctx.chat.batching.discard(session)
    _hold(ctx.chat, incoming, 0)
    if incoming.failed:
        return None
    ctx.label = incoming.label or ctx.label
    return incoming


def message_of(incoming: Incoming) -> Message:
    """The command that says what a batch says, in one."""
    tags = {name: value for name, value in incoming.tags.items() if name != "label"}
    return Message(incoming.command, (incoming.target, incoming.text), None, tags)


def expire(chat: Chat) -> None:
    """Answer batches that were left open for too long."""
    due = [session for session in chat.batching if _is_over(chat, session)]
    if due:
        chat.later(lambda: Steps(chat).for_each(due, partial(_time_out, chat), lambda: None))


def _is_over(chat: Chat, session: Session) -> bool:
    incoming = session.incoming
    return incoming is None or session.closed or incoming.due <= chat.now.mono


def _time_out(chat: Chat, session: Session) -> None:
    incoming = session.incoming
    if not _is_over(chat, session):
        return  # it is another one, which has begun since
    chat.batching.discard(session)
    session.incoming = None
    if incoming is None:
        return
    _hold(chat, incoming, 0)
    if not (incoming.failed or session.closed):
        params = ("BATCH", "TIMEOUT", incoming.reference)
        text = f"The batch was open for more than {TIMEOUT:.0f} seconds: nothing was sent"
        at = chat.now.wall
        lines = [] if incoming.is_notice else [Line(chat.settings.server_name, "FAIL", params, text, at)]
        chat.fanout.answer(session, lines, incoming.label, at)


def _add(ctx: Context, incoming: Incoming) -> None:
    """Add a line, or refuse the batch for it."""
    message, text = ctx.message, ctx.param(1)
    concat = CONCAT in message.tags and bool(incoming.lines)
    incoming.size += len(text.encode()) + (1 if incoming.lines and not concat else 0)
    incoming.command = incoming.command or message.command
    if message.command not in _SAID or message.command != incoming.command or len(ctx.params) < 2:
        _refuse(ctx, "MULTILINE_INVALID", text="A batch holds PRIVMSG or NOTICE with a text, and not both")
    elif message.tags.keys() - _INSIDE:
        _refuse(ctx, "MULTILINE_INVALID", text="Tags of the message belong on the line that opens the batch")
    elif fold(ctx.param(0)) != fold(incoming.target):
        text = "All lines of a batch go where the batch goes"
        _refuse(
            ctx, "MULTILINE_INVALID_TARGET", printable(incoming.target), printable(ctx.param(0)), text=text
        )
    elif CONCAT in message.tags and not text:
        _refuse(ctx, "MULTILINE_INVALID", text="A line that continues another one cannot be blank")
    elif len(incoming.lines) >= MULTILINE_LINES:
        _refuse(
            ctx,
            "MULTILINE_MAX_LINES",
            str(MULTILINE_LINES),
            text=f"A message has at most {MULTILINE_LINES} lines",
        )
    elif incoming.size > MULTILINE_BYTES:
        _refuse(
            ctx,
            "MULTILINE_MAX_BYTES",
            str(MULTILINE_BYTES),
            text=f"A message has at most {MULTILINE_BYTES} bytes",
        )
    elif not _hold(ctx.chat, incoming, incoming.weight + LINE + getsizeof(text)):
        _refuse_for_room(ctx)
    else:
        incoming.lines.append(f"\r{text}" if concat else text)


def _refuse_for_room(ctx: Context) -> None:
    ctx.chat.count("refusals.memory_batches", ctx.session.account)
    text = "Many long messages are being sent at this moment: send yours again, or a shorter one"
    _refuse(ctx, "MULTILINE_MAX_BYTES", str(BATCHES.modest), text=text)


def _hold(chat: Chat, incoming: Incoming, weight: int) -> bool:
    """Let a batch take so many bytes in memory; False when there is no room for it."""
    if chat.batches.room(weight, incoming.weight) < weight:
        return False
    chat.batches.bytes += weight - incoming.weight
    incoming.weight = weight
    return True


def _refuse(ctx: Context, code: str, *context: str, text: str) -> None:
    """Say what is wrong with the batch that is open, unless it is a notice; nothing more comes of it."""
    incoming = ctx.session.incoming
    assert incoming is not None, "what is refused is a batch"
    ctx.label = incoming.label or ctx.label
    incoming.failed = True
    incoming.lines.clear()
    _hold(ctx.chat, incoming, 0)
    if not incoming.is_notice:  # not `ctx.server`: a notice among messages is answered
        server, params, at = ctx.settings.server_name, ("BATCH", code, *context), ctx.at
        ctx.reply(Line(server, "FAIL", params, f"{text}: nothing was sent", at))


def _is(reference: str) -> bool:
    return _REFERENCE.fullmatch(reference) is not None
