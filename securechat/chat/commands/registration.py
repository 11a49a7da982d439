"""Coming in and going: AUTHENTICATE, NICK, USER, PASS, PING, PONG, QUIT."""

from typing import Final

from securechat.chat import limits
from securechat.chat.line import Line
from securechat.chat.rules import access, bans, presence, words
from securechat.chat.rules.failures import Failure, Reason, Way, note
from securechat.chat.rules.login import (
    authenticate,
    authenticate_by_certificate,
    complete,
    nick_problem,
)
from securechat.chat.state.channel import Channel
from securechat.chat.state.registration import Exchange
from securechat.chat.state.session import User
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.names import InvalidName, check_account, fold
from securechat.irc.sasl import Assembler, SaslError, SaslTooLong, decode_external, decode_plain
from securechat.irc.text import clip

PLAIN: Final = ("PLAIN",)
WITH_CERTIFICATE: Final = ("PLAIN", "EXTERNAL")
"""The SASL mechanisms for who has shown no certificate, and for who has."""


def authenticate_command(ctx: Context) -> None:
    """AUTHENTICATE <mechanism | base64 | *>

    Logs in with SASL. The mechanism is PLAIN, or EXTERNAL for a device with a certificate; * aborts.
    https://ircv3.net/specs/extensions/sasl-3.2
    """
    argument = ctx.param(0)
    if ctx.session.account is not None:
        ctx.numeric(num.ERR_SASLALREADY, text="You are already logged in")
    elif argument == "*":
        ctx.registration.sasl = None
        ctx.numeric(num.ERR_SASLABORTED, text="SASL authentication aborted")
    elif ctx.registration.sasl is None:
        # EXTERNAL is of no use to who has shown no certificate: clients then go on with the next one.
        mechanisms = PLAIN if ctx.registration.certificate is None else WITH_CERTIFICATE
        if argument.upper() not in mechanisms:
            ctx.numeric(num.RPL_SASLMECHS, ",".join(mechanisms), text="are available SASL mechanisms")
            sasl_failed(ctx, f"Unknown mechanism, use {' or '.join(mechanisms)}")
            return
        ctx.registration.sasl = Exchange(argument.upper(), Assembler())
        ctx.reply(Line("", "AUTHENTICATE", ("+",), None, ctx.chat.now.wall))
    else:
        sasl_chunk(ctx, ctx.registration.sasl, argument)


def sasl_chunk(ctx: Context, exchange: Exchange, chunk: str) -> None:
    """Take one piece of the base64 payload; the last one starts the check."""
    external = exchange.mechanism == "EXTERNAL"
    try:
        payload = exchange.response.feed(chunk)
        if payload is None:
            return
        ctx.registration.sasl = None
        if external:
            authenticate_by_certificate(ctx, decode_external(payload), sasl_failed, sasl_succeeded)
            return
        credentials = decode_plain(payload)
    except SaslTooLong:
        ctx.registration.sasl = None
        note(ctx.chat, Failure(ctx.session, Way.EXTERNAL if external else Way.SASL, "", Reason.MALFORMED))
        ctx.numeric(num.ERR_SASLTOOLONG, text="SASL message too long")
    except SaslError as error:
        ctx.registration.sasl = None
        note(ctx.chat, Failure(ctx.session, Way.EXTERNAL if external else Way.SASL, "", Reason.MALFORMED))
        sasl_failed(ctx, str(error))
    else:
        name, password = credentials.authcid, credentials.password
        authenticate(ctx, Way.SASL, name, password, sasl_failed, sasl_succeeded)


def sasl_failed(ctx: Context, reason: str) -> None:
    """Say that the login failed; the reason is for the person."""
    ctx.numeric(num.ERR_SASLFAIL, text=f"SASL authentication failed: {reason}")


def sasl_succeeded(ctx: Context) -> None:
    """Say that the login succeeded."""
    logged_in(ctx)
    ctx.numeric(num.RPL_SASLSUCCESS, text="SASL authentication successful")


def logged_in(ctx: Context) -> None:
    """Say as whom the session is logged in."""
    account = ctx.session.account
    assert account is not None, "called after a login"
    source = f"{ctx.nick}!{account.name}@{ctx.settings.server_name}"
    ctx.numeric(num.RPL_LOGGEDIN, source, account.name, text=f"You are now logged in as {account.name}")
    # "Clients will get the ACCOUNT message … including themselves"; that of the others never changes here.
    account_line = Line(source, "ACCOUNT", (account.name,), None, ctx.chat.now.wall, None, account.name)
    ctx.reply(account_line._replace(needs=cap.ACCOUNT_NOTIFY))


def nick_command(ctx: Context) -> None:
    """NICK <nick>

    Changes your nick. Where nicks are account names, only the case of its letters can change.
    """
    if ctx.session.user is None and ctx.params and ctx.settings.nicknames == "account":
        # The account's name takes its place at the login, so nothing can be wrong with it.
        ask_for_nick(ctx, ctx.param(0))
    elif not ctx.param(0):
        ctx.numeric(num.ERR_NONICKNAMEGIVEN, text="No nickname given")
    else:
        try:
            nick = check_account(ctx.param(0))
        except InvalidName as error:
            refuse_nick(ctx, ctx.param(0), str(error))
            return
        if ctx.session.user is None:
            ask_for_nick(ctx, nick)
        else:
            change_own_nick(ctx, ctx.user, nick)


