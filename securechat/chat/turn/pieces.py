"""Long answers: one batch, sent in pieces that an honest client's SendQ holds.

The opening line is the whole answer to the command (so a label is on it, as labeled-response wants), and
the rest follows in steps of the session's backlog: each waits until the peer has taken most of what came
before. A step also ends when others have waited for long enough. Where much is looked at and little of it
is shown, the lines of an answer have a `None` in place of what is not shown, so that a step can end there,
too.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final, TypeAlias

from securechat.chat.effects import Then
from securechat.chat.items import Drained
from securechat.chat.line import Line, fitting
from securechat.chat.settings import Settings
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context, do_next
from securechat.irc import capabilities as cap

Lines: TypeAlias = Iterable[Line | None]
"""The lines of an answer, with a `None` wherever it can be interrupted without having said something."""
_SHORT: Final = 8
"""Lines that are never worth a piece of their own."""
_LINE_BYTES: Final = 700
"""What a line takes in a SendQ, with its own tags and without those of the client."""


def reply_batch(
    ctx: Context,
    kind: str,
    params: tuple[str, ...],
    lines: Lines,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Reply with lines; in a batch if the client knows batches, which is empty when there are no lines.

    Its opening line has these tags.
    """
    reply_batches(ctx, [(kind, params, lines)], tags)


def reply_batches(
    ctx: Context,
    batches: Iterable[tuple[str, tuple[str, ...], Lines]],
    tags: Mapping[str, str] | None = None,
) -> None:
    """Reply with one batch after the other."""
    opened = Line(ctx.settings.server_name, "BATCH", (), None, ctx.chat.now.wall, tags=tags)
    steps = _written(ctx.session, opened, batches)
    if ctx.label is not None:
        opening = next((line for line in steps if line is not None), None)
        if opening is not None:
            ctx.reply(opening)
    _go_on(ctx, ctx.session, steps)


def short_batch(ctx: Context, kind: str, params: tuple[str, ...], lines: Iterable[Line]) -> Line:
    """A short batch as one reply, or just its lines for a session that does not know batches."""
    forms = (fitting(line, ctx.session.caps) for line in lines)
    parts, at = tuple(form for form in forms if form is not None), ctx.chat.now.wall
    ctx.session.last_batch += 1
    opening = (f"+{ctx.session.last_batch}", kind, *params)
    instead = Line("", "", at=at, parts=parts) if parts else None
    server = ctx.settings.server_name
    return Line(server, "BATCH", opening, None, at, needs=cap.BATCH, instead=instead, parts=parts)


def reply_long(ctx: Context, lines: Lines) -> None:
    """Reply with many lines of one answer, in pieces; a label makes them a batch."""
    if ctx.label is None:
        _go_on(ctx, ctx.session, iter(lines))
    else:
        reply_batch(ctx, "labeled-response", (), lines)


def at_once(settings: Settings) -> int:
    """How many lines are sent as one piece: about an eighth of a SendQ."""
    return settings.sendq // 8 // _LINE_BYTES


def reply_all(ctx: Context, lines: Lines) -> None:
    """Reply with the lines of one answer, in pieces when they are many or take long."""
    first, rest = begun(ctx.chat, lines)
    if rest is not None:
        reply_long(ctx, rest)
        return
    for line in first:
        ctx.reply(line)


def follow_up(ctx: Context, session: Session, lines: Lines) -> None:
    """Let a session have lines that follow what a command, its own or not, has shown it.

    When they are many, or another session's peer is slow, they come in pieces, after the answer to the
    command and before that to the next one, and not before the command is stored. Of many sessions to which
    the same is shown some have to wait for it.
    """
    waits = session is not ctx.session and (ctx.chat.tired() or ctx.chat.is_behind(session))
    first, rest = begun(ctx.chat, lines) if not waits else ([], iter(lines))
    if rest is not None:
        _go_on(ctx, session, rest, when_stored=True)
        if session is not ctx.session:
            ctx.chat.emit(Then(Drained(session.link)))  # nothing else would have it look at its backlog
    elif session is ctx.session:
        for line in first:
            ctx.reply(line)
    else:
        ctx.chat.fanout.send(session, *first)


def begun(chat: Chat, lines: Lines) -> tuple[list[Line], Iterator[Line | None] | None]:
    """Return the lines, when they fit into one piece; else what makes all of them bit by bit, too."""
    most, rest = at_once(chat.settings), iter(lines)
    first: list[Line] = []
    for looks, line in enumerate(rest, 1):
        if line is not None:
            first.append(line)
        if len(first) > most or ((line is None or looks > _SHORT) and chat.tired()):
            return first, chain(first, rest)
    return first, None


def _written(
    session: Session, opened: Line, batches: Iterable[tuple[str, tuple[str, ...], Lines]]
) -> Iterator[Line | None]:
    """The lines of batches; `opened` is what begins each, without its parameters."""
    for kind, params, lines in batches:
        if not session.has(cap.BATCH):
            yield from lines
            continue
        session.last_batch += 1
        reference = str(session.last_batch)
        yield opened._replace(params=(f"+{reference}", kind, *params))
        for line in lines:
            form = fitting(line, session.caps) if line is not None else None
            yield form._replace(batch=reference) if form is not None else None
        yield opened._replace(params=(f"-{reference}",), tags=None)


def _go_on(
    ctx: Context, session: Session, lines: Iterator[Line | None], *, when_stored: bool = False
) -> None:
    do_next(ctx.chat, session, lambda then: _step(then, lines), when_stored=when_stored)


def _step(ctx: Context, lines: Iterator[Line | None]) -> None:
    """Send about an eighth of a SendQ; a session waits above a quarter (see `core`)."""
    room = ctx.settings.sendq // 8
    for line in lines:
        if line is not None:
            ctx.reply(line)
            room -= _room_of(line)
        if room <= 0 or ctx.chat.tired():
            _go_on(ctx, ctx.session, lines)
            return


def _room_of(line: Line) -> int:
    tags = sum(len(name) + 2 * len(value) for name, value in line.tags.items()) if line.tags else 0
    return _LINE_BYTES * (1 + len(line.parts or ())) + tags
