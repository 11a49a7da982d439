"""Breaking a line of a message that has no room: it is shown in several, and no word of it is lost."""

from typing import Final

from securechat.irc.text import split_text

_ACTION: Final = "\x01ACTION "


def broken(line: str, room: int, before: str = "") -> str:
    """Return one line of a message, with `before` before it, as lines of at most `room` bytes each.

    They are joined as in a message of several lines: a part that begins in the middle of a word comes after
    "\\n\\r". An ACTION is one in each of them, with `before` inside.
    """
    opening, closing, action, said = "", "", line.startswith(_ACTION), line
    if action:
        opening, closing = _ACTION, "\x01" if line.endswith("\x01") else ""
        said = line.removeprefix(_ACTION).removesuffix("\x01")
    text, shown, end = before + said, "", 0
    for piece in split_text(text, room - len(opening) - len(closing)):
        start = text.index(piece, end)
        joint = "" if not shown else "\n" if action or start > end else "\n\r"
        shown += f"{joint}{opening}{piece}{closing}"
        end = start + len(piece)
    return shown or line  # of blanks alone there are no pieces
