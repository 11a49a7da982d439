"""Talking: PRIVMSG, NOTICE, TAGMSG.

A message is stored, then shown. One that carries a nonce (`+securechat/nonce`) is stored once: when the nonce
comes again, after a lost connection say, its sender gets the first one's echo and nobody else gets anything.
"""

from typing import Final

from securechat.chat.announcements.messages import line_of
from securechat.chat.context import Context
from securechat.chat.dispatch import Command, printable
from securechat.chat.jobs import FindNonce, JobResult, MessagesRead
from securechat.chat.line import MAX_BODY
from securechat.chat.records import MessageSent
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.names import is_channel

OFFLINE: Final = "offline, delivered at next login"
MAX_NONCE: Final = 64
UNSTORED: Final = frozenset({"+typing", cap.NONCE_TAG})
"""Client tags that by themselves are no reason to keep a TAGMSG."""


def privmsg(ctx: Context) -> None:
    """PRIVMSG <channel | nick> :<text>

    Says something to a channel or a person.
    """
    text(ctx)


def notice(ctx: Context) -> None:
    """NOTICE <channel | nick> :<text>

    Says something that must not be answered automatically.
    """
    text(ctx)


def tagmsg(ctx: Context) -> None:
    """TAGMSG <channel | nick>

    Sends client tags without a text, such as a reaction.
    """
    if not ctx.param(0):
        ctx.numeric(num.ERR_NORECIPIENT, text="No recipient given (TAGMSG)")
    elif client_tags(ctx):
        once(ctx)


def text(ctx: Context) -> None:
    """Check a message that has a text."""
    if not ctx.param(0):
        ctx.numeric(num.ERR_NORECIPIENT, text=f"No recipient given ({ctx.message.command})")
    elif not ctx.param(1):
        ctx.numeric(num.ERR_NOTEXTTOSEND, text="No text to send")
    else:
        ctx.session.active = ctx.core.now.mono
        once(ctx)


def once(ctx: Context) -> None:
    """Send a message unless its nonce is known; what memory does not know the store may."""
    nonce = ctx.message.tags.get(cap.NONCE_TAG)
    if not nonce:
        send(ctx, None)
        return
    if len(nonce) > MAX_NONCE:
        ctx.fail("INVALID_PARAMS", text=f"A nonce has at most {MAX_NONCE} characters")
        return
    account = ctx.user.account.id
    if repeated(ctx, ctx.registry.nonces.find(account, nonce)):
        return

    def found(result: JobResult) -> None:
        if not isinstance(result, MessagesRead):
            ctx.fail(
                "STORE_UNAVAILABLE", ctx.param(0), text="The server is busy: nothing was sent, try again"
            )
        elif not repeated(ctx, ctx.registry.nonces.find(account, nonce) or next(iter(result.messages), None)):
            send(ctx, nonce)

    ctx.ask(FindNonce(ctx.session.link, account, nonce), found)


def repeated(ctx: Context, original: MessageSent | None) -> bool:
    """Answer a repeated nonce with the original echo; False when there is no original."""
    if original is None:
        return False
    ctx.core.fanout.echo(line_of(ctx.registry, original), ctx)
    return True


def send(ctx: Context, nonce: str | None) -> None:
    """Find the target and let the message happen."""
    target = ctx.param(0)
    if is_channel(target):
        to_channel(ctx, target, nonce)
    else:
        to_person(ctx, target, nonce)


def to_channel(ctx: Context, target: str, nonce: str | None) -> None:
    """Send to a channel; only its members may (mode +n)."""
    channel = ctx.registry.channel(target)
    if channel is None:
        ctx.numeric(num.ERR_NOSUCHCHANNEL, printable(target), text="No such channel")
    elif ctx.user.id not in channel.members:
        ctx.numeric(num.ERR_CANNOTSENDTOCHAN, channel.name, text="You are not in this channel: join it first")
    else:
        happen(ctx, channel.name, channel.id, None, nonce)


def to_person(ctx: Context, target: str, nonce: str | None) -> None:
    """Send to a user, or to an account that is offline."""
    user = ctx.registry.user(target)
    if user is not None:
        kept = happen(ctx, user.nick, None, user.account.id, nonce)
        if kept and user.away is not None and ctx.message.command == "PRIVMSG":
            ctx.numeric(num.RPL_AWAY, user.nick, text=user.away)
        return
    account = ctx.registry.account(target)
    if account is None or not account.usable:
        ctx.numeric(num.ERR_NOSUCHNICK, printable(target), text="No such nick or account")
        return
    if happen(ctx, account.name, None, account.id, nonce, offline=True):
        ctx.numeric(num.RPL_AWAY, account.name, text=OFFLINE)


def happen(
    ctx: Context,
    addressed: str,
    channel: int | None,
    recipient: int | None,
    nonce: str | None,
    *,
    offline: bool = False,
) -> bool:
    """Record and announce the message; False when nothing of it is kept."""
    core, user, command = ctx.core, ctx.user, ctx.message.command
    tags, text = client_tags(ctx), ctx.param(1) if command != "TAGMSG" else ""
    over = len(f":{user.source} {command} {addressed} :{text}\r\n".encode()) - MAX_BODY
    if over > 0:
        # Cutting it would lose what was said; passing it on would break clients that hold lines of 512 bytes.
        text = f"The text is {over} bytes too long for one line: nothing was sent"
        ctx.numeric(num.ERR_INPUTTOOLONG, text=text)
        return False
    message = MessageSent(
        core.next_id(),
        core.now.wall,
        command,
        user.account.id,
        user.nick,
        channel,
        recipient,
        addressed,
        text,
        tags,
        nonce,
        offline,
    )
    if command == "TAGMSG" and not tags.keys() - UNSTORED:
        core.announce(message, ctx)
        return False
    ctx.record(message)
    return True


def client_tags(ctx: Context) -> dict[str, str]:
    """Return the client-only tags of the message; all others are the server's to give."""
    tags = ctx.message.tags
    return {name: value for name, value in tags.items() if name.startswith("+")} if tags else {}


COMMANDS = (
    Command("NOTICE", notice),
    Command("PRIVMSG", privmsg),
    Command("TAGMSG", tagmsg),
)
