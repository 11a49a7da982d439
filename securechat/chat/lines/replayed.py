"""How a message of the past looks to a client that does not read `server-time`.

It would show it as if it were said now, and a bot would act on it, so the text says when it was.
"""

from securechat.chat.line import Line
from securechat.chat.lines.announcements.messages import line_of
from securechat.chat.lines.broken import broken
from securechat.chat.records import MessageSent
from securechat.chat.state.registry import Registry
from securechat.irc import capabilities as cap
from securechat.irc.text import body_room
from securechat.irc.timestamp import format_ms


def replayed(registry: Registry, message: MessageSent, caps: int) -> Line:
    """The line that shows a message that was said before, to a session with these capabilities."""
    if caps & cap.SERVER_TIME or not message.text:
        return line_of(registry, message)
    sender = registry.accounts[message.sender].name
    source = f"{message.nick}!{sender}@{registry.server_name}"
    room = body_room(source, message.command, message.addressed)
    return line_of(registry, message._replace(text=dated(message.text, message.at, room)))


def dated(text: str, at: int, room: int) -> str:
    """Return a text with the time (UTC) before it; an ACTION has it inside.

    Where the first line has no room for it (`room` is in bytes) its end becomes a line of its own.
    """
    first, end, rest = text.partition("\n")
    day, clock = format_ms(at)[:10], format_ms(at)[11:16]
    return broken(first, room, f"[{day} {clock}] ") + end + rest
