"""Taking messages back: REDACT.

https://ircv3.net/specs/extensions/message-redaction. The store erases the text of a redacted message and its
edits; it keeps that there was a message. A person who may not see a message learns nothing of it: its id is
unknown.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from securechat.chat.jobs import FindMessages, JobResult, MessagesRead
from securechat.chat.lines.history import addressed
from securechat.chat.membership import SYMBOLS, is_at_least
from securechat.chat.reading import EDITS_AT_ONCE
from securechat.chat.records import MessageRedacted, MessageSent
from securechat.chat.rules import access
from securechat.chat.rules.history import may_read
from securechat.chat.rules.references import key_of
from securechat.chat.rules.silence import keeps_out
from securechat.chat.state.account import Account
from securechat.chat.state.channel import Channel
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.names import is_channel
from securechat.irc.text import body_room, count, printable


class Conversation(NamedTuple):
    """Where a message was said, as the session calls it: a channel, or what it shares with an account."""

    name: str
    channel: Channel | None
    account: Account | None

    def holds(self, ctx: Context, message: MessageSent) -> bool:
        """Return whether the message was said here, and can be seen by the session's user."""
        if self.channel is not None:
            readable = ctx.session.operator is not None or may_read(ctx, self.channel, message)
            return message.channel == self.channel.id and readable
        if message.channel is not None or self.account is None:
            return False
        if ctx.session.operator is not None:
            return self.account.id in (message.sender, message.recipient)
        return {message.sender, message.recipient} == {ctx.user.account.id, self.account.id}

    def is_there(self, ctx: Context) -> bool:
        """Return whether the channel was not dropped meanwhile."""
        return self.channel is None or ctx.registry.channels.get(self.channel.id) is self.channel


def redact(ctx: Context) -> None:
    """REDACT <channel | nick> <msgid> [:<reason>]

    Takes back a message: your own, or any in a channel of which you are an operator.
    """

    def found(messages: tuple[MessageSent, ...]) -> None:
        place = conversation(ctx, ctx.param(0))
        if place is None:
            name = printable(ctx.param(0))
            ctx.fail("INVALID_TARGET", name, text=f"You cannot redact messages in {name}")
        elif not messages or messages[0].redacted is not None or not place.holds(ctx, messages[0]):
            unknown = printable(ctx.param(1))
            ctx.fail("UNKNOWN_MSGID", place.name, unknown, text="There is no such message here")
        elif may_redact(ctx, place, messages[0]):
            again = partial(look_up, ctx, messages[0].id, found, original=True)
            record_redaction(ctx, place, messages, lambda: ctx.when_stored(again))

    look_up(ctx, key_of(ctx.param(1)), found)


def conversation(ctx: Context, name: str) -> Conversation | None:
    """Return the conversation that the user calls so; None for a channel that they are not in, or nobody."""
    plain = name.lstrip(SYMBOLS)
    if is_channel(plain):
        channel = ctx.registry.channel(plain)
        if channel is None or not (ctx.user.id in channel.members or ctx.session.operator is not None):
            return None
        return Conversation(channel.name, channel, None)
    found = ctx.registry.known(name)
    return Conversation(found[1], None, found[0]) if found is not None else None


def look_up(
    ctx: Context, key: int | None, found: Callable[[tuple[MessageSent, ...]], None], *, original: bool = False
) -> None:
    """Find a message and its edits, the original first; an edit's id stands for the whole.

    An edit refers to the original itself, so one step leads there (`original`): what a database holds that is
    otherwise cannot lead round in a circle.
    """
    if key is None:
        found(())
        return
    revisions = ctx.registry.revisions
    asked_at = revisions.count

    def read(result: JobResult) -> None:
        if not isinstance(result, MessagesRead):
            text = "The server is busy: nothing was done, try again"
            ctx.fail("STORE_UNAVAILABLE", printable(ctx.param(0)), text=text)
            return
        messages = result.messages
        if revisions.changed(key, asked_at):
            look_up(
                ctx, key, found, original=original
            )  # another edit, or somebody else's redaction, was faster
        elif not original and messages and is_edit(messages[0]):
            look_up(ctx, messages[0].refers, found, original=True)
        else:
            found(messages)

    ctx.ask(FindMessages(ctx.session.link, ctx.user.account.id, (), (key,), edits=True), read)


