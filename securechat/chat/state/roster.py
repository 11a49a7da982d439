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
STEP = 16
"""Members that are written, or looked up, before it is asked whether others have waited for long enough."""


class Roster:
    """The names of one channel, in the order of joining, with blanks between them."""

    __slots__ = ("_texts", "forgotten")

    def __init__(self) -> None:
        self._texts: dict[int, bytearray] = {}
        self.forgotten = 0
        """How often the names were forgotten. Meanwhile they only grow."""

    def came(self, user: User, ranks: str) -> None:
        """Somebody who is online has joined, after all others."""
        for form, text in self._texts.items():
            if text:
                text += b" "
            text += word(user, ranks, form).encode()

    def forget(self) -> None:
        """The names are not what they were."""
        self.forgotten += 1
        self._texts.clear()

    def text(self, form: int) -> bytes | None:
        """Return the names in a form, if they are written."""
        text = self._texts.get(form)
        return bytes(text) if text is not None else None

    def size(self, form: int) -> int:
        """Return how long the names in a form are, 0 when they are not written."""
        return len(self._texts.get(form, b""))

    def write(
        self, form: int, online: Callable[[], list[User]], ranks: Callable[[int], str]
    ) -> Iterator[None]:
        """Write the names of those who are online; when they are forgotten between the steps, it is vain."""
        forgotten, text, people = self.forgotten, bytearray(), online()
        written = 0
        while step := people[written : written + STEP]:
            if written:
                yield
                if self.forgotten != forgotten:
                    return
                text += b" "
            text += " ".join([word(user, ranks(user.id), form) for user in step]).encode()
            written += len(step)
            if STEP < written == len(people):  # who has joined meanwhile is not always the last one online
                known = set(people)
                people += [user for user in online() if user not in known]
        self._texts[form] = text


def word(user: User, ranks: str, form: int) -> str:
    """Return how a member is written for a session with these capabilities."""
    shown = user.source if form & cap.USERHOST_IN_NAMES else user.nick
    return symbols(ranks, multi=bool(form & cap.MULTI_PREFIX)) + shown if ranks else shown


def nicks(text: bytes) -> Iterable[str]:
    """Return the nicks in such a text."""
    return (one.lstrip("~&@%+").partition("!")[0] for one in text.decode().split(" "))


def cut(text: bytes, start: int, room: int) -> int:
    """Return where a line of at most `room` bytes ends that begins with the name at `start`."""
    if len(text) - start <= room:
        return len(text)
    end = text.rfind(b" ", start, start + room + 1)
    # A single name that has no room: whoever writes the line cuts it.
    return end if end > start else (text + b" ").index(b" ", start)
