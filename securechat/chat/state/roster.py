"""How NAMES writes the members of a channel who are online: kept from one who asks to the next.

When thousands join a channel, each is told the names of all others. So these stay written, in each form that
was asked for, and who joins is written behind them. When anybody goes, comes online among the members or is
shown in another way, all of it is forgotten.
"""

from collections.abc import Callable, Iterable, Iterator

from securechat.chat.membership import symbols
from securechat.chat.state.session import User
from securechat.irc import capabilities as cap

FORMS = cap.MULTI_PREFIX | cap.USERHOST_IN_NAMES
"""The capabilities that change how a member is written."""
_STEP = 128
"""Members that are written before it is asked whether others have waited for long enough."""


class Roster:
    """The names of one channel, in the order of joining, with blanks between them."""

    __slots__ = ("_texts", "changes")

    def __init__(self) -> None:
        self._texts: dict[int, bytearray] = {}
        self.changes = 0
        """How often something changed: whoever lists members in several turns looks at it."""

    def came(self, user: User, ranks: str) -> None:
        """Somebody who is online has joined, after all others."""
        self.changes += 1
        for form, text in self._texts.items():
            if text:
                text += b" "
            text += word(user, ranks, form).encode()

    def forget(self) -> None:
        """The names are not what they were."""
        self.changes += 1
        self._texts.clear()

    def text(self, form: int) -> bytes | None:
        """Return the names in a form, if they are written."""
        text = self._texts.get(form)
        return bytes(text) if text is not None else None

    def write(self, form: int, online: list[User], ranks: Callable[[int], str]) -> Iterator[None]:
        """Write the names of those who are online; what changes between the steps makes it vain."""
        changes, text = self.changes, bytearray()
        for first in range(0, len(online), _STEP):
            step = online[first : first + _STEP]
            text += b" " if text else b""
            text += " ".join([word(user, ranks(user.id), form) for user in step]).encode()
            yield
            if self.changes != changes:
                return
        self._texts[form] = text


def word(user: User, ranks: str, form: int) -> str:
    """Return how a member is written for a session with these capabilities."""
    shown = user.source if form & cap.USERHOST_IN_NAMES else user.nick
    return symbols(ranks, multi=bool(form & cap.MULTI_PREFIX)) + shown if ranks else shown


def nicks(text: bytes) -> Iterable[str]:
    """Return the nicks in such a text."""
    return (one.lstrip("~&@%+").partition("!")[0] for one in text.decode().split(" "))


def cut(text: bytes, room: int) -> Iterator[tuple[str, int]]:
    """Cut names into lines of at most `room` bytes; with each comes where it ends."""
    start, size = 0, len(text)
    while start < size:
        end = size if size - start <= room else text.rfind(b" ", start, start + room + 1)
        if end <= start:  # a single one that has no room: whoever writes the line cuts it
            end = (text + b" ").index(b" ", start)
        yield text[start:end].decode(), end
        start = end + 1
