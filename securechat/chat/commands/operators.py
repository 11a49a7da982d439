"""Operators: OPER, and what only they may do. Every use is in the audit log."""

from typing import Final

from securechat.chat import limits
from securechat.chat.commands.channels import has_room, make_member
from securechat.chat.effects import Reload, Then
from securechat.chat.items import KillUser
from securechat.chat.line import Line, by_operator
from securechat.chat.records import Parted
from securechat.chat.rules import presence
from securechat.chat.rules.finding import known_channel, known_user
from securechat.chat.rules.login import nick_problem
from securechat.chat.rules.mode_changes import change
from securechat.chat.rules.oper import become_operator
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.names import InvalidName, check_account, fold
from securechat.irc.text import body_room, printable, split_text

MAX_REASON: Final = 200
"""Bytes of a reason that are shown."""


def oper(ctx: Context) -> None:
    """OPER <account> <password> [<code>]

    Gives this session an operator's powers until it ends; the account must be an administrator's. An account
    with a second factor needs a code of its authenticator, or a recovery code.
    """
    become_operator(ctx, ctx.param(0), ctx.param(1), "".join(ctx.params[2:]))


def kill(ctx: Context) -> None:
    """KILL <nick> :<reason>

    Ends all sessions of a user, who may come back.
    """
    user, reason = known_user(ctx, ctx.param(0)), short(ctx.param(1)) or "No reason"
    if user is not None:
        ctx.audit("kill", user.account.name, reason)
        ctx.chat.emit(Then(KillUser(user.id, ctx.user.source, ctx.nick, reason)))


def rehash(ctx: Context) -> None:
    """REHASH

    Has the server read its configuration and its certificate again.
    """
    ctx.audit("rehash", ctx.settings.server_name)
    ctx.numeric(num.RPL_REHASHING, "securechat.toml", text="Rehashing")
    ctx.chat.emit(Reload(ctx.session.link))


def wallops(ctx: Context) -> None:
    """WALLOPS :<text>

    Tells everybody who set the user mode w.
    """
    text = ctx.param(0)
    if not text:
        ctx.numeric(num.ERR_NEEDMOREPARAMS, "WALLOPS", text="There is no text to send")
        return
    ctx.audit("wallops", "*", text)
    source, account, now = ctx.user.source, ctx.user.account.name, ctx.chat.now.wall
    room = body_room(source, "WALLOPS")
    lines = [
        by_operator(Line(source, "WALLOPS", (), piece, now, None, account))
        for piece in split_text(text, room)
    ]
    for session in ctx.chat.sessions.values():
        if not session.wallops:
            continue
        if session is ctx.session:
            for line in lines:
                ctx.reply(line)
        else:
            ctx.chat.fanout.send(session, *lines)


def sajoin(ctx: Context) -> None:
    """SAJOIN <nick> <channel>

    Makes somebody a member of a channel, whatever its modes say.
    """
    user = known_user(ctx, ctx.param(0))
    channel = known_channel(ctx, ctx.param(1)) if user is not None else None
    if user is None or channel is None:
        return
    if user.id in channel.members:
        ctx.numeric(num.ERR_USERONCHANNEL, user.nick, channel.name, text="is already on channel")
        return
    if not has_room(ctx, user):
        text = f"{user.nick} is in {limits.MAX_CHANNELS} channels, as many as one may be in"
        ctx.numeric(num.ERR_TOOMANYCHANNELS, channel.name, text=text)
        return
    ctx.audit("sajoin", channel.name, user.account.name)
    make_member(ctx, user, channel)


def sapart(ctx: Context) -> None:
    """SAPART <nick> <channel> [:<reason>]

    Ends somebody's membership of a channel.
    """
    user = known_user(ctx, ctx.param(0))
    channel = known_channel(ctx, ctx.param(1)) if user is not None else None
    if user is None or channel is None:
        return
    joined = channel.members.get(user.id)
    if joined is None:
        ctx.numeric(num.ERR_USERNOTINCHANNEL, user.nick, channel.name, text="They aren't on that channel")
        return
    ctx.audit("sapart", channel.name, user.account.name)
    now = ctx.chat.now.wall
    ctx.record(Parted(ctx.chat.next_id(), user.id, channel.id, now, short(ctx.param(2)), joined))


def samode(ctx: Context) -> None:
    """SAMODE <channel> <modes> [<argument> ...]

    Changes the modes of a channel, as MODE does for its founder.
    """
    channel = known_channel(ctx, ctx.param(0))
    if channel is None:
        return
    signs, *arguments = ctx.params[1:]
    # A key is a secret, and the audit log is for others to read.
    shown = [signs] if "k" in signs else [signs, *arguments]
    ctx.audit("samode", channel.name, " ".join(shown))
    change(ctx, channel, ctx.params[1:], force=True)


def sanick(ctx: Context) -> None:
    """SANICK <nick> <new nick>

    Changes somebody's nick; where nicks are account names, only the case of its letters.
    """
    user, nick = known_user(ctx, ctx.param(0)), ctx.param(1)
    if user is None:
        return
    try:
        nick = check_account(nick)
    except InvalidName as error:
        ctx.numeric(num.ERR_ERRONEUSNICKNAME, printable(nick), text=str(error))
        return
    if ctx.settings.nicknames == "account" and fold(nick) != fold(user.nick):
        ctx.numeric(num.ERR_NONICKCHANGE, text="Nicks are account names here: only the case can change")
        return
    problem = nick_problem(ctx, nick, user, user.account)
    if problem is not None:
        ctx.numeric(*problem[:2], text=problem[2])
        return
    registry, before = ctx.registry, user.nick
    ctx.audit("sanick", user.account.name, f"{before} to {nick}")

    def undo() -> None:
        if user.sessions:  # it may have gone meanwhile
            registry.rename(user, before)

    ctx.chat.if_refused(undo)
    presence.change_nick(ctx.chat, user, nick, ctx)


def short(text: str) -> str:
    """Return as much of a reason as fits into every line that shows it."""
    return next(iter(split_text(text, MAX_REASON)), "")


COMMANDS = (
    Command("KILL", kill, min_params=2, operators=True),
    Command("OPER", oper, min_params=2),
    Command("REHASH", rehash, operators=True),
    Command("SAJOIN", sajoin, min_params=2, operators=True),
    Command("SAMODE", samode, min_params=2, operators=True),
    Command("SANICK", sanick, min_params=2, operators=True),
    Command("SAPART", sapart, min_params=2, operators=True),
    Command("WALLOPS", wallops, min_params=1, operators=True),
)
