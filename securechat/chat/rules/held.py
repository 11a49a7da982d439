"""Sessions that can do nothing but set a new password, since an administrator wants one.

Theory of operation. Such a session has proven its account and is told so, and has the welcome that clients
wait for. Yet it is nobody's user: it is in no channel, sees and is seen by nobody, and every command but
those of the way in is refused. When the new password is stored it comes in as it would have. A login by a
device goes on: it did not need the password, which is the only thing that is in doubt.
"""

from collections.abc import Iterator
from typing import Final

from securechat.chat.line import Line
from securechat.chat.reserved import SERVICE
from securechat.chat.rules import welcome
from securechat.chat.state.account import Account
from securechat.chat.state.session import Session
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.text import body_room, split_text

REQUIRED: Final = "PASSWORD_CHANGE_REQUIRED"
_WHY: Final = "An administrator wants you to set a new password before you do anything else"
_HOW: Final = (
    "Type: /msg securechat password * <new password>. It may hold blanks, and has to be another one than you "
    "have now."
)
LINES: Final = 100
"""Lines that a client may send until the password is set: some begin with many."""


def is_due(session: Session, account: Account) -> bool:
    """Return whether a session has to set a new password before it comes in."""
    return account.password_due and session.device is None


def hold(ctx: Context, account: Account, allowed: int) -> None:
    """Welcome a session that comes no further, once; `allowed` are lines that it may send without this."""
    said = ctx.registration
    if said.held is not None:
        return
    if ctx.settings.nicknames == "account":
        said.nick = account.name
    said.held = ctx.nick
    said.lines = allowed - LINES
    if ctx.session.has(cap.STANDARD_REPLIES):
        ctx.server("FAIL", "*", REQUIRED, text=_WHY)
    for line in _welcome(ctx):
        ctx.reply(line)
    explain(ctx)


def explain(ctx: Context) -> None:
    """Say what the session has to do."""
    say(ctx, f"{_WHY}.")
    say(ctx, _HOW)


def refuse(ctx: Context, code: str = REQUIRED, text: str = f"{_WHY}. {_HOW}") -> None:
    """Say that something was not done; in this case all clients have to show it."""
    if ctx.session.has(cap.STANDARD_REPLIES):
        ctx.fail(code, text=text)
    else:
        say(ctx, text)


def say(ctx: Context, text: str) -> None:
    """Say something as the pseudo-user does."""
    source = f"{SERVICE}!{SERVICE}@{ctx.settings.server_name}"
    for piece in split_text(text, body_room(source, "NOTICE", ctx.nick)):
        ctx.reply(Line(source, "NOTICE", (ctx.nick,), piece, ctx.chat.now.wall))


def _welcome(ctx: Context) -> Iterator[Line]:
    server, now = ctx.settings.server_name, ctx.chat.now.wall
    text = f"Welcome to {ctx.settings.network}, {ctx.nick}: set a new password first"
    yield Line(server, num.RPL_WELCOME, (ctx.nick,), text, now)
    yield from welcome.supported(ctx)
    yield Line(server, num.ERR_NOMOTD, (ctx.nick,), "There is no message of the day yet", now)
