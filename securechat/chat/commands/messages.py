"""Talking: PRIVMSG, NOTICE, TAGMSG.

A message is said to each of its targets (`saying`). One that carries a nonce (`+securechat/nonce`) is
stored once: when the nonce comes again, after a lost connection say, its sender gets the first one's echo and
nobody else gets anything.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from securechat.chat import limits
from securechat.chat.commands.draft import Draft, client_tags
from securechat.chat.commands.saying import to_one
from securechat.chat.jobs import FindMessages, JobResult, MessagesRead
from securechat.chat.lines.announcements.messages import line_of
from securechat.chat.records import MessageSent
from securechat.chat.rules import targets
from securechat.chat.rules.references import referred
from securechat.chat.turn.command import FIRST, Command
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import msgid
from securechat.irc import numerics as num
from securechat.irc.message import NO_TAGS
from securechat.irc.text import printable

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
    message = ctx.message
    command, params = message.command, message.params
    name = params[0] if params else ""
    if not name:
        ctx.numeric(num.ERR_NORECIPIENT, text=f"No recipient given ({command})")
        return
    said = params[1] if len(params) > 1 else ""
    if not said:
        ctx.numeric(num.ERR_NOTEXTTOSEND, text="No text to send")
        return
    ctx.session.active = ctx.chat.now.mono
    tags = client_tags(ctx) if message.tags else NO_TAGS
    draft = Draft(command, said, tags)
    if tags:
        prepare(ctx, draft, recipients(ctx))
    elif "," in name:
        to_all(ctx, draft, recipients(ctx))
    else:
        to_one(ctx, draft, name, None)


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
    if not names or (reference is None and (not wanted or is_new(ctx, wanted))):
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


def is_new(ctx: Context, wanted: Sequence[str]) -> bool:
    """Return whether it is known at once that the account has sent nothing with these nonces."""
    account = ctx.user.account.id
    return ctx.registry.nonces.has_all_new(account) and ctx.chat.lacks(account, wanted)


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


def repeat(ctx: Context, original: MessageSent) -> None:
    """Answer a repeated nonce with the original echo."""
    if original.redacted is None:
        ctx.chat.fanout.echo(line_of(ctx.registry, original), ctx)
    else:
        text = "This message was sent, and redacted since"
        ctx.fail("MESSAGE_REDACTED", original.addressed, msgid.encode(original.id), text=text)


COMMANDS = (
    Command("NOTICE", notice, listed=FIRST),
    Command("PRIVMSG", privmsg, listed=FIRST),
    Command("TAGMSG", tagmsg, listed=FIRST),
)
