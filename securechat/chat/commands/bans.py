"""Bans from the server, as operators of other servers write them: UBAN, KLINE, DLINE and their undoing."""

from collections.abc import Callable
from functools import partial

from securechat.chat.durations import looks_like_one
from securechat.chat.requests import Answer, Done, Refused, Row
from securechat.chat.rules import banning
from securechat.chat.rules.administration import perform_then
from securechat.chat.sanctions import AddBan, ListBans, RemoveBan
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.chat.turn.steps import Steps
from securechat.irc.text import body_room, printable, split_text
from securechat.irc.timestamp import format_ms


def uban(ctx: Context) -> None:
    """UBAN <ADD | DEL | LIST | INFO> [<target>{,<target>}] [<duration>] [:<reason>]

    Bans accounts, masks, addresses and networks from the server, for a time such as 30m, 12h or 7d, or for
    ever; takes bans away; lists all, or those that a target meets.
    """
    subcommand, target = ctx.param(0).upper(), ctx.param(1)
    if subcommand == "LIST":
        _perform(ctx, ListBans(), partial(_listed, ctx))
    elif subcommand not in ("ADD", "DEL", "INFO"):
        ctx.fail("UNKNOWN_SUBCOMMAND", printable(ctx.param(0)), text="Use UBAN ADD, DEL, LIST or INFO")
    elif not target:
        ctx.fail("NEED_MORE_PARAMS", subcommand, text="Name an account, a mask, an address or a network")
    elif subcommand == "ADD":
        _add(ctx, ctx.params[1:])
    elif subcommand == "DEL":
        _perform(ctx, RemoveBan(target), partial(_removed, ctx))
    else:
        _perform(ctx, ListBans(target), partial(_listed, ctx))


def kline(ctx: Context) -> None:
    """KLINE [<minutes or duration>] <target>{,<target>} [:<reason>]

    Bans from the server, as UBAN ADD does: a mask such as spammer*!*@*, or an account.
    """
    _add_in_order(ctx)


def dline(ctx: Context) -> None:
    """DLINE [<minutes or duration>] <address or network>{,<address or network>} [:<reason>]

    Bans from the server, as UBAN ADD does: an address or a network, such as 192.0.2.0/24.
    """
    _add_in_order(ctx)


def unkline(ctx: Context) -> None:
    """UNKLINE <target>{,<target>}

    Takes bans from the server away, as UBAN DEL does.
    """
    _perform(ctx, RemoveBan(ctx.param(0)), partial(_removed, ctx))


def undline(ctx: Context) -> None:
    """UNDLINE <address or network>{,<address or network>}

    Takes bans from the server away, as UBAN DEL does.
    """
    _perform(ctx, RemoveBan(ctx.param(0)), partial(_removed, ctx))


def _add_in_order(ctx: Context) -> None:
    """Ban, where the time comes before the target: a number alone is one of minutes."""
    first = ctx.param(0)
    minutes = first.isascii() and first.isdigit()
    if not (minutes or looks_like_one(first)) or len(ctx.params) < 2:
        _add(ctx, ctx.params)
        return
    _add(ctx, (ctx.param(1), f"{first}m" if minutes and first.strip("0") else first, *ctx.params[2:]))


def _add(ctx: Context, words: tuple[str, ...]) -> None:
    """Ban the first of the words; the second may say for how long, the others are the reason."""
    target, *rest = words
    duration = rest.pop(0) if rest and (looks_like_one(rest[0]) or rest[0] in ("-", "0")) else ""
    _perform(ctx, AddBan(target, duration, " ".join(rest)), partial(_added, ctx))


def _perform(ctx: Context, request: AddBan | RemoveBan | ListBans, then: Callable[[Answer], None]) -> None:
    account, session = ctx.user.account.name, ctx.session
    perform_then(Steps(ctx.chat, ctx), request, account, session.address, then)


def _added(ctx: Context, answer: Answer) -> None:
    _answer(ctx, answer, lambda row: f"Banned {said(row)}; sessions that end: {row['sessions']}")


def _removed(ctx: Context, answer: Answer) -> None:
    _answer(ctx, answer, lambda row: f"{row['target']} is banned no more")


def _listed(ctx: Context, answer: Answer) -> None:
    more = answer.more if isinstance(answer, Done) else 0
    hint = f"; there are more: /msg securechat admin bans - {more}" if more else ""
    _answer(ctx, answer, said, lambda: _say(ctx, f"End of the bans{hint}"))


def _answer(
    ctx: Context, answer: Answer, shown: Callable[[Row], str], then: Callable[[], None] | None = None
) -> None:
    """Say what came of it, a line for each ban."""
    if isinstance(answer, Refused):
        ctx.fail(answer.code, text=answer.text)
        return
    ctx.for_each(answer.rows, lambda row: _say(ctx, shown(row)), then)


def _say(ctx: Context, text: str) -> None:
    server = ctx.settings.server_name
    for piece in split_text(text, body_room(server, "NOTICE", ctx.nick)):
        ctx.server("NOTICE", ctx.nick, text=piece)


def said(row: Row) -> str:
    """Return what a row of the list says, for people."""
    expires = row["expires"]
    until = banning.until(expires if isinstance(expires, int) else 0)
    since = format_ms(row["since"]) if isinstance(row["since"], int) else ""
    what = f"{row['target']} ({row['kind']}) {until}, by {row['by']} on {since}"
    return f"{what}: {row['reason'] or 'no reason'}"


COMMANDS = (
    Command("DLINE", dline, min_params=1, operators=True),
    Command("KLINE", kline, min_params=1, operators=True),
    Command("UBAN", uban, min_params=1, operators=True),
    Command("UNDLINE", undline, min_params=1, operators=True),
    Command("UNKLINE", unkline, min_params=1, operators=True),
)
