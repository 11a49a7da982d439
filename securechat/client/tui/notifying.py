"""Telling a person who looks elsewhere: the bell, and the terminal's own notifications.

OSC 9 is what iTerm2, WezTerm, kitty and Windows Terminal show, OSC 777 what foot and urxvt do. A terminal
that knows neither ignores them.
"""

from collections.abc import Callable, Mapping
from typing import Final

from securechat.client.safe import safe

_LONGEST: Final = 200
_OSC777: Final = ("foot", "rxvt", "ghostty")


def preferred(environment: Mapping[str, str]) -> str:
    """Return what the terminal most likely knows."""
    term = environment.get("TERM", "")
    return "osc777" if term.startswith(_OSC777) else "osc9"


def sequence(how: str, title: str, text: str) -> str:
    """Return what makes the terminal notify: also its bell, which everything passes on."""
    title = safe(title)[:_LONGEST].replace(";", ",")
    text = safe(" ".join(text.split("\n")))[:_LONGEST]
    match how:
        case "osc9":
            return f"\x1b]9;{title}: {text}\x07\x07"
        case "osc777":
            return f"\x1b]777;notify;{title};{text}\x07\x07"
        case "bell":
            return "\x07"
        case _:
            return ""


class Notifier:
    """`write` takes what goes to the terminal; `how` is the setting."""

    def __init__(self, write: Callable[[str], None], how: Callable[[], str], automatic: str) -> None:
        self.focused = True
        """Whether the person looks at the terminal, as far as it says."""
        self._write = write
        self._how = how
        self._automatic = automatic

    def tell(self, title: str, text: str) -> None:
        """Notify, unless the person looks here already."""
        if not self.focused:
            how = self._how()
            self._write(sequence(self._automatic if how == "auto" else how, title, text))
