"""Talking: PRIVMSG, NOTICE, TAGMSG.

A message is stored, then shown, for each of its targets. One that carries a nonce (`+securechat/nonce`) is
stored once: when the nonce comes again, after a lost connection say, its sender gets the first one's echo and
nobody else gets anything.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from securechat.chat import limits, service
from securechat.chat.commands.draft import UNSTORED, Draft, client_tags, filtered
from securechat.chat.jobs import FindMessages, JobResult, MessagesRead
from securechat.chat.lines.announcements.messages import line_of
from securechat.chat.membership import RANKS, SYMBOLS, symbol_of
from securechat.chat.records import MessageSent
from securechat.chat.reserved import is_service
from securechat.chat.rules import reports, targets
from securechat.chat.rules.access import is_op_moderated, may_speak, spoke
from securechat.chat.rules.references import referred
from securechat.chat.rules.shares import no_room
from securechat.chat.rules.silence import keeps_out
from securechat.chat.state.channel import Channel
from securechat.chat.turn.command import FIRST, Command
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import msgid
from securechat.irc import numerics as num
from securechat.irc.names import is_channel
from securechat.irc.text import body_room, count, printable

HALFOPS: Final = "h"
"""The rank from which on members see what is said under +U."""
OFFLINE: Final = "offline, delivered at next login"
OFFLINE_BOT: Final = "a bot that is offline: it reads what was said only when it asks for it"
MAX_NONCE: Final = 64


def privmsg(ctx: Context) -> None:
    """PRIVMSG <channel | nick>{,<channel | nick>} :<text>

    Says something to channels or people.
    """
    text(ctx)


def notice(ctx: Context) -> None:
    """NOTICE <channel | nick>{,<channel | nick>} :<text>

    Says something that must not be answered automatically.
    """
    text(ctx)


def tagmsg(ctx: Context) -> None:
    """TAGMSG <channel | nick>{,<channel | nick>}

    Sends client tags without a text, such as a reaction.
    """
    if not ctx.param(0):
        ctx.numeric(num.ERR_NORECIPIENT, text="No recipient given (TAGMSG)")
        return
    tags = client_tags(ctx)
    if tags:
        prepare(ctx, Draft("TAGMSG", "", tags), recipients(ctx))


def text(ctx: Context) -> None:
    """Check a message that has a text."""
    command, name, said = ctx.message.command, ctx.param(0), ctx.param(1)
    if not name:
        ctx.numeric(num.ERR_NORECIPIENT, text=f"No recipient given ({command})")
        return
    if not said:
        ctx.numeric(num.ERR_NOTEXTTOSEND, text="No text to send")
        return
    ctx.session.active = ctx.chat.now.mono
    if ctx.message.tags:
        prepare(ctx, Draft(command, said, client_tags(ctx)), recipients(ctx))
    elif "," in name:
        to_all(ctx, Draft(command, said), recipients(ctx))
    else:
        to_one(ctx, Draft(command, said), name, None)


def recipients(ctx: Context) -> list[str]:
    """Return the names that a message is for, each once; none, with the reply, when there are none."""
    names = targets.listed(ctx, 0)
    if names != [""]:
        return names
    ctx.numeric(num.ERR_NORECIPIENT, text=f"No recipient given ({ctx.message.command})")
    return []


def prepare(ctx: Context, draft: Draft, names: Sequence[str]) -> None:
    """Find what the tags of a message refer to, and whether its nonce was used; then send it to these."""
    nonce, reference = draft.tags.get(cap.NONCE_TAG) or None, referred(draft.tags)
    if nonce is not None and (len(nonce) > MAX_NONCE or "\n" in nonce):
        ctx.fail(
            "INVALID_PARAMS", text=f"A nonce has at most {MAX_NONCE} characters, none of them a line end"
        )
        return
    if len(draft.tags.get(cap.REACT_TAG, "").encode()) > limits.MAX_REACTION:
        ctx.fail("INVALID_PARAMS", text=f"A reaction has at most {limits.MAX_REACTION} bytes")
        return
    look_up(ctx, draft._replace(nonce=nonce, reference=reference), names, {})


def look_up(
    ctx: Context, draft: Draft, names: Sequence[str], stored: Mapping[str | None, MessageSent]
) -> None:
    """Ask memory for the nonces, and the store for what memory does not know; then send the message.

    `stored` are those that memory knows and that are on disk. What it knows beyond them may still be refused
    by a full disk, so it is confirmed again only when it is remembered after this turn.
    """
    remembered, reference = in_memory(ctx, draft, names), draft.reference
    if remembered != stored:
        ctx.when_stored(lambda: look_up(ctx, draft, names, remembered))
        return
    wanted = [key for key in nonces(draft, names) if key not in remembered]
    account, revisions, memory = ctx.user.account.id, ctx.registry.revisions, ctx.registry.nonces
    asked_at, subject = revisions.count, reference.key if reference is not None else None
    forgotten = memory.forgotten(account)
    if not names or (not wanted and reference is None):
        to_all(ctx, draft._replace(known=remembered), names)
        return

    def found(result: JobResult) -> None:
        if not isinstance(result, MessagesRead):
            text = "The server is busy: nothing was sent, try again"
            ctx.fail("STORE_UNAVAILABLE", printable(ctx.param(0)), text=text)
        elif in_memory(ctx, draft, names) != stored or revisions.changed(subject, asked_at):
            look_up(ctx, draft, names, stored)  # another session was faster
        elif wanted and memory.forgotten(account) != forgotten:
            look_up(ctx, draft, names, stored)  # it may have been, and memory does not know any more
        else:
            known = {one.nonce: one for one in result.messages if one.nonce in wanted} | remembered
            referred_to = reference and reference.found(result.messages, result.changes)
            to_all(ctx, draft._replace(known=known, reference=referred_to), names)

    keys = () if subject is None else (subject,)
    changes = reference is not None and (reference.edits or reference.reacts)
    ctx.ask(FindMessages(ctx.session.link, account, tuple(wanted), keys, changes=changes), found)


def nonces(draft: Draft, names: Sequence[str]) -> list[str]:
    """Return the nonces that are stored: each target has its own, since a nonce is unique."""
    if draft.nonce is None:
        return []
    return [draft.nonce if not index else f"{draft.nonce}\n{index}" for index in range(len(names))]


def in_memory(ctx: Context, draft: Draft, names: Sequence[str]) -> dict[str | None, MessageSent]:
    """Return the messages with these nonces that memory knows, which may not be stored yet."""
    account, remembered = ctx.user.account.id, ctx.registry.nonces
    found = [(key, remembered.find(account, key)) for key in nonces(draft, names)]
    return {key: message for key, message in found if message is not None}


def to_all(ctx: Context, draft: Draft, names: Sequence[str]) -> None:
    """Send a message to each target, except those that got it before with this nonce."""
    keys: Sequence[str | None] = nonces(draft, names) or (None,) * len(names)

    def send(target: tuple[str, str | None]) -> None:
        name, key = target
        original = draft.known.get(key)
        if original is not None:
            repeat(ctx, original)
        else:
            to_one(ctx, draft, name, key)

    pairs = [(name, key) for name, key in zip(names, keys, strict=True) if key not in draft.done]
    if draft.nonce is None:
        ctx.for_each(pairs, send)
        return
    for index, pair in enumerate(pairs, 1):
        send(pair)
        if ctx.chat.tired() and index < len(pairs):
            done = draft.done.union([key for _, key in pairs[:index]])
            go_on(ctx, draft._replace(done=done, known={}), names)
            return


def go_on(ctx: Context, draft: Draft, names: Sequence[str]) -> None:
    """Send a message to the rest of its targets in a later turn.

    Another session of the account may use the nonce for some of them meanwhile. What was echoed so far waits
    for the rest: if that finds no room, the sender asks again with the nonce.
    """
    ctx.when_stored(lambda: look_up(ctx, draft, names, {}))


def to_one(ctx: Context, draft: Draft, name: str, nonce: str | None) -> None:
    """Send a message to a channel, to some ranks of a channel, or to a person."""
    if is_channel(name):
        to_channel(ctx, draft, name, nonce)
    elif name[0] in SYMBOLS and is_channel(name.lstrip(SYMBOLS)):
        to_ranks(ctx, draft, name, nonce)
    else:
        to_person(ctx, draft, name, nonce)


def repeat(ctx: Context, original: MessageSent) -> None:
    """Answer a repeated nonce with the original echo."""
    if original.redacted is None:
        ctx.chat.fanout.echo(line_of(ctx.registry, original), ctx)
    else:
        text = "This message was sent, and redacted since"
        ctx.fail("MESSAGE_REDACTED", original.addressed, msgid.encode(original.id), text=text)


def to_channel(ctx: Context, draft: Draft, name: str, nonce: str | None) -> None:
    """Send to a channel."""
    channel = open_channel(ctx, name, draft.shown)
    if channel is None:
        return
    draft, reported = filtered(ctx, draft)
    if is_op_moderated(channel, ctx.user):
        addressed = symbol_of(HALFOPS) + channel.name
        kept = record_message(ctx, draft, addressed, channel.id, None, nonce, rank=HALFOPS)
    else:
        kept = record_message(ctx, draft, channel.name, channel.id, None, nonce)
    if kept and channel.strict:
        spoke(ctx, channel)
    if kept and reported is not None:
        reports.noticed(ctx, channel.name, draft.shown, reported)


def to_ranks(ctx: Context, draft: Draft, name: str, nonce: str | None) -> None:
    """Send to a channel's members with a rank or a higher one (STATUSMSG); of several ranks the lowest."""
    plain = name.lstrip(SYMBOLS)
    channel = open_channel(ctx, plain, draft.shown)
    if channel is not None:
        draft, reported = filtered(ctx, draft)
        rank = RANKS[max(SYMBOLS.index(symbol) for symbol in name[: -len(plain)])]
        if is_op_moderated(channel, ctx.user):
            rank = min(rank, HALFOPS, key=RANKS.index)
        if record_message(ctx, draft, symbol_of(rank) + channel.name, channel.id, None, nonce, rank=rank):
            spoke(ctx, channel)
            if reported is not None:
                reports.noticed(ctx, channel.name, draft.shown, reported)


