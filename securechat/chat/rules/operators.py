"""What operators' commands lead to once they are stored: killed users, and a reload's result."""

from functools import partial
from typing import TYPE_CHECKING

from securechat.chat.items import KillUser, Reloaded
from securechat.chat.line import MAX_BODY, Line, by_operator
from securechat.chat.requests import Refused
from securechat.irc.text import split_text

if TYPE_CHECKING:
    from securechat.chat.core import Core
    from securechat.chat.state.account import Account
    from securechat.chat.state.session import Session


def end_user(core: "Core", item: KillUser) -> None:
    """End every session of a user, with KILL, ERROR and QUIT as clients know them."""
    user = core.registry.users.get(item.user)
    if user is None:
        return
    reason = f"Killed ({item.killer} ({item.reason}))"
    line = by_operator(Line(item.source, "KILL", (user.nick,), item.reason, core.now.wall))
    for session in list(user.sessions):
        core.later(partial(core.fanout.send, session, line))
        core.end(session, f"Closing Link: {core.settings.server_name} ({reason})", reason)


def tell_reloaded(core: "Core", item: Reloaded) -> None:
    """Tell the operator who asked for it what a reload has changed."""
    session = core.sessions.get(item.link)
    if session is None or session.user is None:
        return
    answer = item.answer
    if isinstance(answer, Refused):
        texts = [f"The configuration was not reloaded: {answer.text}"]
    else:
        texts = ["The configuration and the certificate were read again"]
        for row in answer.rows:
            state = "is in force now" if row.get("applied") else "needs a restart of the server"
            texts.append(f"{row.get('key')} {state}")
    for text in texts:
        say(core, session, text)


def set_powers(core: "Core", session: "Session", account: "Account | None") -> None:
    """Give a session an operator's powers, proven with this account, or take them away."""
    session.operator = account
    if account is None:
        core.operators.pop(session, None)
    else:
        core.operators[session] = None


def tell(core: "Core", text: str) -> None:
    """Send a notice to the operators who want those of the server (user mode s)."""
    for session in core.operators:
        if session.user is not None and "s" in session.user.modes:
            say(core, session, f"*** {text}")


def lose_powers(core: "Core", session: "Session") -> None:
    """Take an operator's powers from a session, which is told."""
    set_powers(core, session, None)
    if (user := session.user) is not None:
        line = Line(user.source, "MODE", (user.nick, "-o"), None, core.now.wall)
        core.later(lambda: core.fanout.send(session, line))


def say(core: "Core", session: "Session", text: str) -> None:
    """Send a session a notice of the server, on as many lines as it needs."""
    assert session.user is not None, "only registered sessions ask for anything"
    nick, server = session.user.nick, core.settings.server_name
    for piece in split_text(text, MAX_BODY - len(f":{server} NOTICE {nick} :\r\n".encode())):
        core.fanout.send(session, Line(server, "NOTICE", (nick,), piece, core.now.wall))