def is_edit(message: MessageSent) -> bool:
    """Return whether a message replaces one that was said before it."""
    return cap.EDIT_TAG in message.tags and message.refers is not None and message.refers < message.id


def may_redact(ctx: Context, place: Conversation, message: MessageSent) -> bool:
    """Return whether the user may; else reply why not."""
    window, msgid = ctx.settings.edit_window, ctx.param(1)
    if moderates(ctx, place.channel):
        return True
    if message.sender != ctx.user.account.id:
        ctx.fail("REDACT_FORBIDDEN", place.name, msgid, text="You can only redact what you said yourself")
        return False
    if window and ctx.chat.now.wall - message.at > window * 1000:
        text = "It is too late to redact this message"
        ctx.fail("REDACT_WINDOW_EXPIRED", place.name, msgid, str(window), text=text)
        return False
    return True


def moderates(ctx: Context, channel: Channel | None) -> bool:
    """Return whether the user may remove what others said there."""
    if ctx.session.operator is not None:
        return True
    return channel is not None and is_at_least(channel.ranks(ctx.user.id), "o")


def record_redaction(
    ctx: Context, place: Conversation, messages: tuple[MessageSent, ...], again: Callable[[], None]
) -> None:
    """Record the redaction of the edits of a message, and then of the message itself.

    That may take several turns, in which others do what they like: `again` is called when there are more
    edits by then. The message comes last: while it is there, who repeats the command takes back the rest.
    """
    chat, user, (original, *edits) = ctx.chat, ctx.user, messages
    reason, revisions = sayable(ctx, place.channel, original), ctx.registry.revisions
    target, read_at = shown_target(place, original), revisions.count
    over = len(reason.encode()) - body_room(user.source, "REDACT", target, ctx.param(1))
    if over > 0:
        ctx.numeric(
            num.ERR_INPUTTOOLONG, text=f"The reason is {count(over, 'byte')} too long: nothing was redacted"
        )
        return

    def record(message: MessageSent) -> None:
        if place.is_there(ctx) and not revisions.changed(message.id, read_at):
            by, key = user.account.id, chat.next_id()
            ctx.record(MessageRedacted(message, by, user.source, target, reason, chat.now.wall, key))

    def finish() -> None:
        changed = revisions.changed(original.id, read_at)
        if changed or len(edits) >= EDITS_AT_ONCE or not place.is_there(ctx):
            again()
            return
        if original.sender != user.account.id:
            ctx.audit("redact", target, f"{ctx.param(1)} {reason}".rstrip())
        record(original)
        if reason and place.channel is not None:
            access.spoke(ctx, place.channel)

    ctx.for_each(edits, record, finish)


def shown_target(place: Conversation, message: MessageSent) -> str:
    """Return what the line that tells of a redaction calls the place."""
    return place.name if place.channel is None else addressed(place.channel, message)


def sayable(ctx: Context, channel: Channel | None, message: MessageSent) -> str:
    """Return the reason; "" when the user may not say it where the message was said."""
    reason = ctx.param(2)
    if ctx.session.operator is not None:
        return reason
    if channel is None:
        other = message.recipient if message.sender == ctx.user.account.id else message.sender
        return "" if other is not None and keeps_out(ctx, other, "", quietly=True) else reason
    if message.rank is None:
        return access.reason_for(ctx, channel, reason)
    return reason if access.may_speak(ctx, channel, reason) is None else ""


COMMANDS = (Command("REDACT", redact, min_params=2),)
