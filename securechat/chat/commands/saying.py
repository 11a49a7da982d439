"""Saying something to one target: a channel, some ranks of a channel, or a person.

What is said is stored, then shown.
"""

from typing import Final

from securechat.chat import service
from securechat.chat.commands import run
from securechat.chat.commands.draft import UNSTORED, Draft, filtered
from securechat.chat.membership import RANKS, SYMBOLS, symbol_of
from securechat.chat.records.messages import sent_now
from securechat.chat.reserved import is_service
from securechat.chat.rules import reports
from securechat.chat.rules.access import is_op_moderated, may_speak, spoke
from securechat.chat.rules.shares import no_room
from securechat.chat.rules.silence import keeps_out
from securechat.chat.state.channel import Channel
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.names import is_channel
from securechat.irc.text import MAX_LINE, body_room, count, printable

HALFOPS: Final = "h"
"""The rank from which on members see what is said under +U."""
OFFLINE: Final = "offline, delivered at next login"
OFFLINE_BOT: Final = "a bot that is offline: it reads what was said only when it asks for it"


def to_one(ctx: Context, draft: Draft, name: str, nonce: str | None) -> None:
    """Send a message to a channel, to some ranks of a channel, or to a person."""
    if is_channel(name):
        to_channel(ctx, draft, name, nonce)
    elif name[0] in SYMBOLS and is_channel(name.lstrip(SYMBOLS)):
        to_ranks(ctx, draft, name, nonce)
    else:
        to_person(ctx, draft, name, nonce)


def to_channel(ctx: Context, draft: Draft, name: str, nonce: str | None, rank: str | None = None) -> None:
    """Send to a channel, or to its members with a rank or a higher one (STATUSMSG)."""
    channel = open_channel(ctx, name, draft.shown)
    if channel is None:
        return
    reported = None
    if ctx.chat.settings.words.active:
        draft, reported = filtered(ctx, draft)
    if channel.strict and is_op_moderated(channel, ctx.user):
        rank = HALFOPS if rank is None else min(rank, HALFOPS, key=RANKS.index)
    addressed = channel.name if rank is None else symbol_of(rank) + channel.name
    if record_message(ctx, draft, addressed, channel.id, None, nonce, rank=rank):
        if channel.strict:
            spoke(ctx, channel)
        if not draft.tags:
            run.begin(ctx, draft.command, name, channel)
        if reported is not None:
            reports.noticed(ctx, channel.name, draft.shown, reported)


def to_ranks(ctx: Context, draft: Draft, name: str, nonce: str | None) -> None:
    """Send to some ranks of a channel; of several the lowest."""
    plain = name.lstrip(SYMBOLS)
    rank = RANKS[max(SYMBOLS.index(symbol) for symbol in name[: -len(plain)])]
    to_channel(ctx, draft, plain, nonce, rank)


def open_channel(ctx: Context, name: str, text: str) -> Channel | None:
    """Return a channel if its modes let the user say this in it; else reply why not."""
    user, channel = ctx.user, ctx.chat.registry.channel(name)
    if channel is None or (user.id not in channel.members and channel.hidden):
        ctx.numeric(num.ERR_NOSUCHCHANNEL, printable(name), text="No such channel")
        return None
    reason = may_speak(ctx, channel, text)
    if reason is not None:
        ctx.numeric(num.ERR_CANNOTSENDTOCHAN, channel.name, text=reason)
        return None
    return channel


def to_person(ctx: Context, draft: Draft, name: str, nonce: str | None) -> None:
    """Send to a user, to an account that is offline, or to the pseudo-user."""
    if is_service(name):
        service.obey(ctx, draft.command, draft.text)
        return
    user = ctx.registry.user(name)
    if user is not None:
        kept = record_message(ctx, draft, user.nick, None, user.account.id, nonce)
        if kept and user.away is not None and draft.command == "PRIVMSG":
            ctx.numeric(num.RPL_AWAY, user.nick, text=user.away)
        return
    account = ctx.registry.account(name)
    if account is None or not account.usable:
        ctx.numeric(num.ERR_NOSUCHNICK, printable(name), text="No such nick or account")
        return
    users = ctx.registry.users_called(name)
    if users:  # under other nicks than its name
        kept = record_message(ctx, draft, account.name, None, account.id, nonce)
        if kept and all(user.away is not None for user in users) and draft.command == "PRIVMSG":
            ctx.numeric(num.RPL_AWAY, account.name, text=users[0].away)
        return
    if record_message(ctx, draft, account.name, None, account.id, nonce, offline=True):
        ctx.numeric(num.RPL_AWAY, account.name, text=OFFLINE_BOT if account.role == "bot" else OFFLINE)


def record_message(
    ctx: Context,
    draft: Draft,
    addressed: str,
    channel: int | None,
    recipient: int | None,
    nonce: str | None,
    *,
    offline: bool = False,
    rank: str | None = None,
) -> bool:
    """Record and announce the message; False when nothing of it is kept."""
    chat, user, command, text, nick = ctx.chat, ctx.user, draft.command, draft.text, draft.nick
    passing = command == "TAGMSG" and not draft.tags.keys() - UNSTORED
    if recipient is not None and keeps_out(ctx, recipient, addressed, quietly=passing):
        return False
    source = user.source if nick is None else f"{nick}!{user.account.name}@{ctx.settings.server_name}"
    line = f":{source} {command} {addressed} :{text}\r\n"
    if not (len(line) <= MAX_LINE and line.isascii()) and _is_too_long(ctx, draft, source, addressed):
        return False
    message = sent_now(
        chat.ids.next(chat.now.wall, chat.now.mono),
        chat.now.wall,
        command,
        user.account.id,
        user.nick if nick is None else nick,
        channel,
        recipient,
        addressed,
        text,
        draft.tags,
        nonce,
        offline,
        rank,
    )
    if draft.reference is not None:
        refusal = draft.reference.refusal(message, chat.settings.edit_window)
        if refusal is not None:
            ctx.fail(refusal.code, addressed, printable(draft.reference.written), text=refusal.text)
            return False
        message = message._replace(refers=draft.reference.of(message))
    if passing:
        chat.announce(message, ctx)
        return False
    full = no_room(chat, user.account, recipient) if offline and recipient is not None else None
    if full is not None:
        ctx.fail("LIMIT_REACHED", addressed, text=full)
        return False
    chat.enter(message, ctx)
    return True


def _is_too_long(ctx: Context, draft: Draft, source: str, addressed: str) -> bool:
    """Say so if a text, or one of its lines, is longer than a line of IRC has room for.

    Cutting it would lose what was said; passing it on would break clients that hold lines of 512 bytes.
    """
    lines = draft.text.split("\n")
    size = max(len(line.removeprefix("\r").encode()) for line in lines)
    over = size - body_room(source, draft.command, addressed)
    if over <= 0:
        return False
    reason = f"The text is {count(over, 'byte')} too long for one line: nothing was sent"
    if len(lines) > 1:
        ctx.server("FAIL", "BATCH", "MULTILINE_INVALID", text=reason)
    else:
        ctx.numeric(num.ERR_INPUTTOOLONG, text=reason)
    return True
