"""Flood control: how long a session's next line waits, and what the person is told of it."""

from math import ceil
from typing import Final

from securechat.chat.commands import COMMANDS
from securechat.chat.line import Line
from securechat.chat.rules import storing
from securechat.chat.state.backlog import Step
from securechat.chat.state.flood import Bucket
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.irc import capabilities as cap
from securechat.irc.framing import Rejected
from securechat.irc.message import Message
from securechat.irc.text import count

NOTICEABLE: Final = 2.0
"""Seconds that a line waits before the person is told."""
AGAIN: Final = 60.0
"""Seconds until a session is told again."""


def wait(chat: Chat, session: Session) -> float:
    """Return the seconds that the next line waits: for what its account stores, or for commands."""
    bucket = session.bucket
    if bucket is None:
        bucket = session.bucket = Bucket(chat.now.mono)
    if session.account is not None and (seconds := storing.wait(chat, session.account)) > 0:
        return seconds
    return bucket.spend(_cost(session.backlog.lines[-1]), chat.now.mono)


def _cost(line: Message | Rejected | Step) -> float:
    if isinstance(line, Step):
        return 0.0
    if not isinstance(line, Message):
        return 1.0
    command = COMMANDS.get(line.command)
    return command.cost_of(line.params) if command is not None else 1.0


def tell(chat: Chat, session: Session, seconds: float) -> None:
    """Count that a session's next line waits `seconds`; tell it, if that is long and was not told lately."""
    chat.count("refusals.flood", session.account)
    bucket = session.bucket
    if bucket is None or seconds < NOTICEABLE or chat.now.mono < bucket.told + AGAIN:
        return
    assert session.user is not None, "only registered sessions are slowed down"
    bucket.told = chat.now.mono
    server, at = chat.settings.server_name, chat.now.wall
    wait = count(ceil(seconds), "second")
    text = f"You sent a lot at once: what you send now is done in {wait}, nothing is lost"
    notice = Line(server, "NOTICE", (session.user.nick,), text, at)
    note = Line(server, "NOTE", ("*", "SLOWED_DOWN"), text, at, needs=cap.STANDARD_REPLIES, instead=notice)
    chat.fanout.send(session, note)
