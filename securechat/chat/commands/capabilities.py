"""CAP.

What client and server can do for each other (https://ircv3.net/specs/extensions/capability-negotiation).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from securechat.chat import limits
from securechat.chat.commands import relay
from securechat.chat.line import Line, packed
from securechat.chat.rules.login import complete
from securechat.chat.settings import Settings
from securechat.chat.state.session import ENCODING, Session
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.text import body_room, printable

VERSION_302: Final = 302
REGISTRATION: Final = "draft/account-registration"
METADATA: Final = (
    f"before-connect,max-subs={limits.METADATA_SUBS},max-keys={limits.METADATA_KEYS},"
    f"max-value-bytes={limits.METADATA_BYTES}"
)
VALUES: Final = {
    REGISTRATION: "before-connect,custom-account-name",
    "draft/metadata-2": METADATA,
    "draft/metadata-3": METADATA,
    "draft/multiline": f"max-bytes={limits.MULTILINE_BYTES},max-lines={limits.MULTILINE_LINES}",
    "draft/relaymsg": relay.SEPARATOR,
    "sasl": "PLAIN",
}
STS: Final = "sts"


def offers(settings: Settings) -> Mapping[str, str]:
    """Return what the server offers with these settings: capabilities with values, the most important first.

    `sts` has no bit: "clients MUST NOT request this capability". As there is no plaintext listener, only its
    duration, which counts on encrypted connections, is of use.
    """
    return _offers(tuple(cap.CAPABILITIES), settings.registration, settings.sts_days)


@lru_cache(maxsize=4)  # everybody who comes asks for some of them
def _offers(names: tuple[str, ...], registration: str, sts_days: int) -> Mapping[str, str]:
    offered = {name: VALUES.get(name, "") for name in names}
    if registration == "closed":
        offered.pop(REGISTRATION, None)
    if sts_days:
        offered[STS] = f"duration={sts_days * 24 * 3600}"
    return MappingProxyType(dict(sorted(offered.items(), key=lambda one: _importance(one[0]))))


def _importance(name: str) -> tuple[bool, bool, str]:
    """Return what to sort by: the way in, what is no draft, the rest.

    Some clients read only the first line of several.
    """
    return name != "sasl", "/" in name, name


def written(name: str, value: str, *, values: bool) -> str:
    """Write a capability as CAP LS and CAP NEW do."""
    return f"{name}={value}" if value and values else name


def cap_command(ctx: Context) -> None:
    """CAP LS [302] | LIST | REQ :<capabilities> | END

    Negotiates capabilities.
    """
    subcommand = ctx.param(0).upper()
    handler = SUBCOMMANDS.get(subcommand)
    if handler is None:
        ctx.numeric(num.ERR_INVALIDCAPCMD, printable(ctx.param(0)), text="Invalid CAP subcommand")
    else:
        handler(ctx)


def ls(ctx: Context) -> None:
    """List what the server can do; 302 and later also get values and cap-notify."""
    session, version = ctx.session, ctx.param(1)
    modern = version.isascii() and version.isdigit() and int(version[:9]) >= VERSION_302
    if session.registration is not None:
        session.registration.negotiating = True
    if modern:
        session.caps |= cap.CAP_NOTIFY
        session.modern_cap = True
    offered = dict(offers(ctx.settings))
    if session.registration is not None and session.registration.certificate in ctx.registry.devices:
        offered["sasl"] += ",EXTERNAL"
    if modern:
        reply_list(ctx, "LS", [written(name, value, values=True) for name, value in offered.items()])
        return
    # Only 302 knows of several lines. A client that old has no use for drafts and vendors' capabilities.
    names = [name for name in offered if "/" not in name]
    room = cap_room(ctx.settings.server_name, ctx.nick, "LS")
    ctx.server("CAP", ctx.nick, "LS", text=next(packed(iter(names), room), ""))


def list_active(ctx: Context) -> None:
    """List what the session has negotiated."""
    reply_list(ctx, "LIST", cap.names(ctx.session.caps))


def reply_list(ctx: Context, subcommand: str, names: Sequence[str]) -> None:
    """Reply a list of capabilities, on several lines only to those who know of that (302)."""
    room = cap_room(ctx.settings.server_name, ctx.nick, subcommand)
    lines = list(packed(iter(names), room)) or [""]
    for line in lines[:-1]:
        ctx.server("CAP", ctx.nick, subcommand, *(["*"] if ctx.session.modern_cap else []), text=line)
    ctx.server("CAP", ctx.nick, subcommand, text=lines[-1])


def cap_room(server_name: str, nick: str, subcommand: str) -> int:
    """Return the bytes that a line has for capabilities."""
    return body_room(server_name, "CAP", nick, subcommand, "*")


def req(ctx: Context) -> None:
    """Take over a set of capabilities: all of it or nothing."""
    session = ctx.session
    if session.registration is not None:
        session.registration.negotiating = True
    wanted = [name for name in ctx.param(1).split(" ") if name]
    caps, open_ones = session.caps, offers(ctx.settings)
    for name in wanted:
        bit = cap.CAPABILITIES.get(name.removeprefix("-"))
        if name not in open_ones and not name.startswith("-"):
            bit = None
        sticky = bit == cap.CAP_NOTIFY and session.modern_cap
        if bit is None or (name.startswith("-") and sticky):
            reply_verdict(ctx, "NAK", wanted)
            return
        caps = caps & ~bit if name.startswith("-") else caps | bit
    reply_verdict(ctx, "ACK", wanted)
    ctx.flush()
    session.caps = caps
    ctx.registry.regroup(session, caps & ENCODING)


def reply_verdict(ctx: Context, subcommand: str, names: list[str]) -> None:
    """Reply what was asked for, on several lines when it does not fit on one with the server's name."""
    room = cap_room(ctx.settings.server_name, ctx.nick, subcommand)
    for line in list(packed(iter(names), room)) or [""]:
        ctx.server("CAP", ctx.nick, subcommand, text=line)


def end(ctx: Context) -> None:
    """End the negotiation: registration can go on."""
    if ctx.session.registration is not None:
        ctx.session.registration.negotiating = False
        complete(ctx)


def announce_changes(chat: Chat, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Tell those who want to know (cap-notify) what is offered now and was not, and the other way round.

    An STS policy is never deleted: "servers MUST NOT send CAP DEL"; it ends by a duration of 0.
    """
    now = dict(after)
    if STS in before and STS not in after:
        now[STS] = "duration=0"
    new = {name: value for name, value in now.items() if before.get(name) != value}
    gone = [name for name in before if name not in now]
    for session in chat.sessions.values():
        if not session.has(cap.CAP_NOTIFY):
            continue
        shown = [written(name, value, values=session.modern_cap) for name, value in new.items()]
        notify(chat, session, "NEW", shown)
        notify(chat, session, "DEL", gone)
    cancelled = sum(cap.CAPABILITIES[name] for name in gone)
    for session in chat.sessions.values() if cancelled else ():
        session.caps &= ~cancelled
        chat.registry.regroup(session, session.caps & ENCODING)


def notify(chat: Chat, session: Session, subcommand: str, names: list[str]) -> None:
    """Send capabilities that were not asked for."""
    nick = session.nick or "*"
    for line in packed(iter(names), cap_room(chat.settings.server_name, nick, subcommand)):
        text = Line(chat.settings.server_name, "CAP", (nick, subcommand), line, chat.now.wall)
        chat.fanout.send(session, text)


SUBCOMMANDS: Final = {"LS": ls, "LIST": list_active, "REQ": req, "END": end}

COMMANDS = (Command("CAP", cap_command, min_params=1, before_login=True),)
