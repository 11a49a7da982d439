"""What a session is told when it comes in."""

from collections.abc import Iterator

from securechat.chat import modes
from securechat.chat.line import Line
from securechat.chat.lines import isupport, metadata
from securechat.chat.membership import symbols
from securechat.chat.state.channel import Channel
from securechat.chat.state.session import CHOSEN_MODES, GIVEN_MODES, User
from securechat.chat.turn.context import Context
from securechat.chat.turn.pieces import short_batch
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.text import count


def burst(ctx: Context) -> Iterator[Line]:
    """The numerics 001 to 005, the number of people, and the message of the day."""
    settings, user = ctx.settings, ctx.user

    def numeric(code: str, *params: str, text: str | None = None) -> Line:
        return Line(settings.server_name, code, (user.nick, *params), text, ctx.chat.now.wall)

    software = f"securechat-{settings.version}"
    yield numeric(num.RPL_WELCOME, text=f"Welcome to {settings.network}, {user.nick}")
    yield numeric(num.RPL_YOURHOST, text=f"Your host is {settings.server_name}, running {software}")
    yield numeric(num.RPL_CREATED, text="Every message that you see confirmed is on this server's disk")
    user_modes = "".join(sorted(CHOSEN_MODES + GIVEN_MODES))
    yield numeric(num.RPL_MYINFO, settings.server_name, software, user_modes, *modes.my_info())
    yield from supported(ctx)
    yield user.line("SETNAME", (), user.realname, ctx.chat.now.wall)._replace(needs=cap.WHOAMI)
    yield from lusers(ctx)
    yield from own_metadata(ctx)
    yield from motd(ctx)


def supported(ctx: Context) -> Iterator[Line]:
    """What the server supports; as a batch for those who know `draft/extended-isupport`."""
    server, nick, at, session = ctx.settings.server_name, ctx.nick, ctx.chat.now.wall, ctx.session
    text = "are supported by this server"
    lines = [
        Line(server, num.RPL_ISUPPORT, (nick, *tokens), text, at) for tokens in isupport.lines(ctx.settings)
    ]
    if not (session.has(cap.BATCH) and session.has(cap.EXTENDED_ISUPPORT)):
        yield from lines
        return
    session.last_batch += 1
    reference = str(session.last_batch)
    yield Line(server, "BATCH", (f"+{reference}", "draft/isupport"), at=at)
    for line in lines:
        yield line._replace(batch=reference)
    yield Line(server, "BATCH", (f"-{reference}",), at=at)


def lusers(ctx: Context) -> Iterator[Line]:
    """How many people and channels there are; secret channels are not counted."""
    chat, registry = ctx.chat, ctx.registry

    def numeric(code: str, *params: str, text: str) -> Line:
        return Line(chat.settings.server_name, code, (ctx.nick, *params), text, chat.now.wall)

    users, most = str(len(registry.users)), str(registry.peak)
    shown = len(registry.users) - registry.invisible
    open_channels = len(registry.channels) - len(registry.channel_names.hidden)
    verb = "is" if shown == 1 else "are"
    text = f"There {verb} {count(shown, 'user')} and {registry.invisible} invisible on 1 server"
    yield numeric(num.RPL_LUSERCLIENT, text=text)
    operators = {session.user for session in chat.operators}
    yield numeric(num.RPL_LUSEROP, str(len(operators)), text="operator(s) online")
    yield numeric(
        num.RPL_LUSERUNKNOWN, str(len(chat.sessions) - registry.attached), text="unknown connection(s)"
    )
    yield numeric(num.RPL_LUSERCHANNELS, str(open_channels), text="channels formed")
    yield numeric(num.RPL_LUSERME, text=f"I have {users} clients and 0 servers")
    yield numeric(num.RPL_LOCALUSERS, users, most, text=f"Current local users {users}, max {most}")
    yield numeric(num.RPL_GLOBALUSERS, users, most, text=f"Current global users {users}, max {most}")


def own_metadata(ctx: Context) -> Iterator[Line]:
    """What is said of the session's own account, for the welcome; nothing without the capability."""
    session = ctx.session
    if session.has(cap.ANY_METADATA):
        target, at = -ctx.user.account.id, ctx.chat.now.wall
        values = sorted(ctx.registry.metadata.get(target, {}).items())
        lines = [metadata.line(ctx.registry, ctx.nick, key, value, at) for key, value in values]
        yield short_batch(ctx, "metadata", (ctx.nick,), lines)
        yield from metadata.own(ctx.registry, session, session.subscriptions, at)


def motd(ctx: Context) -> Iterator[Line]:
    """The message of the day, or that there is none."""
    settings, nick, at = ctx.settings, ctx.nick, ctx.chat.now.wall
    if not settings.motd:
        yield Line(settings.server_name, num.ERR_NOMOTD, (nick,), "There is no message of the day", at)
        return
    title = f"- {settings.server_name} Message of the day -"
    yield Line(settings.server_name, num.RPL_MOTDSTART, (nick,), title, at)
    for line in settings.motd:
        yield Line(settings.server_name, num.RPL_MOTD, (nick,), f"- {line}", at)
    yield Line(settings.server_name, num.RPL_ENDOFMOTD, (nick,), "End of the message of the day", at)


def prefix(channel: Channel, user: User, *, multi: bool = False) -> str:
    """Return the symbol of a user's highest rank in the channel; of all with `multi` (`multi-prefix`)."""
    return symbols(channel.ranks(user.id), multi=multi)
