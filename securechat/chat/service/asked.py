"""What a command of the pseudo-user has: the words it was given, and the notices it answers with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from securechat.chat.line import Line
from securechat.chat.reserved import SERVICE
from securechat.chat.state.account import Account
from securechat.chat.turn.context import Context
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
        ctx = self.ctx
        source = f"{SERVICE}!{SERVICE}@{ctx.settings.server_name}"
        for piece in split_text(text, body_room(source, "NOTICE", ctx.nick)):
            ctx.reply(Line(source, "NOTICE", (ctx.nick,), piece, ctx.core.now.wall))

    def run(self, command: str, *params: str) -> None:
        """Do what the session could have said itself, by that command's own rules and replies."""
        its = Context(self.ctx.core, self.ctx.session, Message(command, params))
        self.ctx.core.commands[command].handler(its)
        its.finish()


@dataclass(frozen=True, slots=True)
class ServiceCommand:
    """One row: the handler's docstring begins with the syntax, which `help` prints."""

    name: str
    handler: Callable[[Asked], None]
    min_words: int = 0
    operators: bool = False

    @property
    def syntax(self) -> str:
        """The command's syntax: the first line of its handler's docstring."""
        return (self.handler.__doc__ or self.name).strip().split("\n", 1)[0]

    @property
    def help(self) -> list[str]:
        """The lines of the handler's docstring after the syntax."""
        lines = [line.strip() for line in (self.handler.__doc__ or "").strip().split("\n")[1:]]
        return [line for line in lines if line]


ONLY_OPERATORS: Final = "Only operators can do this: OPER with an administrator's account first"
