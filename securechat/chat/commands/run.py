"""What a session said last, and would say again: lines to one channel, one behind the other.

Theory of operation. Who says something in a channel mostly says more there, at once or some turns later. What
was found out for the first line (which channel that is, that the user may speak there, how the line begins)
is true for the next as long as nothing of it has changed, and that is quickly seen. So `saying` notes it in
the session, and of a line that is like the last one only the text has to be looked at.
"""

from securechat.chat.line import tagged
from securechat.chat.lines.announcements.messages import line_of
from securechat.chat.records.messages import sent_now
from securechat.chat.state.channel import Channel
from securechat.chat.state.session import Session, User
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc.message import NO_TAGS, Message
from securechat.irc.text import MAX_LINE


def begin(ctx: Context, command: str, name: str, channel: Channel) -> None:
    """Note what was found out for a message to a channel, called `name`, if the next has the same needs.

    One with tags has others, such as that its label is answered.
    """
    if not ctx.message.tags and ctx.message.params[0] == name and ctx.user.id in channel.members:
        ctx.session.again = Run(ctx, command, name, channel).say


class Run:
    """What is the same for all lines of a run.

    Nothing that is replaced often, such as who hears the channel: each session would keep another one.
    """

    __slots__ = ("_channel", "_chat", "_command", "_head", "_name", "_shown", "_source")

    def __init__(self, ctx: Context, command: str, name: str, channel: Channel) -> None:
        self._chat, self._command, self._name = ctx.chat, command, name
        self._channel, self._shown, self._source = channel, channel.name, ctx.user.source
        self._head = f":{self._source} {command} {channel.name} :"

    def say(self, session: Session, message: Message) -> bool:
        """Say what a line says; False when it is not like the last one, or has no text, or too much."""
        command, params = message.command, message.params
        if command != self._command or message.tags or len(params) < 2 or params[0] != self._name:
            return False
        text = params[1]
        plain = f"{self._head}{text}\r\n".encode()
        if not text or len(plain) > MAX_LINE:
            return False
        chat, user, channel = self._chat, session.user, self._channel
        if user is None or self._is_other(session, user):
            return False
        now = chat.now
        session.active = now.mono
        said = sent_now(
            chat.ids.next(now.wall, now.mono),
            now.wall,
            command,
            user.account.id,
            user.nick,
            channel.id,
            None,
            self._shown,
            text,
            NO_TAGS,
        )
        audience = channel.listeners.audience
        encoded = tagged(line_of(chat.registry, said), audience.groups, plain)
        chat.enter_shown(said, audience, encoded, None if session.caps & cap.ECHO_MESSAGE else session.link)
        return True

    def _is_other(self, session: Session, user: User) -> bool:
        """Return whether something is not any more what it was found to be."""
        channel = self._channel
        return (
            channel.strict
            or user.id not in channel.members
            or channel.name is not self._shown
            or user.source is not self._source
            or session.operator is not None
            or self._chat.settings.words.active
        )