def ask_for_nick(ctx: Context, nick: str) -> None:
    """Take note of the nick that is asked for before the login."""
    ctx.registration.nick = nick
    complete(ctx)


def refuse_nick(ctx: Context, nick: str, reason: str) -> None:
    """Say that this can be nobody's nick. A person who asks for no other one gets the account's name as nick.

    Some clients do not try a second nick, and would wait for ever.
    """
    ctx.numeric(num.ERR_ERRONEUSNICKNAME, shown(nick), text=reason)
    if ctx.session.nick is None:
        ask_for_nick(ctx, "")


def change_own_nick(ctx: Context, user: User, nick: str) -> None:
    """Give the session's user another nick, or say why not."""
    if nick == user.nick:
        return
    if ctx.settings.nicknames == "account" and fold(nick) != fold(user.nick):
        ctx.numeric(num.ERR_NONICKCHANGE, text="Nicks are account names here: only the case can change")
        return
    problem = nick_problem(ctx, nick, user)
    held = banned_in(ctx, user) if fold(nick) != fold(user.nick) else None
    if problem is not None:
        ctx.numeric(*problem[:2], text=problem[2])
    elif bans.turned_away(ctx.chat, ctx.session, user.account, nick):
        pass  # it ends: whoever is called so is banned
    elif held is not None:
        # Another nick would say something there, and escape the mask.
        text = "Cannot change nick while banned or muted in the channel"
        ctx.numeric(num.ERR_BANNICKCHANGE, nick, held.name, text=text)
    else:
        presence.change_nick(ctx.chat, user, nick, ctx)


def banned_in(ctx: Context, user: User) -> Channel | None:
    """Return a channel of the user's in which a mask silences them, if there is one."""
    for channel in ctx.registry.channels_of(user.id):
        if not channel.ranks(user.id) and access.is_silenced_by_mask(channel, user):
            return channel
    return None


def shown(nick: str) -> str:
    """Return a refused nick as a middle parameter can show it."""
    return nick[:32] if nick and " " not in nick and not nick.startswith(":") else "*"


def user_command(ctx: Context) -> None:
    """USER <username> 0 * :<realname>

    Gives your real name; part of coming in.
    """
    session = ctx.session
    if session.user is not None:
        ctx.numeric(num.ERR_ALREADYREGISTERED, text="You are already registered")
        return
    if not ctx.param(3).strip(" "):
        ctx.numeric(num.ERR_NEEDMOREPARAMS, "USER", text="Not enough parameters: a real name is not empty")
        return
    session.username = ctx.param(0)
    ctx.registration.realname = clip(words.seen(ctx, ctx.param(3)), limits.NAMELEN)
    complete(ctx)


def pass_command(ctx: Context) -> None:
    """PASS <account>:<password>

    Logs in, for clients that do not know SASL.
    """
    if ctx.session.account is not None:
        ctx.numeric(num.ERR_ALREADYREGISTERED, text="You are already logged in")
        return
    name, colon, password = ctx.param(0).partition(":")
    if not colon:
        note(ctx.chat, Failure(ctx.session, Way.PASS, "", Reason.MALFORMED))
        pass_failed(ctx, "Use PASS account:password")
        return
    authenticate(ctx, Way.PASS, name, password, pass_failed, pass_succeeded)


def pass_failed(ctx: Context, reason: str) -> None:
    """Say that the login failed."""
    ctx.numeric(num.ERR_PASSWDMISMATCH, text=f"Password incorrect: {reason}")


def pass_succeeded(ctx: Context) -> None:
    """Say as whom the session is logged in, and come in if only this was missing."""
    logged_in(ctx)
    complete(ctx)


def ping_command(ctx: Context) -> None:
    """PING <token>

    Is answered with PONG after the answers to everything you sent before it.
    """
    if not ctx.param(0):
        ctx.numeric(num.ERR_NOORIGIN, text="No origin specified: PING needs a token")
        return
    ctx.server("PONG", ctx.settings.server_name, text=ctx.param(0))


def pong_command(ctx: Context) -> None:
    """PONG <token>

    Answers the server's PING; any line shows that you are alive.
    """


def error_command(ctx: Context) -> None:
    """ERROR :<reason>

    Is for servers; what a client says with it is ignored.
    """


def quit_command(ctx: Context) -> None:
    """QUIT [:<reason>]

    Ends this session. The reason is left out when there is a channel of yours where you may not say it.
    """
    reason = last_words(ctx, ctx.param(0)) if ctx.session.user is not None else ""
    ctx.chat.end(ctx.session, "Quit", f"Quit: {reason}" if reason else "Quit")


def last_words(ctx: Context, reason: str) -> str:
    """Return the reason for a QUIT: one line for all channels, so each of them must allow it."""
    channels = ctx.registry.channels_of(ctx.user.id)
    if any(access.reason_for(ctx, channel, reason) != reason for channel in channels):
        return ""
    if reason and len(ctx.user.sessions) == 1:
        for channel in channels:
            access.spoke(ctx, channel)
    return reason


COMMANDS = (
    Command("AUTHENTICATE", authenticate_command, min_params=1, before_login=True),
    Command("ERROR", error_command, before_login=True),
    Command("NICK", nick_command, before_login=True),
    Command("PASS", pass_command, min_params=1, before_login=True),
    Command("PING", ping_command, before_login=True),
    Command("PONG", pong_command, before_login=True),
    Command("QUIT", quit_command, before_login=True),
    Command("USER", user_command, min_params=4, before_login=True),
)
