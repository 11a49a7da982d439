"""CAP.

What client and server can do for each other (https://ircv3.net/specs/extensions/capability-negotiation).
"""

from typing import Final

from securechat.chat.context import Context
from securechat.chat.dispatch import Command, printable
from securechat.chat.login import complete
from securechat.chat.session import ENCODING
from securechat.chat.welcome import packed
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num

VERSION_302: Final = 302
VALUES: Final = {"draft/relaymsg": "/", "sasl": "PLAIN"}
LINE_ROOM: Final = 400
"""Bytes of capability names on one line: what is left of 512 after source, nick and subcommand."""


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
    if session.user is None:
        session.negotiating = True
    if modern:
        session.caps |= cap.CAP_NOTIFY
        session.modern_cap = True
    every = [
        f"{name}={VALUES[name]}" if modern and name in VALUES else name for name in sorted(cap.CAPABILITIES)
    ]
    show(ctx, "LS", every)


def list_active(ctx: Context) -> None:
    """List what the session has negotiated."""
    show(ctx, "LIST", cap.names(ctx.session.caps))


def show(ctx: Context, subcommand: str, names: list[str]) -> None:
    """Reply a list of capabilities, on several lines only to those who know of that (302)."""
    lines = list(packed(iter(names), LINE_ROOM)) or [""]
    for line in lines[:-1]:
        ctx.server("CAP", ctx.nick, subcommand, *(["*"] if ctx.session.modern_cap else []), text=line)
    ctx.server("CAP", ctx.nick, subcommand, text=lines[-1])


def req(ctx: Context) -> None:
    """Take over a set of capabilities: all of it or nothing."""
    session = ctx.session
    if session.user is None:
        session.negotiating = True
    wanted = [name for name in ctx.param(1).split(" ") if name]
    caps = session.caps
    for name in wanted:
        bit = cap.CAPABILITIES.get(name.removeprefix("-"))
        sticky = bit == cap.CAP_NOTIFY and session.modern_cap
        if bit is None or (name.startswith("-") and sticky):
            ctx.server("CAP", ctx.nick, "NAK", text=ctx.param(1))
            return
        caps = caps & ~bit if name.startswith("-") else caps | bit
    ctx.server("CAP", ctx.nick, "ACK", text=ctx.param(1))
    ctx.flush()
    session.caps = caps
    ctx.registry.regroup(session, caps & ENCODING)


def end(ctx: Context) -> None:
    """End the negotiation: registration can go on."""
    if ctx.session.user is None:
        ctx.session.negotiating = False
        complete(ctx)


SUBCOMMANDS: Final = {"LS": ls, "LIST": list_active, "REQ": req, "END": end}

COMMANDS = (Command("CAP", cap_command, min_params=1, before_login=True),)
