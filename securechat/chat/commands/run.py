"""A run: lines of a session to one channel, one behind the other.

Theory of operation. Clients that have much to say send many lines at once, and the core handles them one
after the other. Between two of them nothing else happens, so what was found out for the first (which channel
that is, that the user may speak there, who hears it) is true for the next. `saying` begins a run where only
the text of the next line has to be looked at. Whatever is not like the last line ends it (`Chat.again`).
"""

from typing import Final

from securechat.chat.audience import Audience
from securechat.chat.lines.announcements.messages import line_of
from securechat.chat.records.messages import sent_now
from securechat.chat.state.channel import Channel
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc.message import NO_TAGS, Message
from securechat.irc.text import MAX_LINE

ROOM: Final = MAX_LINE - len("\r\n")


def begin(ctx: Context, command: str, name: str, channel: Channel) -> None:
    """Begin a run with a message that was sent to a channel, if what follows needs no more questions."""
    session, audience = ctx.session, channel.audience
    if (
        not (channel.strict or ctx.settings.words.active)
        and session.operator is None
        and command != "TAGMSG"  # of which every one has tags, so the next is never like it
        and session.link in audience.keys
    ):
        ctx.chat.again = Run(ctx, command, name, channel, audience).say


class Run:
    """What is the same for all lines of a run."""

    __slots__ = ("_audience", "_channel", "_chat", "_command", "_head", "_name", "_skip", "_user")

    def __init__(self, ctx: Context, command: str, name: str, channel: Channel, audience: Audience) -> None:
        self._chat, self._user = ctx.chat, ctx.user
        self._command, self._name = command, name
        self._channel, self._audience = channel, audience
        self._skip = None if ctx.session.has(cap.ECHO_MESSAGE) else ctx.session.link
        self._head = f":{ctx.user.source} {command} {channel.name} :"

    def say(self, message: Message) -> bool:
        """Say what a line says; False when it is not like the last one, or has no text, or too much."""
        command, params = message.command, message.params
        if command != self._command or message.tags or len(params) < 2 or params[0] != self._name:
            return False
        text = params[1]
        line = self._head + text
        if not text or (len(line) if line.isascii() else len(line.encode())) > ROOM:
            return False
        chat, user, channel = self._chat, self._user, self._channel
        key, at = chat.ids.next(chat.now.wall, chat.now.mono), chat.now.wall
        account, nick = user.account.id, user.nick
        said = sent_now(key, at, command, account, nick, channel.id, None, channel.name, text, NO_TAGS)
        chat.enter_like(said, line_of(chat.registry, said), self._audience, self._skip)
        return True
