"""About the server: ADMIN, INFO, LINKS, MOTD, STATS, TIME, USERIP, VERSION."""

from typing import Final

from securechat.chat.commands.whois import reply_words
from securechat.chat.records import Ban
from securechat.chat.rules import welcome
from securechat.chat.rules.banning import spelled, until
from securechat.chat.state.bans import NETWORK
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.masks import Mask
from securechat.irc.text import printable
from securechat.irc.timestamp import format_ms

MAX_USERIP: Final = 5
OPERATORS_STATS: Final = frozenset("dkor")


def admin_command(ctx: Context) -> None:
    """ADMIN [<server>]

    Shows who runs the server.
    """
    server, (name, location, email) = ctx.settings.server_name, ctx.settings.admin
    if not is_here(ctx, ctx.param(0)):
        return
    if not (name or location or email):
        ctx.numeric(num.ERR_NOADMININFO, server, text="No administrative information is available")
        return
    ctx.numeric(num.RPL_ADMINME, server, text="Administrative information")
    ctx.numeric(num.RPL_ADMINLOC1, text=name)
    ctx.numeric(num.RPL_ADMINLOC2, text=location)
    ctx.numeric(num.RPL_ADMINEMAIL, text=email)


def info_command(ctx: Context) -> None:
    """INFO [<server>]

    Shows what software this is, and since when it runs.
    """
    settings = ctx.settings
    if not is_here(ctx, ctx.param(0)):
        return
    for text in (
        f"securechat {settings.version}: a private chat server; every byte is TLS, every account is known",
        "What you see confirmed is on this server's disk",
        f"{settings.server_name} of {settings.network}, started {format_ms(settings.started)}",
    ):
        ctx.numeric(num.RPL_INFO, text=text)
    ctx.numeric(num.RPL_ENDOFINFO, text="End of INFO list")


def links_command(ctx: Context) -> None:
    """LINKS

    Lists the servers of the network: this one.
    """
    server = ctx.settings.server_name
    ctx.numeric(num.RPL_LINKS, server, server, text=f"0 {ctx.settings.network}")
    ctx.numeric(num.RPL_ENDOFLINKS, "*", text="End of LINKS list")


def time_command(ctx: Context) -> None:
    """TIME [<server>]

    Shows the server's clock.
    """
    now = ctx.chat.now.wall
    if is_here(ctx, ctx.param(0)):
        ctx.numeric(
            num.RPL_TIME, ctx.settings.server_name, str(now // 1000), "0", text=f"{format_ms(now)} (UTC)"
        )


def stats_command(ctx: Context) -> None:
    """STATS <u | o | r | k | d> [<server>]

    Shows for how long the server runs (u); to operators who has their powers now (o), how many logins and
    refusals there were since the start (r), and the bans of accounts and masks (k) and of networks (d).
    """
    letter = ctx.param(0)[:1]
    if not is_here(ctx, ctx.param(1)):
        return
    if letter in OPERATORS_STATS and ctx.session.operator is None:
        ctx.numeric(num.ERR_NOPRIVILEGES, text="Permission denied: only operators can see this (OPER)")
    elif letter == "o":
        for session in ctx.chat.sessions.values():
            if session.operator is not None and session.user is not None:
                ctx.numeric(num.RPL_STATSOLINE, "O", session.user.nick, "*", session.operator.name)
    elif letter == "r":
        for name, times in ctx.chat.counters.read().items():
            ctx.numeric(num.RPL_STATSDEBUG, text=f"{name} {times}")
    elif letter in ("d", "k"):
        stats_bans(ctx, letter)
        return
    elif letter == "u":
        minutes, seconds = divmod((ctx.chat.now.wall - ctx.settings.started) // 1000, 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        ctx.numeric(num.RPL_STATSUPTIME, text=f"Server Up {days} days {hours}:{minutes:02}:{seconds:02}")
    end_of_stats(ctx, letter)


def stats_bans(ctx: Context, letter: str) -> None:
    """List the bans by network, or the others."""

    def show(ban: Ban) -> None:
        target, text = spelled(ctx.chat, ban), f"{ban.reason or 'no reason'} ({until(ban.expires)})"
        if letter == "d":  # an address that begins with a colon cannot stand in the middle of a line
            ctx.numeric(num.RPL_STATSDLINE, "D", target if target[0] != ":" else f"0{target}", text=text)
        else:
            ctx.numeric(num.RPL_STATSKLINE, "K", target, "*", "*", text=text)

    in_force = (ban for ban in ctx.registry.bans.all() if ban.holds(ctx.at))
    bans = [ban for ban in in_force if (ban.kind == NETWORK) is (letter == "d")]
    ctx.for_each(bans, show, lambda: end_of_stats(ctx, letter))


def end_of_stats(ctx: Context, letter: str) -> None:
    """Say that this was all."""
    ctx.numeric(num.RPL_ENDOFSTATS, printable(letter), text="End of STATS report")


def userip_command(ctx: Context) -> None:
    """USERIP <nick>{ <nick>}

    Shows where people are connected from: to operators, and everybody his own; for others it is the server.
    """
    found = []
    for nick in ctx.params[:MAX_USERIP]:
        user = ctx.registry.user(nick)
        if user is None:
            continue
        if user is ctx.user:
            address = ctx.session.address
        elif ctx.session.operator is not None:
            ctx.audit("userip", user.account.name)
            address = user.sessions[0].address
        else:
            address = ctx.settings.server_name
        mark = "*" if user.operator else ""
        found.append(f"{user.nick}{mark}=+{user.account.name}@{address}")
    reply_words(ctx, num.RPL_USERIP, found)


def is_here(ctx: Context, target: str) -> bool:
    """Return whether a query is about this server: its name, a mask of that, or a nick; else refuse it."""
    mask = Mask(target.lower())
    if not target or mask.matches(ctx.settings.server_name.lower()) or ctx.registry.user(target):
        return True
    ctx.numeric(num.ERR_NOSUCHSERVER, printable(target), text="No such server")
    return False


def motd_command(ctx: Context) -> None:
    """MOTD [<server>]

    Shows the message of the day.
    """
    if not is_here(ctx, ctx.param(0)):
        return
    for line in welcome.motd(ctx):
        ctx.reply(line)


def version_command(ctx: Context) -> None:
    """VERSION [<server>]

    Shows the server's version and what it supports.
    """
    settings = ctx.settings
    if not is_here(ctx, ctx.param(0)):
        return
    software = f"securechat-{settings.version}"
    ctx.numeric(
        num.RPL_VERSION, software, settings.server_name, text="every byte TLS, every echo after the commit"
    )
    for line in welcome.supported(ctx):
        ctx.reply(line)


def isupport_command(ctx: Context) -> None:
    """ISUPPORT

    Shows what the server supports.
    """
    for line in welcome.supported(ctx):
        ctx.reply(line)


COMMANDS = (
    Command("ADMIN", admin_command),
    Command("INFO", info_command),
    Command("ISUPPORT", isupport_command, early=cap.EXTENDED_ISUPPORT),
    Command("LINKS", links_command),
    Command("MOTD", motd_command),
    Command("STATS", stats_command, min_params=1),
    Command("TIME", time_command),
    Command("USERIP", userip_command, min_params=1),
    Command("VERSION", version_command),
)
