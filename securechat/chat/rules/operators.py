"""What operators' commands lead to once they are stored: killed users, and a reload's result."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Final

from securechat.chat.items import KillUser, Reloaded
from securechat.chat.line import Line, by_operator
from securechat.chat.requests import Refused
from securechat.chat.state.account import Account
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.irc.text import body_room, split_text

ENDED_AT_ONCE: Final = 5
"""Sessions of somebody that end in one turn of the hub."""


def end_user(chat: Chat, item: KillUser) -> None:
    """End every session of a user, with KILL, ERROR and QUIT as clients know them."""
    user = chat.registry.users.get(item.user)
    if user is None:
        return
    reason = f"Killed ({item.killer} ({item.reason}))"
    line = by_operator(Line(item.source, "KILL", (user.nick,), item.reason, chat.now.wall))

    def end(session: Session) -> None:
        chat.later(partial(chat.fanout.send, session, line))
        chat.end(session, f"Closing Link: {chat.settings.server_name} ({reason})", reason)

    end_each(chat, iter([*user.sessions]), end)


def end_each(chat: Chat, rest: Iterator[Session], end: Callable[[Session], object]) -> None:
    """End the first of these sessions that are there still, and the others in turns of their own.

    Each listens in hundreds of channels.
    """
    some = list(islice((session for session in rest if not session.closed), ENDED_AT_ONCE))
    for session in some:
        end(session)
    if len(some) == ENDED_AT_ONCE:
        chat.later(partial(chat.when_stored, partial(end_each, chat, rest, end)))


def tell_reloaded(chat: Chat, item: Reloaded) -> None:
    """Tell the operator who asked for it what a reload has changed."""
    session = chat.sessions.get(item.link)
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
        say(chat, session, text)


def set_powers(chat: Chat, session: Session, account: Account | None) -> None:
    """Give a session an operator's powers, proven with this account, or take them away.

    One that has gone meanwhile gets none.
    """
    session.operator = account
    if account is None:
        chat.operators.pop(session, None)
    elif session.link in chat.sessions:
        chat.operators[session] = None


def tell(chat: Chat, text: str) -> None:
    """Send a notice to the operators who want those of the server (user mode s)."""
    for session in chat.operators:
        if session.user is not None and "s" in session.user.modes:
            say(chat, session, f"*** {text}")


def lose_powers(chat: Chat, session: Session) -> None:
    """Take an operator's powers from a session, which is told."""
    set_powers(chat, session, None)
    if (user := session.user) is not None:
        line = Line(user.source, "MODE", (user.nick, "-o"), None, chat.now.wall)
        chat.later(lambda: chat.fanout.send(session, line))


def say(chat: Chat, session: Session, text: str) -> None:
    """Send a session a notice of the server, on as many lines as it needs."""
    assert session.user is not None, "only registered sessions ask for anything"
    nick, server = session.user.nick, chat.settings.server_name
    for piece in split_text(text, body_room(server, "NOTICE", nick)):
        chat.fanout.send(session, Line(server, "NOTICE", (nick,), piece, chat.now.wall))
