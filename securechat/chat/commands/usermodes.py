"""MODE for people: the modes of a user, which all its sessions share and which end with the last of them.

`o` alone belongs to a session: OPER gives it and only the session itself takes it away. `Z` says that the
connection is encrypted, as every one is.
"""

from securechat.chat.rules.operators import set_powers
from securechat.chat.state.session import BOT, CHOSEN_MODES, GIVEN_MODES, Session, User
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.names import fold
from securechat.irc.text import printable


def user_mode(ctx: Context) -> None:
    """Show or change the modes of oneself."""
    target, change = ctx.param(0), ctx.param(1)
    if fold(target) != fold(ctx.nick):
        if ctx.registry.user(target) is None:
            ctx.numeric(num.ERR_NOSUCHNICK, printable(target), text="No such nick")
        else:
            ctx.numeric(num.ERR_USERSDONTMATCH, text="You can only see and change your own modes")
    elif not change:
        ctx.numeric(num.RPL_UMODEIS, shown(ctx.user, ctx.session))
    else:
        change_modes(ctx, change)


def shown(user: User, session: Session | None = None) -> str:
    """Return the modes of a user as 221 shows them; "o" is the given session's, or any session's."""
    operator = session.oper if session is not None else user.operator
    return "+" + "".join(sorted(user.modes + "Z" + ("o" if operator else "")))


def change_modes(ctx: Context, change: str) -> None:
    """Apply the changes that are known, show them, then say that one was not."""
    user, modes = ctx.user, set(ctx.user.modes)
    adding, unknown, resigns = True, False, False
    powers = ctx.session.oper
    for letter in change:
        if letter in "+-":
            adding = letter == "+"
        elif letter == "s" and adding and not powers:
            ctx.numeric(num.ERR_NOPRIVILEGES, text="Only operators get the server's notices (OPER)")
        elif letter == BOT and user.account.role == "bot":
            continue  # the role says it already, and goes on saying it
        elif letter in CHOSEN_MODES:
            (modes.add if adding else modes.discard)(letter)
        elif letter not in GIVEN_MODES:
            unknown = True
        elif letter == "o" and not adding:
            resigns = powers
    apply(ctx, user, "".join(sorted(modes)))
    if resigns:
        set_powers(ctx.chat, ctx.session, None)
        ctx.reply(user.line("MODE", (user.nick, "-o"), None, ctx.chat.now.wall))
    if unknown:
        ctx.numeric(num.ERR_UMODEUNKNOWNFLAG, text="Unknown user mode")


def apply(ctx: Context, user: User, modes: str) -> None:
    """Give the user these modes and show all sessions of the user what is different."""
    added = "".join([letter for letter in modes if letter not in user.modes])
    removed = "".join([letter for letter in user.modes if letter not in modes])
    if not added and not removed:
        return
    ctx.registry.set_modes(user, modes)
    signs = (f"+{added}" if added else "") + (f"-{removed}" if removed else "")
    line = user.line("MODE", (user.nick, signs), None, ctx.chat.now.wall)
    ctx.chat.fanout.broadcast(user.audience, line, ctx)
