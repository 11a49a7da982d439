"""What a client that does not read history by itself gets at login: what its account missed in its channels.

What is missed is what is said while the account has no such session; one that reads history neither counts
nor takes anything away. Where that began is the newest id that the last one can have taken, which is stored
(`records.AccountSeen`): when a connection dies in silence, that is minutes before the server notices. How
much is replayed has a bound (`history.replay`). Sessions that ended with the server had, as far as anybody
can know, everything up to the newest message of then.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from math import inf

from securechat.chat.effects import HoldBack, Release
from securechat.chat.jobs import FetchMissed, JobResult, MessagesRead
from securechat.chat.line import Line
from securechat.chat.lines.history import lines_of
from securechat.chat.reading import Span
from securechat.chat.records import ONLINE, AccountSeen, DirectMissed, MessageSent
from securechat.chat.rules.history import readable_channels
from securechat.chat.rules.offline import deliver_waiting
from securechat.chat.state.account import Account
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context, Continuation
from securechat.chat.turn.pieces import reply_batches
from securechat.irc import capabilities as cap


def came(chat: Chat, session: Session, account: Account) -> int | None:
    """A session of the account comes in; return the id after which it missed what was said, None for nothing.

    What is stored of that is in an outcome of its own: a full disk must keep nobody out.
    """
    session.plain = not session.has(cap.CHATHISTORY)
    if not session.plain:
        return None
    account.plain += 1
    if account.plain > 1:
        return None
    chat.later(lambda: _store(chat, account, ONLINE))
    return account.seen


def catch_up(ctx: Context, account: Account, missed_after: int | None) -> None:
    """Let a session that has just come in have what it missed after an id; None is nothing.

    Not when it reads history by itself: then the specification of chathistory wants nothing sent. What is
    said from now on comes after that, once.
    """
    session, newest = ctx.session, ctx.chat.ids.last
    account.taken = max(account.taken, missed_after or 0)
    if not session.plain:
        return
    steps: list[Callable[[Context], None]] = []
    if missed_after is not None and missed_after < newest and ctx.settings.history_replay > 0:
        span = Span(missed_after, newest + 1, ctx.settings.history_replay, newest=True)
        steps.append(lambda then: _fetch(then, span))
    if ctx.registry.waiting[account.id] > 0:
        steps.append(lambda then: deliver_waiting(then.session, account))
    if steps:
        session.catching_up = True
        # After the welcome, which this command answers with.
        ctx.chat.later(lambda: ctx.chat.emit(HoldBack(session.link)))
        session.backlog.extendleft(Continuation(step) for step in reversed([*steps, _caught_up]))


def _caught_up(ctx: Context) -> None:
    session = ctx.session
    session.catching_up = False
    session.caught_up = max(session.caught_up, ctx.chat.now.mono)
    ctx.chat.emit(Release(session.link))


def went(chat: Chat, account: Account, session: Session) -> None:
    """A session of the account has ended: when it was the last plain one, what none has taken is missed."""
    if not session.plain:
        return
    taken = chat.now.mono if session.taken is None else session.taken
    if taken >= session.caught_up and not session.catching_up:
        newest = chat.ids.last if session.taken is None else chat.ids.before(taken)
        account.taken = max(account.taken, newest)
    account.plain -= 1
    if not account.plain:
        chat.later(lambda: _gone(chat, account))


def began(chat: Chat, cut_off: Iterable[Account]) -> None:
    """The server has started anew, and the sessions of these accounts had ended with it.

    That is stored now, or the next start would take what is said from now on for seen.
    """
    for account in cut_off:
        account.taken = chat.ids.last
        chat.later(partial(_gone, chat, account))


def _gone(chat: Chat, account: Account) -> None:
    seen = account.taken

    def keep() -> None:
        account.seen = seen  # it is true though the disk is full

    chat.if_refused(keep)
    _store(chat, account, seen)
    if seen < chat.ids.last and not chat.registry.sessions_of(account):
        chat.enter(DirectMissed(account.id, seen), None)


def _store(chat: Chat, account: Account, seen: int) -> None:
    chat.enter(AccountSeen(account.id, seen, account.seen), None)


def _fetch(ctx: Context, span: Span) -> None:
    def read(result: JobResult) -> None:
        if isinstance(result, MessagesRead):
            reply_batches(ctx, _batches(ctx, result.messages))
        else:
            ctx.session.caught_up = inf  # it is still missed at the next login

    channels = readable_channels(ctx)
    if channels:
        redactions = ctx.session.has(cap.MESSAGE_REDACTION)
        ctx.ask(FetchMissed(ctx.session.link, channels, span, redactions), read)


def _batches(
    ctx: Context, messages: Iterable[MessageSent]
) -> Iterator[tuple[str, tuple[str, ...], Iterable[Line]]]:
    for key, of_channel in groupby(messages, key=lambda message: message.channel):
        channel = ctx.registry.channels.get(key) if key is not None else None
        if channel is not None:
            others = (message for message in of_channel if message.sender != ctx.user.account.id)
            yield "chathistory", (channel.name,), lines_of(ctx.registry, others)
