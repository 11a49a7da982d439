"""WHO, also in the form of WHOX (https://ircv3.net/specs/extensions/whox)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from securechat.chat.line import Line, fits
from securechat.chat.reserved import ALIASES, REALNAME, SERVICE, is_service
from securechat.chat.rules.welcome import prefix
from securechat.chat.state.channel import Channel
from securechat.chat.state.session import BOT, User
from securechat.chat.state.visibility import first_shared, is_listed
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.chat.turn.pieces import reply_all
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.masks import Mask, is_mask
from securechat.irc.names import fold, is_channel
from securechat.irc.text import printable

FIELDS: Final = "tcuihsnfdlaor"
"""The fields of WHOX in the order of a reply."""
HIDDEN_ADDRESS: Final = "255.255.255.255"


@dataclass(frozen=True, slots=True)
class Form:
    """What was asked for: `fields` is None in a plain WHO."""

    fields: str | None
    token: str
    operators: bool

    @classmethod
    def of(cls, argument: str) -> "Form":
        """Read `[o][%<fields>[,<token>]]`."""
        flags, percent, rest = argument.partition("%")
        fields, _, token = rest.partition(",")
        valid = token.isascii() and token.isdigit() and len(token) <= 3
        return cls(fields if percent else None, token if valid else "0", "o" in flags)


def who(ctx: Context) -> None:
    """WHO <channel | nick | mask> [o][%<fields>[,<token>]]

    Lists people: the members of a channel, one person, or those whose nick or account matches a mask.
    """
    mask, form = ctx.param(0), Form.of(ctx.param(1))
    if is_service(mask):
        if not form.operators:
            ctx.reply(service_row(ctx, form, mask))
        ctx.numeric(num.RPL_ENDOFWHO, printable(mask), text="End of WHO list")
        return
    reply_all(ctx, rows_and_end(ctx, form, mask))


def rows_and_end(ctx: Context, form: Form, mask: str) -> Iterator[Line | None]:
    """The rows and the end, without people who have gone since the question."""
    for one in found(ctx, mask):
        shown = one is not None and (one.user.operator or not form.operators)
        yield row(ctx, form, one.channel, one.user) if one is not None and shown else None
    server, at = ctx.settings.server_name, ctx.chat.now.wall
    yield Line(server, num.RPL_ENDOFWHO, (ctx.nick, printable(mask)), "End of WHO list", at)


class Found(NamedTuple):
    """Somebody whom a mask means, and the channel that the reply names."""

    channel: Channel | None
    user: User


def found(ctx: Context, mask: str) -> Iterator[Found | None]:
    """Find whom the mask means: `None` is somebody else, or who has gone since it was begun."""
    registry, viewer = ctx.registry, ctx.user
    if is_channel(mask):
        channel = registry.channel(mask)
        if channel is not None and channel.visible_to(viewer.id):
            for user in registry.online(channel):
                shown = user.sessions and user.id in channel.members and channel.shows(user.id, viewer.id)
                inside = viewer.id in channel.members
                seen = shown and (inside or is_listed(registry, viewer, user))
                yield Found(channel, user) if seen else None
        return
    exact = registry.user(mask)
    if exact is not None:
        yield Found(common(ctx, exact), exact)
    elif is_mask(mask) or mask == "0":
        wanted = Mask("*" if mask == "0" else fold(mask))
        for user in list(registry.users.values()):
            nick, account = fold(user.nick), user.account.folded
            meant = wanted.matches(nick) or (account != nick and wanted.matches(account))
            seen = meant and user.sessions and is_listed(registry, viewer, user)
            yield Found(common(ctx, user), user) if seen else None


def common(ctx: Context, user: User) -> Channel | None:
    """Return a channel that both are in, if there is one."""
    return first_shared(ctx.registry, ctx.user, user)


def row(ctx: Context, form: Form, channel: Channel | None, user: User) -> Line:
    """The row of a person."""
    account = user.account.name
    values = {
        "c": channel.name if channel is not None else "*",
        "u": account,
        "i": address(ctx, user),
        "n": user.nick,
        "f": flags(ctx, channel, user),
        "l": str(user.idle(ctx.chat.now.mono)),
        "a": account,
    }
    return written(ctx, form, values, user.realname)


def service_row(ctx: Context, form: Form, mask: str) -> Line:
    """The row of the pseudo-user, who is in no channel and has no account."""
    values = {"c": "*", "u": SERVICE, "i": HIDDEN_ADDRESS, "n": ALIASES[fold(mask)], "f": f"H{BOT}"}
    return written(ctx, form, {**values, "l": "0", "a": "0"}, REALNAME)


def written(ctx: Context, form: Form, values: Mapping[str, str], realname: str) -> Line:
    """Write a row."""
    server, at = ctx.settings.server_name, ctx.chat.now.wall
    if form.fields is None:
        params = (ctx.nick, values["c"], values["u"], server, server, values["n"], values["f"])
        return Line(server, num.RPL_WHOREPLY, params, f"0 {realname}", at)
    row = whox_row(ctx, form.fields, {**values, "t": form.token, "h": server, "s": server})
    if not fits(row):  # with the longest names; the server's is known from the line itself
        row = whox_row(ctx, form.fields, {**values, "t": form.token, "h": "*", "s": "*"})
    return row._replace(text=realname if "r" in form.fields else None)


def whox_row(ctx: Context, fields: str, values: Mapping[str, str]) -> Line:
    """Write the fields of a row that are asked for, without the real name."""
    values = {**values, "d": "0", "o": "n/a"}
    asked = [values[field] for field in FIELDS if field in fields and field in values]
    return Line(ctx.settings.server_name, num.RPL_WHOSPCRPL, (ctx.nick, *asked), None, ctx.at)


def flags(ctx: Context, channel: Channel | None, user: User) -> str:
    """Return here or gone, operator, ranks in the channel, bot."""
    ranks = prefix(channel, user, multi=ctx.session.has(cap.MULTI_PREFIX)) if channel is not None else ""
    away, operator = "H" if user.away is None else "G", "*" if user.operator else ""
    return f"{away}{operator}{ranks}{BOT if BOT in user.modes else ''}"


def address(ctx: Context, user: User) -> str:
    """Return the address of the user's last session, which only operators may know."""
    if not ctx.session.oper:
        return HIDDEN_ADDRESS
    return wire_address(user.sessions[-1].address)


def wire_address(text: str) -> str:
    """Write an IP address so that it can be a middle parameter: "::1" would begin the last one."""
    return f"0{text}" if text.startswith(":") else text


COMMANDS = (Command("WHO", who, min_params=1, cost=2.0),)
