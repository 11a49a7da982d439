"""What was said lately where, and by whom: so that a command can mean a message without knowing its id."""

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from securechat.client.events import (
    Event,
    Joined,
    Left,
    Message,
    Names,
    NickChanged,
    Quit,
    ReadUpTo,
    Welcome,
)
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
        self._unread: dict[str, tuple[str, deque[int]]] = {}
        """Where something came that was not read: the name, and the times of the messages."""
        self._markers: dict[str, int] = {}
        self._names: dict[str, str] = {}

    def take_note(self, event: Event) -> None:
        """Take what has happened into account."""
        match event:
            case Welcome():
                self.nick = event.nick
            case Message() if not event.asked:
                self._heard(event)
            case ReadUpTo():
                self._read_up_to(fold(event.target), event.time)
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

    def find(self, conversation: str, which: str, *, own: bool | None) -> str:
        """Return the msgid of a message in a conversation, "" when there is none.

        `which` is "" for the last one, a number for the last but so many (2: the one before), or who said it.
        `own` are one's own ones, or (False) those of others; None: both.
        """
        number = int(which[:6]) if which.isascii() and which.isdigit() else 0
        by = "" if number else fold(which)
        said = [
            one
            for one in reversed(self._said)
            if one.conversation == fold(conversation)
            and (own is None or one.own == own)
            and (not by or fold(one.sender) == by)
        ]
        index = max(number, 1) - 1
        return said[index].id if index < len(said) else ""

    def read(self, conversation: str) -> int:
        """One has looked at a conversation, since one says something there; return up to when (ms), 0 if
        nothing new was there.
        """
        _, times = self._unread.get(fold(conversation), ("", deque[int]()))
        upto = max(times, default=0)
        self._read_up_to(fold(conversation), upto)
        return upto

    def unread(self) -> str:
        """Say what came since one last read something, on whichever device, and where."""
        waiting = [f"{name} ({count(len(times), 'message')})" for name, times in self._unread.values()]
        return ", ".join(waiting) or "nothing"

    def unread_people(self) -> list[str]:
        """Return with whom something direct was not read."""
        return [name for name, _ in self._unread.values() if not is_channel(name)]

    def _read_up_to(self, key: str, time: int) -> None:
        self._markers[key] = max(time, self._markers.get(key, -1))
        name, times = self._unread.pop(key, ("", deque[int]()))
        left = deque((each for each in times if each > self._markers[key]), maxlen=_REMEMBERED)
        if left:
            self._unread[key] = (name, left)

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
        if not message.own and message.time > self._markers.get(fold(where), -1):
            times = deque[int](maxlen=_REMEMBERED)
            self._unread.setdefault(fold(where), (where, times))[1].append(message.time)
