"""What it missed: a client that does not read history gets that at its login.

A name (`alice@laptop`, "" for sessions without one) misses what is said while it has no such session. A
session that reads history neither counts nor takes anything away. That time begins with the newest id that
the last session can have taken, which is stored (`records.AccountSeen`): when a connection dies in silence,
that is minutes before the server notices. How much is replayed of a channel has a bound (`history.replay`).
Sessions that ended with the server had, as far as anybody can know, everything up to the newest message of
then. A name that is new begins where the account's others are.

A bot gets nothing that it does not ask for (CHATHISTORY): it would act on what was said long ago.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from math import inf
from typing import Final

from securechat.chat.effects import HoldBack, Release
from securechat.chat.jobs import FetchMissed, JobResult, MessagesRead
from securechat.chat.limits import REMEMBERED_NAMES
from securechat.chat.line import Line
from securechat.chat.lines.history import lines_of
from securechat.chat.reading import ChannelPlace, Span
from securechat.chat.records import ONLINE, AccountSeen, DirectMissed, MessageSent
from securechat.chat.rules.history import channel_place, readable_channels
from securechat.chat.rules.offline import deliver_received, deliver_waiting
from securechat.chat.state.account import Account, Missed, Position
from securechat.chat.state.channel import Channel
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context, do_next
from securechat.chat.turn.pieces import reply_batches
from securechat.irc import capabilities as cap

AT_ONCE: Final = 16
"""Channels of which one query reads. The next query waits until the session has taken most of it."""

Play = Callable[[Context], None]


def came(chat: Chat, session: Session, account: Account) -> None:
    """A session of the account comes in: note after which id it missed what was said.

    The record of that has an outcome of its own: a full disk must keep nobody out.
    """
    if session.has(cap.CHATHISTORY) or account.role == "bot":
        return
    position, after = account.positions.setdefault(session.login.name, Position(None)), None
    if not position.plain:
        after = _others(account) if position.seen is None else position.seen
        chat.later(partial(_here, chat, account, session.login.name, position))
    position.plain += 1
    session.missed = Missed(position, after)


def _others(account: Account) -> int | None:
    """Return where sessions of a new name begin: where all others were sent everything, None for now."""
    positions = account.positions.values()
    if any(position.plain for position in positions):
        return None
    return max((position.seen for position in positions if position.seen is not None), default=None)


def catch_up(ctx: Context, account: Account, arrived: int) -> None:
    """Let a session that has just come in have what it missed; `arrived` was the newest id when it came.

    A session that reads history gets nothing: the specification of chathistory wants that. Messages from now
    on come after that, once.
    """
    session, newest, missed = ctx.session, ctx.chat.ids.last, ctx.session.missed
    if missed is None:
        return
    after = missed.after
    missed.position.taken = max(missed.position.taken, after or 0)
    steps: list[Play] = []
    channels: frozenset[int] = frozenset()
    if after is not None and after < newest and ctx.settings.history_replay > 0:
        span = Span(after, newest + 1, ctx.settings.history_replay, newest=True)
        channels = frozenset(channel.id for channel in ctx.registry.channels_of(ctx.user.id))
        steps.append(lambda then: _fetch(then, missed, readable_channels(then), span))
    if session.login.name and after is not None and after < arrived:
        steps.append(lambda then: deliver_received(then, account, missed, after, arrived))
    elif ctx.registry.waiting[account.id] > 0:
        steps.append(lambda then: deliver_waiting(then, account))
    _play(ctx, missed, steps, channels)


def catch_up_in(ctx: Context, channels: Sequence[Channel]) -> None:
    """Let a session that is a user of its own have what it missed in channels that it has joined, once each.

    Its memberships end with it, so it cannot be sent this at its login.
    """
    missed, most = ctx.session.missed, ctx.settings.history_replay
    if ctx.settings.nicknames != "free" or missed is None or missed.after is None or most == 0:
        return
    new = [channel for channel in channels if channel.id not in missed.replayed]
    if not new:
        return
    span = Span(missed.after, ctx.chat.ids.last + 1, most, newest=True)
    places = tuple(channel_place(ctx, channel) for channel in new)
    of = frozenset(channel.id for channel in new)
    _play(ctx, missed, [lambda then: _fetch(then, missed, places, span)], of)


def _play(ctx: Context, missed: Missed, steps: Sequence[Play], channels: frozenset[int]) -> None:
    """Do the steps before the session's next command, and hold back meanwhile what is said.

    They are for these channels among others. When the command is refused, they are for none.
    """
    chat, session, before = ctx.chat, ctx.session, missed.replayed
    if not steps:
        return

    def hold_back() -> None:
        if missed.playing:
            chat.emit(HoldBack(session.link))

    def undo() -> None:
        missed.playing, missed.replayed = False, before
        chat.later(lambda: chat.emit(Release(session.link)))

    missed.playing, missed.replayed = True, before | channels
    chat.later(hold_back)  # after what this command answers with
    do_next(chat, session, *steps, lambda then: _played(then, missed), when_stored=True)
    chat.if_refused(undo)


def _played(ctx: Context, missed: Missed) -> None:
    missed.playing = False
    missed.played = max(missed.played, ctx.chat.now.mono)
    ctx.chat.emit(Release(ctx.session.link))


def went(chat: Chat, account: Account, session: Session, taken: float | None) -> None:
    """A session has ended: when it was the last plain one of its name, what none has taken is missed.

    Its peer can have taken anything up to the monotonic time `taken`, None for now.
    """
    missed = session.missed
    if missed is None:
        return
    position = missed.position
    if not missed.playing and (chat.now.mono if taken is None else taken) >= missed.played:
        newest = chat.ids.last if taken is None else chat.ids.upto(taken)
        position.taken = max(position.taken, newest)
    position.plain -= 1
    if not position.plain:
        chat.later(lambda: _gone(chat, account, session.login.name, position))


def began(chat: Chat, cut_off: Iterable[tuple[Account, str]]) -> None:
    """The server has started anew, and the sessions of these accounts and names had ended with it.

    That is stored now, or the next start would take what is said from now on for seen.
    """
    for account, name in cut_off:
        position = account.positions[name]
        position.taken = chat.ids.last
        chat.later(partial(_gone, chat, account, name, position))


def store_owed(chat: Chat, most: int | None) -> None:
    """Store how far those read of whom the disk does not know it, as far as they have by now.

    `most` is of how many; None is of all.
    """
    for position in list(islice(chat.unstored, most)):
        account, name = chat.unstored.pop(position)
        if account.positions.get(name) is position:
            chat.later(partial(_here if position.plain else _gone, chat, account, name, position))


def _here(chat: Chat, account: Account, name: str, position: Position) -> None:
    chat.if_refused(lambda: chat.unstored.update({position: (account, name)}))
    _store(chat, account, name, ONLINE)


def _gone(chat: Chat, account: Account, name: str, position: Position) -> None:
    seen = position.taken

    def keep() -> None:
        position.seen = seen  # it is true though the disk is full
        chat.unstored[position] = account, name

    chat.if_refused(keep)
    _store(chat, account, name, seen)
    if seen < chat.ids.last and not chat.registry.sessions_of(account):
        chat.enter(DirectMissed(account.id, seen), None)


def _store(chat: Chat, account: Account, name: str, seen: int) -> None:
    if not name:
        chat.enter(AccountSeen(account.id, seen, account.seen("")), None)
    elif account.phc is not None:
        forgotten = _least_of_too_many(account, name)
        chat.enter(AccountSeen(account.id, seen, account.seen(name), name, forgotten), None)


def _least_of_too_many(account: Account, name: str) -> tuple[str, int] | None:
    """Return the name that was away for longest, if this one would be one too many."""
    others = [known for known in account.known_positions() if known[0] != name]
    away = [known for known in others if not account.positions[known[0]].plain]
    if len(others) < REMEMBERED_NAMES or not away:
        return None
    return min(away, key=lambda known: known[1])


def _fetch(ctx: Context, missed: Missed, channels: tuple[ChannelPlace, ...], span: Span) -> None:
    now, then = channels[:AT_ONCE], channels[AT_ONCE:]

    def read(result: JobResult) -> None:
        if isinstance(result, MessagesRead):
            if then:  # after what is replied here
                do_next(ctx.chat, ctx.session, lambda ctx: _fetch(ctx, missed, then, span))
            reply_batches(ctx, _batches(ctx, result.messages))
        else:
            missed.played = inf  # it is still missed at the next login

    if channels:
        redactions = ctx.session.has(cap.MESSAGE_REDACTION)
        ctx.ask(FetchMissed(ctx.session.link, now, span, redactions), read)


def _batches(
    ctx: Context, messages: Iterable[MessageSent]
) -> Iterator[tuple[str, tuple[str, ...], Iterable[Line]]]:
    for key, of_channel in groupby(messages, key=lambda message: message.channel):
        channel = ctx.registry.channels.get(key) if key is not None else None
        if channel is not None:
            others = (message for message in of_channel if message.sender != ctx.user.account.id)
            yield "chathistory", (channel.name,), lines_of(ctx.registry, others, replay_to=ctx.session.caps)
