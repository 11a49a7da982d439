"""Direct messages to an account that was offline: they wait, and its next login gets them."""

from collections.abc import Callable, Sequence
from math import inf
from typing import Final

from securechat.chat.jobs import FetchReceived, FetchUndelivered, JobResult, MessagesRead
from securechat.chat.lines.announcements.messages import readdressed
from securechat.chat.lines.replayed import replayed
from securechat.chat.records import DirectDelivered, MessageSent
from securechat.chat.state.account import Account, Missed
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context, do_next
from securechat.chat.turn.pieces import reply_long
from securechat.irc import capabilities as cap

AT_ONCE: Final = 100
"""Messages read by one query. The next query waits until the session has taken most of them."""


def deliver_waiting(ctx: Context, account: Account, after: int = 0) -> None:
    """Let the session have what waits for its account, before its next command is handled."""
    do_next(ctx.chat, ctx.session, lambda then: _fetch(then, account, after))


def _fetch(ctx: Context, account: Account, after: int) -> None:
    waiting = ctx.registry.waiting
    counted = waiting[account.id]

    def read(result: JobResult) -> None:
        if not isinstance(result, MessagesRead):
            return  # they go on waiting, for the next login
        messages = result.messages
        upto = messages[-1].id if messages else after
        left = bool(messages) and not result.ended

        def shown(ctx: Context) -> None:
            more = left or waiting[account.id] != counted  # others have come meanwhile
            if more:
                deliver_waiting(ctx, account, upto)
            if messages:
                ctx.chat.later(lambda: _delivered(ctx.chat, account, upto, more))
            elif not more:
                del waiting[account.id]  # a registry just loaded knows only that there may be some

        _show(ctx, messages, shown)

    ctx.ask(FetchUndelivered(ctx.session.link, account.id, after, AT_ONCE), read)


def deliver_received(ctx: Context, account: Account, missed: Missed, after: int, until: int) -> None:
    """Let the session have all direct messages with ids after one and up to another one.

    Among them are those that waited for the account, and those that its other sessions got meanwhile.
    """
    do_next(ctx.chat, ctx.session, lambda then: _fetch_received(then, account, missed, after, until))


def _fetch_received(ctx: Context, account: Account, missed: Missed, after: int, until: int) -> None:
    waiting = ctx.registry.waiting

    def read(result: JobResult) -> None:
        if not isinstance(result, MessagesRead):
            missed.played = inf  # they are still missed at the next login
            return
        messages = [message for message in result.messages if message.id <= until]
        upto = messages[-1].id if messages else after
        more = bool(messages) and not result.ended and len(messages) == len(result.messages)

        def shown(ctx: Context) -> None:
            if more:
                deliver_received(ctx, account, missed, upto, until)
            if messages and waiting[account.id] > 0:
                ctx.chat.later(lambda: _delivered(ctx.chat, account, upto, more))

        _show(ctx, messages, shown)

    ctx.ask(FetchReceived(ctx.session.link, account.id, after, AT_ONCE), read)


def _show(ctx: Context, messages: Sequence[MessageSent], then: Callable[[Context], None]) -> None:
    """Show messages as they are to the session's own nick, in pieces; `then` follows when all were sent."""
    tags = ctx.session.has(cap.MESSAGE_TAGS)
    shown = (one for one in messages if one.redacted is None and (tags or one.command != "TAGMSG"))
    own = (readdressed(ctx.registry, message, ctx.nick) for message in shown)
    do_next(ctx.chat, ctx.session, then)
    reply_long(ctx, (replayed(ctx.registry, message, ctx.session.caps) for message in own))


def _delivered(chat: Chat, account: Account, upto: int, more: bool) -> None:
    """Store that the messages up to this id arrived; in an outcome of its own, since they did."""
    counted = chat.registry.waiting[account.id]
    chat.enter(DirectDelivered(account.id, upto, more, counted), None)
