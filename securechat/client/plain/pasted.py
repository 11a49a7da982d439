"""A long text that was pasted into the plain client: it is said only when the person wants that."""

from typing import Final

from securechat.client.plain import commands
from securechat.client.plain.command import Chat
from securechat.irc.text import count

MOST_UNASKED: Final = 5
"""Lines of a text that are sent as one message without asking."""


class Pasted:
    """The text that waits for the person's yes, if one does."""

    def __init__(self) -> None:
        self._text: str | None = None

    def enter(self, chat: Chat, text: str) -> None:
        """Do what was entered: it may be the answer about the text that waits, or become one that waits."""
        waiting, self._text = self._text, None
        answer = text.strip().lower()
        if waiting is not None and answer in ("y", "yes"):
            commands.enter(chat, waiting)
        elif waiting is not None and answer in ("", "n", "no"):
            chat.tell("* Not sent. The Up key brings it back.")
        elif text.count("\n") >= MOST_UNASKED and not text.startswith("/"):
            self._text = text
            lines = count(text.count("\n") + 1, "line")
            chat.tell(f"* Send {lines} to {chat.target or 'nobody'} as one message? y sends them: [y/N]")
        else:
            commands.enter(chat, text)
