"""What a line can carry: texts and names as they come from people and programs."""

import re
from typing import Final

from securechat.client.errors import Refused
from securechat.irc.message import Message, encode
from securechat.irc.text import MAX_LINE

MAX_TARGET: Final = 128
"""Bytes of a channel's or user's name: what no server exceeds."""
_NOT_IN_TARGETS: Final = re.compile("^:|[ ,\r\n\0\ud800-\udfff]")
_NOT_IN_TEXT: Final = re.compile("[\0\ud800-\udfff]")


def sendable(text: str) -> str:
    """Return a text without what no line can carry."""
    return text.replace("\r", "").replace("\n", " ").replace("\0", "").encode(errors="replace").decode()


def check_text(text: str, first: int = 1) -> str:
    """Return a text if lines can carry it as it is.

    Raises Refused, which names the line; `first` is the number of the text's first one. What was read with
    the error handler `surrogateescape` and is no UTF-8 is refused, too. Carriage returns are nobody's text.
    """
    wrong = _NOT_IN_TEXT.search(text)
    if wrong is None:
        return text
    line = first + text.count("\n", 0, wrong.start())
    what = "has a NUL" if wrong[0] == "\0" else "is not UTF-8"
    raise Refused("INVALID_TEXT", f"line {line} {what}, which no message can carry")


def lines_of(text: str) -> list[str]:
    """Return the lines that a text is said in, without those that are empty or only spaces."""
    lines = [sendable(line) for line in text.split("\n")]
    return [line for line in lines if line.strip(" ")]


def check_target(name: str) -> str:
    """Return the name of a channel or user if a command can carry it. Raises Refused."""
    if not name or len(name.encode(errors="replace")) > MAX_TARGET or _NOT_IN_TARGETS.search(name):
        raise Refused("INVALID_TARGET", f"{name!a} is not the name of a channel or user")
    return name


def unsendable(command: str, params: tuple[str, ...]) -> Refused | None:
    """Return why no line can carry a command: a name that a server made up can be a part of it."""
    try:
        size = len(encode(Message(command, params)))
    except ValueError as error:
        return Refused("INVALID_TARGET", f"no line can carry this: {error}")
    return Refused("TOO_LONG", "this is too long for one line") if size > MAX_LINE else None