def open_channel(ctx: Context, name: str, text: str) -> Channel | None:
    """Return a channel if its modes let the user say this in it; else reply why not."""
    channel = ctx.registry.channel(name)
    if channel is None or not channel.visible_to(ctx.user.id):
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
    chat, user, command, text = ctx.chat, ctx.user, draft.command, draft.text
    nick = draft.nick or user.nick
    passing = command == "TAGMSG" and not draft.tags.keys() - UNSTORED
    if recipient is not None and keeps_out(ctx, recipient, addressed, quietly=passing):
        return False
    size = len(text.encode())
    if "\n" in text:
        size = max(len(line.removeprefix("\r").encode()) for line in text.split("\n"))
    source = f"{nick}!{user.account.name}@{ctx.settings.server_name}"
    over = size - body_room(source, command, addressed)
    if over > 0:
        # Cutting it would lose what was said; passing it on would break clients that hold lines of 512 bytes.
        reason = f"The text is {count(over, 'byte')} too long for one line: nothing was sent"
        if "\n" in text:
            ctx.server("FAIL", "BATCH", "MULTILINE_INVALID", text=reason)
        else:
            ctx.numeric(num.ERR_INPUTTOOLONG, text=reason)
        return False
    message = MessageSent(
        chat.next_id(),
        chat.now.wall,
        command,
        user.account.id,
        nick,
        channel,
        recipient,
        addressed,
        text,
        draft.tags,
        nonce,
        offline,
        rank=rank,
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
    ctx.record(message)
    return True


COMMANDS = (
    Command("NOTICE", notice, listed=FIRST),
    Command("PRIVMSG", privmsg, listed=FIRST),
    Command("TAGMSG", tagmsg, listed=FIRST),
)
