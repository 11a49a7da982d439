"""What was said lately where, and by whom: so that a command can mean a message without knowing its id."""

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from securechat.client.events import Event, Joined, Left, Message, Names, NickChanged, Quit, Welcome
from securechat.irc.names import fold, is_channel
from securechat.irc.text import count

_REMEMBERED: Final = 1000


class _Said(NamedTuple):
    conversation: str
    sender: str
    id: str
    own: bool


class Lately:
    """What one client was told, in this run."""

    def __init__(self) -> None:
        self.nick = ""
        self._said: deque[_Said] = deque(maxlen=_REMEMBERED)
        self._unread: dict[str, tuple[str, int]] = {}
        self._names: dict[str, str] = {}

    def take_note(self, event: Event) -> None:
        """Take what has happened into account."""
        match event:
            case Welcome():
                self.nick = event.nick
            case Message() if not event.asked:
                self._heard(event)
            case Names(nicks=nicks):
                self._names.update({fold(nick): nick for nick in nicks})
            case Joined(nick=nick):
                self._names[fold(nick)] = nick
            case NickChanged(old, new, own):
                self._names.pop(fold(old), None)
                self._names[fold(new)] = new
                self.nick = new if own else self.nick
            case Quit(nick=nick) | Left(nick=nick):
                self._names.pop(fold(nick), None)
            case _:
                pass

    def find(self, conversation: str, which: str, *, own: bool) -> str:
        """Return the msgid of a message in a conversation, "" when there is none.

        `which` is "" for the last one, a number for the last but so many (2: the one before), or who said it.
        `own` are one's own ones; else those of others.
        """
        number = int(which[:6]) if which.isascii() and which.isdigit() else 0
        by = "" if number else fold(which)
        said = [
            one
            for one in reversed(self._said)
            if one.conversation == fold(conversation)
            and one.own == own
            and (not by or fold(one.sender) == by)
        ]
        index = max(number, 1) - 1
        return said[index].id if index < len(said) else ""

    def read(self, conversation: str) -> None:
        """One has looked at a conversation, since one says something there."""
        self._unread.pop(fold(conversation), None)

    def unread(self) -> str:
        """Say what came since one last said something, and where."""
        waiting = [f"{name} ({count(number, 'message')})" for name, number in self._unread.values()]
        return ", ".join(waiting) or "nothing"

    def names(self) -> Iterator[str]:
        """Yield the people and conversations that are known, without oneself."""
        conversations = (name for name, _ in self._unread.values())
        people = (name for key, name in self._names.items() if key != fold(self.nick))
        yield from dict.fromkeys((*people, *conversations))

    def _heard(self, message: Message) -> None:
        target = message.target.lstrip("~&@%+")
        where = target if is_channel(target) or message.own else message.sender
        if not is_channel(where):
            self._names[fold(where)] = where
        if message.id and not message.edits:
            self._said.append(_Said(fold(where), message.sender, message.id, message.own))
        if not message.own:
            name, number = self._unread.get(fold(where), (where, 0))
            self._unread[fold(where)] = (name, number + 1)
