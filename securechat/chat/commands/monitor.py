"""MONITOR: who of these is online (https://ircv3.net/specs/extensions/monitor)."""

from collections.abc import Iterable
from typing import Final

from securechat.chat.limits import MAX_MONITORED
from securechat.chat.line import packed
from securechat.chat.lines import metadata
from securechat.chat.reserved import service_source
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.names import InvalidName, check_account
from securechat.irc.text import body_room


def monitor(ctx: Context) -> None:
    """MONITOR + <nick>{,<nick>} | - <nick>{,<nick>} | C | L | S

    Tells when people come and go: adds to your list, removes, clears it, lists it, shows who is here.
    """
    handler = MODIFIERS.get(ctx.param(0).upper())
    if handler is None:
        ctx.fail("INVALID_PARAMS", text="MONITOR takes +, -, C, L or S")
    else:
        handler(ctx)


def add(ctx: Context) -> None:
    """Put targets on the list, and say which of them are here. A target that cannot be a nick is left out."""
    added: list[str] = []
    full: list[str] = []

    def put(nick: str) -> None:
        if is_nick(nick):
            (added if ctx.registry.monitors.add(ctx.session, nick) else full).append(nick)

    ctx.for_each(ctx.param(1).split(","), put, lambda: show_added(ctx, added, full))


def show_added(ctx: Context, added: list[str], full: list[str]) -> None:
    """Say who of those that were put on the list is here, and for whom there was no room."""
    show_status(ctx, added)
    for line in metadata.watched(ctx.registry, ctx.session, added, ctx.session.subscriptions, ctx.at):
        ctx.reply(line)
    params, why = (ctx.nick, str(MAX_MONITORED)), "Monitor list is full"
    room = body_room(ctx.settings.server_name, num.ERR_MONLISTFULL, *params) - len(f" {why}")
    for text in packed(iter(full), room, ","):
        ctx.numeric(num.ERR_MONLISTFULL, str(MAX_MONITORED), text, text=why)


def remove(ctx: Context) -> None:
    """Take targets off the list."""
    for nick in ctx.param(1).split(","):
        ctx.registry.monitors.remove(ctx.session, nick)


def clear(ctx: Context) -> None:
    """Empty the list."""
    ctx.registry.monitors.clear(ctx.session)


def show_list(ctx: Context) -> None:
    """List the targets."""
    reply(ctx, num.RPL_MONLIST, ctx.session.monitored.values())
    ctx.numeric(num.RPL_ENDOFMONLIST, text="End of MONITOR list")


def show_all(ctx: Context) -> None:
    """Say of each target whether it is online."""
    show_status(ctx, ctx.session.monitored.values())


def show_status(ctx: Context, nicks: Iterable[str]) -> None:
    """Say who of these is online."""
    sources = {nick: source_of(ctx, nick) for nick in nicks}
    reply(ctx, num.RPL_MONONLINE, [source for source in sources.values() if source is not None])
    reply(ctx, num.RPL_MONOFFLINE, [nick for nick, source in sources.items() if source is None])


def source_of(ctx: Context, nick: str) -> str | None:
    """Return the source of who has this nick and is online; the pseudo-user always is."""
    user = ctx.registry.user(nick)
    return user.source if user is not None else service_source(nick, ctx.settings.server_name)


def reply(ctx: Context, code: str, targets: Iterable[str]) -> None:
    """Reply targets, as many on a line as fit."""
    for text in packed(iter(targets), body_room(ctx.settings.server_name, code, ctx.nick), ","):
        ctx.numeric(code, text=text)


def is_nick(text: str) -> bool:
    """Return whether somebody could have this nick."""
    try:
        check_account(text)
    except InvalidName:
        return False
    return True


MODIFIERS: Final = {"+": add, "-": remove, "C": clear, "L": show_list, "S": show_all}

COMMANDS = (Command("MONITOR", monitor, min_params=1, cost=2.0),)
