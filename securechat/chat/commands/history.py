"""CHATHISTORY: what was said, in pages (https://ircv3.net/specs/extensions/chathistory).

A query thread reads, the hub goes on meanwhile. Whatever the subcommand, the oldest message comes first.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from securechat.chat import limits
from securechat.chat.jobs import (
    FetchContext,
    FetchHistory,
    FetchTargets,
    FindMessages,
    JobResult,
    MessagesRead,
    TargetsRead,
)
from securechat.chat.line import Line
from securechat.chat.lines.history import lines_of
from securechat.chat.reading import LAST_ID, ChannelPlace, Conversation, Place, Span, Target, time_of
from securechat.chat.records import DirectDelivered, MessageSent
from securechat.chat.rules.history import as_called, name_of, place_of, readable_channels
from securechat.chat.rules.reactions import with_reactions
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.chat.turn.pieces import reply_batch
from securechat.irc import capabilities as cap
from securechat.irc import msgid, timestamp
from securechat.irc.text import printable


@dataclass(frozen=True, slots=True)
class Point:
    """What a selector selects: a message by its `id`, or those of a time, `at` (ms since the epoch)."""

    id: int = -1
    at: int | None = None


EVERYTHING: Final = Point()
"""The selector `*`: all ids come after it."""


class Unusable(Exception):
    """A parameter that cannot be used. `code` and `context` are those of the FAIL."""

    def __init__(self, code: str, text: str, *context: str) -> None:
        super().__init__(text)
        self.code = code
        self.context = context


def chathistory(ctx: Context) -> None:
    """CHATHISTORY LATEST | BEFORE | AFTER | AROUND <target> <selector> <limit>

    Reads what was said in a channel or a conversation; a selector is msgid=... or timestamp=..., or * for
    LATEST. CHATHISTORY BETWEEN <target> <selector> <selector> <limit> and CHATHISTORY TARGETS <timestamp>
    <timestamp> <limit>, which lists where something was said, have two.
    """
    subcommand = ctx.param(0).upper()
    try:
        if subcommand == "TARGETS":
            targets(ctx)
        elif subcommand in SPANS:
            messages(ctx, subcommand)
        else:
            raise Unusable("INVALID_PARAMS", "Unknown command")
    except Unusable as problem:
        ctx.fail(problem.code, printable(ctx.param(0)), *problem.context, text=str(problem))


def messages(ctx: Context, subcommand: str) -> None:
    """Reply with the messages that a subcommand other than TARGETS selects."""
    selectors, spans = SPANS[subcommand]
    expect_params(ctx, selectors + 3)
    target = ctx.param(1)
    points = [point(ctx, text, subcommand == "LATEST") for text in ctx.params[2 : 2 + selectors]]
    limit = read_limit(ctx)
    found = place_of(ctx, target)
    if found is None:
        raise Unusable("INVALID_TARGET", "Messages could not be retrieved", printable(target))
    place, name = found

    def read(result: JobResult) -> None:
        if isinstance(result, MessagesRead):
            ended = result.ended
            with_reactions(
                ctx, result.messages, lambda found: with_context(ctx, subcommand, found, ended, show)
            )
        else:
            show(None, False)

    def show(messages: Iterable[MessageSent] | None, ended: bool) -> None:
        if messages is not None:
            lines = lines_of(ctx.registry, as_called(ctx, messages, name))
            reply_batch(ctx, "chathistory", (name,), lines, end_tag(ended))
        else:
            text = "Messages could not be retrieved: the server is busy, try again"
            ctx.fail("MESSAGE_ERROR", subcommand, name, text=text)

    def fetch(points: list[Point]) -> None:
        # What the client would not be sent must not use up its limit: fewer mean that there is no more.
        events, tombstones = wanted(ctx)
        events = events and not conceals(ctx, place)
        ctx.ask(FetchHistory(ctx.session.link, place, spans(points, limit), events, tombstones), read)

    in_order(ctx, points, fetch)


def end_tag(ended: bool) -> dict[str, str] | None:
    """Return the tags of a batch that is the last one in its direction, or is not."""
    return {cap.END_TAG: ""} if ended else None


def with_context(
    ctx: Context,
    subcommand: str,
    messages: Iterable[MessageSent] | None,
    ended: bool,
    then: Callable[[Iterable[MessageSent] | None, bool], None],
) -> None:
    """Call `then` with the messages and behind each what was done to it later, which counts for nothing.

    Not for those who read forwards: they come to it, and might go on from the time of the last line. Nor for
    those who have the reactions in a tag.
    """
    able = ctx.session.has(cap.MESSAGE_TAGS) and not ctx.session.has(cap.REACTIONS)
    if messages is None or not able or subcommand in ("AFTER", "BETWEEN"):
        then(messages, ended)
        return
    messages = tuple(messages)
    keys = tuple(message.id for message in messages if message.redacted is None)
    if not keys:
        then(messages, ended)
        return

    def read(result: JobResult) -> None:
        related: dict[int | None, list[MessageSent]] = {}
        for one in result.messages if isinstance(result, MessagesRead) else ():
            if one.id not in keys and (one.command != "TAGMSG" or ctx.session.has(cap.EVENT_PLAYBACK)):
                tagged = one._replace(tags={**one.tags, cap.CONTEXT_TAG: ""})
                related.setdefault(one.refers, []).append(tagged)
        then([one for message in messages for one in (message, *related.get(message.id, ()))], ended)

    ctx.ask(FetchContext(ctx.session.link, keys), read)


def in_order(ctx: Context, points: list[Point], fetch: Callable[[list[Point]], None]) -> None:
    """Call `fetch` with points that can be compared: of a message beside a time, the time is looked up."""
    keys = tuple(point.id for point in points if point.at is None)
    if not 0 < len(keys) < len(points):
        fetch(points)
        return

    def found(result: JobResult) -> None:
        at = time_of(keys[0])
        if isinstance(result, MessagesRead) and result.messages:
            at = result.messages[0].at
        fetch([replace(point, at=at) if point.at is None else point for point in points])

    ctx.ask(FindMessages(ctx.session.link, ctx.user.account.id, (), keys), found)


def wanted(ctx: Context) -> tuple[bool, bool]:
    """Return whether the client is sent events, and redactions."""
    return ctx.session.has(cap.EVENT_PLAYBACK), ctx.session.has(cap.MESSAGE_REDACTION)


def conceals(ctx: Context, place: Place) -> bool:
    """Return whether events would tell who is in an auditorium (+u): only those with a rank see that."""
    channel = ctx.registry.channels.get(place.channel) if isinstance(place, ChannelPlace) else None
    return channel is not None and "u" in channel.modes and not channel.ranks(ctx.user.id)


def targets(ctx: Context) -> None:
    """Reply where something was said between two points in time."""
    expect_params(ctx, 4)
    for text in ctx.params[1:3]:
        if not text.startswith("timestamp="):
            raise Unusable("INVALID_PARAMS", "TARGETS takes timestamps", printable(text))
    first, second = (point(ctx, text, False) for text in ctx.params[1:3])
    (span,) = between([first, second], read_limit(ctx))

    def read(result: JobResult) -> None:
        if isinstance(result, TargetsRead):
            lines = target_lines(ctx, result.targets)
            reply_batch(ctx, "draft/chathistory-targets", (), lines, end_tag(result.ended))
            handed_over(ctx, result, span)
        else:
            text = "Targets could not be retrieved: the server is busy, try again"
            ctx.fail("MESSAGE_ERROR", "TARGETS", text=text)

    channels = readable_channels(ctx)
    ctx.ask(FetchTargets(ctx.session.link, ctx.user.account.id, channels, span, *wanted(ctx)), read)


def target_lines(ctx: Context, found: tuple[Target, ...]) -> list[Line]:
    """The lines that name places and the times of their latest messages."""
    server, at = ctx.settings.server_name, ctx.chat.now.wall
    named = [(name_of(ctx, target.place), target) for target in found]
    return [
        Line(server, "CHATHISTORY", ("TARGETS", name, timestamp.format_ms(target.at)), None, at)
        for name, target in named
        if name is not None
    ]


def handed_over(ctx: Context, result: TargetsRead, span: Span) -> None:
    """A client that reads history needs no delivery: messages stop waiting once it knows where to read them.

    Conversations that were not named go on waiting: those that went on after the span, and those that the
    limit left out. In an outcome of its own: a full disk must not keep anybody from reading.
    """
    account, waiting = ctx.user.account, ctx.registry.waiting[ctx.user.account.id]
    places = [(target.place, target.id) for target in result.targets]
    named = {place.other: key for place, key in places if isinstance(place, Conversation)}
    if not waiting or not named or not ctx.session.has(cap.CHATHISTORY):
        return
    until = span.until
    if not (result.ended or span.newest) or (until is not None and until <= ctx.chat.now.wall):
        return  # it does not reach up to the present
    upto, senders = max(named.values()), tuple(named)
    record = DirectDelivered(account.id, upto, True, waiting, span.since, senders)
    ctx.chat.later(lambda: ctx.chat.enter(record, None))


# Parameters


def expect_params(ctx: Context, count: int) -> None:
    """Raise Unusable unless there are so many parameters."""
    if len(ctx.params) < count:
        raise Unusable("INVALID_PARAMS", "Insufficient parameters")
    if len(ctx.params) > count:
        raise Unusable("INVALID_PARAMS", "Too many parameters")


def read_limit(ctx: Context) -> int:
    """Return the last parameter as a number of messages, at most what ISUPPORT says."""
    text = ctx.params[-1]
    if not (text.isascii() and text.isdigit()) or int(text[:9]) == 0:
        raise Unusable("INVALID_PARAMS", "The limit is a number from 1 on", printable(text))
    return min(int(text[:9]), limits.MAX_HISTORY)


def point(ctx: Context, text: str, latest: bool) -> Point:
    """Read a selector."""
    if latest and text == "*":
        return EVERYTHING
    kind, _, value = text.partition("=")
    try:
        if kind == "msgid":
            key = min(msgid.decode(value), LAST_ID)
            return Point(key)
        if kind == "timestamp":
            return Point(at=timestamp.parse(value))
    except ValueError as error:
        raise Unusable("INVALID_PARAMS", f"Invalid {kind}: {error}", printable(text)) from None
    context = printable(ctx.param(1)), printable(text)
    raise Unusable("INVALID_MSGREFTYPE", "Messages are selected by msgid= and timestamp=", *context)


# Selections


def past(point: Point, limit: int, newest: bool, until: Point | None = None) -> Span:
    """What comes after a point, and before another one."""
    span = (
        Span(-1, LAST_ID, limit, newest, since=point.at)
        if point.id < 0
        else Span(point.id, LAST_ID, limit, newest)
    )
    if until is None:
        return span
    return replace(span, until=until.at) if until.id < 0 else replace(span, before=until.id)


def latest(points: list[Point], limit: int) -> tuple[Span, ...]:
    """The newest after a point."""
    return (past(points[0], limit, True),)


def before(points: list[Point], limit: int) -> tuple[Span, ...]:
    """The newest before a point."""
    return (past(EVERYTHING, limit, True, points[0]),)


def after(points: list[Point], limit: int) -> tuple[Span, ...]:
    """The oldest after a point."""
    return (past(points[0], limit, False),)


def around(points: list[Point], limit: int) -> tuple[Span, ...]:
    """Half of the limit before a point, and the rest from it on."""
    (point,) = points
    earlier, later = limit // 2, limit - limit // 2
    just_before = Point(point.id - 1) if point.at is None else Point(at=point.at - 1)
    return past(EVERYTHING, earlier, True, point), past(just_before, later, False)


def between(points: list[Point], limit: int) -> tuple[Span, ...]:
    """Between two points, counted from the first one: forwards or backwards in time."""
    one, two = points
    if (one.at or 0, one.id) <= (two.at or 0, two.id):
        return (past(one, limit, False, two),)
    return (past(two, limit, True, one),)


SPANS: Final[dict[str, tuple[int, Callable[[list[Point], int], tuple[Span, ...]]]]] = {
    "AFTER": (1, after),
    "AROUND": (1, around),
    "BEFORE": (1, before),
    "BETWEEN": (2, between),
    "LATEST": (1, latest),
}
"""Subcommands: how many selectors they have, and what they select."""

COMMANDS = (Command("CHATHISTORY", chathistory, min_params=1, cost=1.0),)
