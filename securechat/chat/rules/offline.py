"""Direct messages to an account that was offline: they wait, and its next login gets them."""

from typing import Final

from securechat.chat.jobs import FetchUndelivered, JobResult, MessagesRead
from securechat.chat.lines.announcements.messages import line_of
from securechat.chat.records import DirectDelivered
from securechat.chat.state.account import Account
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context, Continuation
from securechat.irc import capabilities as cap

AT_ONCE: Final = 100
"""Messages read by one query. The next query waits until the session has taken most of them."""


def deliver_waiting(session: Session, account: Account, after: int = 0) -> None:
    """Let the session have what waits for its account, before its next command is handled."""
    session.backlog.appendleft(Continuation(lambda ctx: _fetch(ctx, account, after)))


def _fetch(ctx: Context, account: Account, after: int) -> None:
    waiting = ctx.registry.waiting
    counted = waiting[account.id]

    def read(result: JobResult) -> None:
        if not isinstance(result, MessagesRead):
            return  # they go on waiting, for the next login
        messages = result.messages
        for message in messages:
            readable = message.command != "TAGMSG" or ctx.session.has(cap.MESSAGE_TAGS)
            if readable and message.redacted is None:
                ctx.reply(line_of(ctx.registry, message._replace(addressed=ctx.nick)))
        upto = messages[-1].id if messages else after
        more = len(messages) == AT_ONCE or waiting[account.id] != counted  # others have come meanwhile
        if more:
            deliver_waiting(ctx.session, account, upto)
        if messages:
            ctx.chat.later(lambda: _delivered(ctx.chat, account, upto, more))
        elif not more:
            del waiting[account.id]  # a registry just loaded knows only that there may be some

    ctx.ask(FetchUndelivered(ctx.session.link, account.id, after, AT_ONCE), read)


def _delivered(chat: Chat, account: Account, upto: int, more: bool) -> None:
    """Store that the messages up to this id arrived; in an outcome of its own, since they did."""
    counted = chat.registry.waiting[account.id]
    chat.enter(DirectDelivered(account.id, upto, more, counted), None)
