"""What a client that does not read history by itself gets at login: what its account missed in its channels.

An account misses what is said while it has no session. Where that began is the newest id at the time when
its last session ended, which is stored (`records.AccountSeen`); how much is replayed has a bound
(`history.replay`).
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from securechat.chat.account import Account
from securechat.chat.batches import reply_batches
from securechat.chat.context import Context
from securechat.chat.history import lines_of, readable_channels
from securechat.chat.jobs import FetchMissed, JobResult, MessagesRead
from securechat.chat.line import Line
from securechat.chat.offline import deliver_waiting
from securechat.chat.records import ONLINE, AccountSeen, MessageSent
from securechat.chat.session import Continuation
from securechat.irc import capabilities as cap

if TYPE_CHECKING:
    from securechat.chat.core import Core


def catch_up(ctx: Context, account: Account, missed_after: int | None) -> None:
    """Let a session that has just come in have what its account missed after an id; None is nothing.

    Not when it reads history by itself: then the specification of chathistory wants nothing sent.
    """
    if ctx.session.has(cap.CHATHISTORY):
        return
    if ctx.registry.waiting[account.id] > 0:
        deliver_waiting(ctx.session, account)
    if missed_after is not None and ctx.settings.history_replay > 0:
        ctx.session.backlog.appendleft(Continuation(lambda then: _fetch(then, missed_after)))


def came(core: "Core", account: Account) -> None:
    """The account's first session has come in. In an outcome of its own: a full disk must keep nobody out."""
    core.later(lambda: _store(core, account, ONLINE))


def went(core: "Core", account: Account) -> None:
    """The account's last session has ended: it misses what comes after the newest id."""
    core.later(lambda: _store(core, account, core.ids.last))


def _store(core: "Core", account: Account, seen: int) -> None:
    core.enter(AccountSeen(account.id, seen, account.seen), None)


def _fetch(ctx: Context, after: int) -> None:
    def read(result: JobResult) -> None:
        if isinstance(result, MessagesRead):
            reply_batches(ctx, _batches(ctx, result.messages))

    channels = readable_channels(ctx)
    if channels:
        ctx.ask(FetchMissed(ctx.session.link, channels, after, ctx.settings.history_replay), read)


def _batches(
    ctx: Context, messages: Iterable[MessageSent]
) -> Iterator[tuple[str, tuple[str, ...], Iterable[Line]]]:
    for key, of_channel in groupby(messages, key=lambda message: message.channel):
        channel = ctx.registry.channels.get(key) if key is not None else None
        if channel is not None:
            yield "chathistory", (channel.name,), lines_of(ctx.registry, of_channel)
