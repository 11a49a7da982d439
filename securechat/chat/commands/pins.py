"""Pins: messages of a channel that its operators keep in sight. PIN, UNPIN, PINS (docs/protocol.md)."""

from collections.abc import Callable

from securechat.chat.commands.redaction import look_up
from securechat.chat.jobs import FetchPins, JobResult, PinsRead
from securechat.chat.limits import MAX_PINS
from securechat.chat.membership import is_at_least
from securechat.chat.ports import Pin
from securechat.chat.records import MessagePinned, MessageSent, MessageUnpinned
from securechat.chat.rules.history import channel_place
from securechat.chat.rules.references import key_of
from securechat.chat.state.channel import Channel
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import msgid
from securechat.irc.text import printable
from securechat.irc.timestamp import format_ms


def pin(ctx: Context) -> None:
    """PIN <channel> <msgid>

    Pins a message, for half-operators and up.
    """
    pinned = ctx.registry.pinned
    asked_at = pinned.count

    def read(pins: tuple[Pin, ...]) -> None:
        look_up(ctx, key_of(ctx.param(1)), lambda messages: found(pins, messages))

    def found(pins: tuple[Pin, ...], messages: tuple[MessageSent, ...]) -> None:
        channel = keeper_of(ctx)
        if channel is None:
            return
        if pinned.changed(channel.id, asked_at):
            pin(ctx)  # another session was faster
        elif not messages or not pinnable(channel, messages[0]):
            unknown(ctx, channel)
        elif any(pin.message.id == messages[0].id for pin in pins):
            ctx.fail("ALREADY_PINNED", channel.name, ctx.param(1), text="This message is pinned already")
        elif len(pins) >= MAX_PINS:
            text = f"A channel has at most {MAX_PINS} pins: UNPIN one first"
            ctx.fail("TOO_MANY_PINS", channel.name, text=text)
        else:
            account = ctx.user.account.id
            ctx.record(MessagePinned(channel.id, messages[0].id, account, ctx.chat.now.wall))

    with_pins(ctx, keeper_of(ctx), read)


def pinnable(channel: Channel, message: MessageSent) -> bool:
    """Return whether it is something said that everybody in the channel may read, and no event."""
    said = message.command in ("PRIVMSG", "NOTICE") and message.redacted is None
    return said and message.channel == channel.id and message.rank is None


def unpin(ctx: Context) -> None:
    """UNPIN <channel> <msgid>

    Takes a pin off a message, for half-operators and up.
    """

    def read(pins: tuple[Pin, ...]) -> None:
        channel, key = keeper_of(ctx), key_of(ctx.param(1))
        if channel is None:
            return
        if key is None or all(pin.message.id != key for pin in pins):
            unknown(ctx, channel)
        else:
            ctx.record(MessageUnpinned(channel.id, key, ctx.user.account.id, ctx.chat.now.wall))

    with_pins(ctx, keeper_of(ctx), read)


def pins_command(ctx: Context) -> None:
    """PINS <channel>

    Shows the pinned messages of a channel that you are in.
    """

    def read(pins: tuple[Pin, ...]) -> None:
        channel = member_of(ctx)
        if channel is None:
            return
        since = channel_place(ctx, channel).since
        for pin in pins:
            if pin.message.id >= since:
                show_pin(ctx, channel, pin)
        ctx.server("NOTE", "PINS", "END_OF_PINS", channel.name, text="End of pins")

    with_pins(ctx, member_of(ctx), read)


def show_pin(ctx: Context, channel: Channel, pin: Pin) -> None:
    """Reply one pin; a long message only as far as the line has room."""
    message, by = pin.message, ctx.registry.called(pin.by)
    params = ("PINS", "PIN", channel.name, msgid.encode(message.id), by, format_ms(pin.at))
    ctx.server("NOTE", *params, text=f"<{message.nick}> {message.text}".replace("\n", " "))


def with_pins(ctx: Context, channel: Channel | None, read: Callable[[tuple[Pin, ...]], None]) -> None:
    """Call `read` with a channel's pins; without a channel nothing happens, since the reply says why."""
    if channel is None:
        return
    name = channel.name

    def go_on(result: JobResult) -> None:
        if isinstance(result, PinsRead):
            read(result.pins)
        else:
            ctx.fail("STORE_UNAVAILABLE", name, text="The server is busy: nothing was done, try again")

    ctx.ask(FetchPins(ctx.session.link, channel.id), go_on)


def member_of(ctx: Context) -> Channel | None:
    """Return the channel that is meant if the user is in it; else reply why not."""
    channel = ctx.registry.channel(ctx.param(0))
    if channel is None or ctx.user.id not in channel.members:
        ctx.fail("INVALID_TARGET", printable(ctx.param(0)), text="You are not in such a channel")
        return None
    return channel


def keeper_of(ctx: Context) -> Channel | None:
    """Return the channel that is meant if the user may pin there; else reply why not."""
    channel = member_of(ctx)
    if channel is not None and not is_at_least(channel.ranks(ctx.user.id), "h"):
        ctx.fail("PIN_FORBIDDEN", channel.name, text="Only half-operators and up pin messages here")
        return None
    return channel


def unknown(ctx: Context, channel: Channel) -> None:
    """Say that there is no such message."""
    name = printable(ctx.param(1))
    ctx.fail("UNKNOWN_MSGID", channel.name, name, text="There is no such message here, or no such pin")


COMMANDS = (
    Command("PIN", pin, min_params=2),
    Command("PINS", pins_command, min_params=1),
    Command("UNPIN", unpin, min_params=2),
)
