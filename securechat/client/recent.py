"""What was said lately: so that nothing is told twice, and that an answer can quote what it answers."""

from typing import Final, NamedTuple

_REMEMBERED: Final = 4096


class Spoken(NamedTuple):
    """A text and its sender."""

    sender: str
    text: str


_NOTHING: Final = Spoken("", "")


class Recent:
    """The last messages by their msgids."""

    def __init__(self) -> None:
        self._spoken: dict[str, Spoken] = {}

    def add(self, msgid: str, sender: str, text: str) -> bool:
        """Remember a message; return whether it is new. One without a msgid always is."""
        if not msgid:
            return True
        if msgid in self._spoken:
            return False
        self._spoken[msgid] = Spoken(sender, text)
        if len(self._spoken) > _REMEMBERED:
            del self._spoken[next(iter(self._spoken))]
        return True

    def get(self, msgid: str) -> Spoken | None:
        """Return a message, if it is remembered."""
        return self._spoken.get(msgid)

    def replace(self, msgid: str, sender: str, text: str) -> None:
        """The message says something else now."""
        self._spoken[msgid] = Spoken(sender, text)

    def is_taken_back(self, msgid: str) -> bool:
        """Whether it is known that the message was taken back."""
        return self._spoken.get(msgid) == _NOTHING

    def take_back(self, msgid: str) -> Spoken | None:
        """Forget the text of a message that was taken back; return what it was."""
        spoken = self._spoken.get(msgid)
        self._spoken[msgid] = _NOTHING
        return spoken if spoken != _NOTHING else None
