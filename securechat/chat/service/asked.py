"""What a command of the pseudo-user has: the words it was given, and the notices it answers with."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from securechat.chat.line import Line
from securechat.chat.reserved import SERVICE
from securechat.chat.rules.finding import visible_channel
from securechat.chat.rules.mode_changes import change
from securechat.chat.state.account import Account
from securechat.chat.turn.command import Described
from securechat.chat.turn.context import Context
from securechat.chat.turn.pieces import reply_all
from securechat.irc.message import Message
from securechat.irc.text import body_room, split_text


class Asked:
    """One message to the pseudo-user."""

    __slots__ = ("ctx", "words")

    def __init__(self, ctx: Context, words: list[str]) -> None:
        self.ctx = ctx
        self.words = words

    @property
    def account(self) -> Account:
        """Who asks."""
        return self.ctx.user.account

    def word(self, index: int) -> str:
        """Return a word after the command's name, "" when it is missing."""
        return self.words[index] if index < len(self.words) else ""

    def say(self, text: str) -> None:
        """Answer; a long text takes several lines."""
        for line in self._lines(text):
            self.ctx.reply(line)

    def say_all(self, texts: Iterable[str]) -> None:
        """Answer with texts that may be many: they come in pieces."""
        reply_all(self.ctx, (line for text in texts for line in self._lines(text)))

    def _lines(self, text: str) -> Iterator[Line]:
        ctx = self.ctx
        source = f"{SERVICE}!{SERVICE}@{ctx.settings.server_name}"
        for piece in split_text(text, body_room(source, "NOTICE", ctx.nick)):
            yield Line(source, "NOTICE", (ctx.nick,), piece, ctx.chat.now.wall)

    def mode(self, channel: str, *params: str) -> None:
        """Do what MODE does, by its own rules and with its replies."""
        its = Context(self.ctx.chat, self.ctx.session, Message("MODE", (channel, *params)))
        found = visible_channel(its, channel)
        if found is not None:
            change(its, found, params)
        its.finish()


@dataclass(frozen=True, slots=True)
class ServiceCommand(Described[Asked]):
    """A command of the pseudo-user."""

    min_words: int = 0
    operators: bool = False


ONLY_OPERATORS: Final = "Only operators can do this: OPER with an administrator's account first"
