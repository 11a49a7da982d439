"""What flood control says: that a person's lines wait, and for how long."""

from math import ceil

from securechat.chat.line import Line
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.irc import capabilities as cap


def tell(chat: Chat, session: Session, wait: float) -> None:
    """Tell a session that what it sent last waits for so many seconds."""
    assert session.user is not None, "only registered sessions are slowed down"
    server, at = chat.settings.server_name, chat.now.wall
    text = f"You sent a lot at once: what you send now is done in {ceil(wait)} seconds, nothing is lost"
    notice = Line(server, "NOTICE", (session.user.nick,), text, at)
    note = Line(server, "NOTE", ("*", "SLOWED_DOWN"), text, at, needs=cap.STANDARD_REPLIES, instead=notice)
    chat.fanout.send(session, note)
