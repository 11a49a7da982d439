"""One line of IRC as a value: parse it, encode it.

The grammar is that of modern IRC (modern.ircdocs.horse, "Message Format") with the IRCv3 `message-tags`::

    ['@' tags SPACE] [':' source SPACE] command *(SPACE middle) [SPACE ':' trailing]

Only the byte 0x20 separates. `str.split()` and `str.strip()` without an argument, and `str.splitlines()`,
also act on U+0085, NBSP, U+2028 and others, which would let a peer forge parameters and lines; they have
no place here.

One law ties the two directions together: whatever `parse` accepts, `encode` can write, and reading that
gives an equal message. Error texts never quote the line, which may be somebody's password in the wrong
window.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

NO_TAGS: Final[Mapping[str, str]] = MappingProxyType({})

MAX_TAGS: Final = 64
"""Tags of a line from a client. Each takes 200 bytes in memory however short it is: a line of 4 KiB that was
nothing but tags took 130."""

_ESCAPE: Final = str.maketrans({";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n"})
_UNESCAPE: Final = {written: chr(char) for char, written in _ESCAPE.items()}
_ESCAPED: Final = re.compile(r"\\.?")
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")
"""Bytes that were not UTF-8, as "surrogateescape" shows them."""
_ANSWERED: Final = (";label=", ";batch=")
"""Tags that say where the answer to a line belongs."""


class MalformedLine(ValueError):
    """The line does not follow the grammar. The text says how, to the person who sent it."""


class NotUtf8(MalformedLine):
    """The line is not valid UTF-8 (IRCv3 `utf8-only`)."""


class ForbiddenByte(MalformedLine):
    """The line holds NUL, CR or LF."""


class TooManyTags(MalformedLine):
    """The line has more tags than its reader takes."""


class UnknownCommand(MalformedLine):
    """What stands where the command belongs can be the name of none, but can be shown."""


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """A command or three-digit numeric with its parameters, where it comes from, and its tags.

    `source` has no leading colon. A tag without a value and one with an empty value are the same, "".
    Whether the last parameter was written with a colon is not kept, because it means nothing.
    """

    command: str
    params: tuple[str, ...]
    source: str | None
    tags: Mapping[str, str] = field(hash=False)

    def __init__(
        self,
        command: str,
        params: tuple[str, ...] = (),
        source: str | None = None,
        tags: Mapping[str, str] = NO_TAGS,
    ) -> None:
        # Every line received makes one of these. The __init__ that a frozen dataclass gets goes through
        # object.__setattr__ and takes twice as long as the slots' own setters.
        _set_command(self, command)
        _set_params(self, params)
        _set_source(self, source)
        _set_tags(self, tags)


_set_command: Final = Message.__dict__["command"].__set__
_set_params: Final = Message.__dict__["params"].__set__
_set_source: Final = Message.__dict__["source"].__set__
_set_tags: Final = Message.__dict__["tags"].__set__


def parse(line: bytes | str, most_tags: int | None = None) -> Message:
    """Read one line, given without its line end. The command comes back in upper case.

    Raises MalformedLine, or its subclasses NotUtf8, ForbiddenByte, TooManyTags (more than `most_tags`) and
    UnknownCommand.
    """
    text = line if isinstance(line, str) else _decode(line)
    if "\0" in text or "\r" in text or "\n" in text:
        raise ForbiddenByte("A line cannot hold a NUL, nor a CR or LF except at its end.")
    tags = NO_TAGS
    source = None
    first = text[:1]
    if first == "@":
        section, _, text = text.partition(" ")
        if most_tags is not None and section.count(";") >= most_tags:
            raise TooManyTags(f"The line has too many tags: the most is {most_tags}.")
        tags = _parse_tags(section[1:])
        text = text.lstrip(" ")
        first = text[:1]
    if first == ":":
        source, _, text = text[1:].partition(" ")
        if not source:
            raise MalformedLine("The source is empty: a name must follow the colon.")
    # The first parameter that begins with a colon is the last one, so the first " :" is where it starts.
    head, colon, trailing = text.partition(" :")
    words = head.split(" ")
    if "" in words:  # SPACE is "one or more ASCII SPACE characters"
        words = [word for word in words if word]
    if not words or words[0][0] in ":@":
        raise MalformedLine("The line has no command.")
    command = _command(words.pop(0))
    if colon:
        words.append(trailing)
    return Message(command, tuple(words), source, tags)


@lru_cache(128)  # most lines have the same few commands
def _command(word: str) -> str:
    if not is_command(word):
        bad = UnknownCommand if word.isprintable() else MalformedLine
        raise bad("The command is neither a word of the letters A to Z nor three digits.")
    return word.upper()


def parse_head(line: bytes) -> Message:
    """Read what can be read of a line that `parse` refuses, or of the beginning of one: command and tags.

    Where no command can be read it is "*". A tag that is not UTF-8, or that the end of `line` may have cut
    off, is left out; of more than MAX_TAGS only those are read that say where the answer belongs. Raises
    nothing.
    """
    text = line.decode(errors="surrogateescape")
    tags: Mapping[str, str] = NO_TAGS
    if text.startswith("@"):
        section, ended, text = text[1:].partition(" ")
        if not ended:
            section = section.rpartition(";")[0]
        whole = section.split(";") if section.count(";") < MAX_TAGS else _answered(section)
        tags = _parse_tags(";".join([tag if _is_readable(tag) else "" for tag in whole]))
        text = text.lstrip(" ")
    if text.startswith(":"):
        text = text.partition(" ")[2].lstrip(" ")
    word = text.partition(" ")[0]
    if not word or word[0] in ":@" or not word.isprintable():  # nor is what was no UTF-8
        word = "*"
    return Message(word.upper() if word.isascii() else word, (), None, tags)


def _answered(section: str) -> list[str]:
    """Return the tags that an answer needs, without looking at each: a line that is refused must not cost
    more than one that is taken."""
    found = []
    for mark in _ANSWERED:
        _, begun, rest = f";{section}".rpartition(mark)
        if begun:
            found.append(mark[1:] + rest.partition(";")[0])
    return found


def _is_readable(text: str) -> bool:
    """Whether this came as UTF-8, by "surrogateescape", and without what no line may hold."""
    return not _holds_forbidden(text) and _NOT_UTF8.search(text) is None


def encode(message: Message) -> bytes:
    """Write the message as one line, with its CR LF. Its length is the caller's to check.

    Raises ValueError for what a line cannot carry: NUL, CR or LF (though a tag value may hold CR and LF,
    which are escaped), lone surrogates, a parameter before the last that is empty, holds a blank or begins
    with a colon, and a command, source or tag key that is none.
    """
    command, source, params = message.command, message.source, message.params
    if not is_command(command):
        raise ValueError(f"a command is a word of the letters A to Z or three digits, not {command!a}")
    line = format_tags(message.tags) if message.tags else ""
    if source is not None:
        if not source or " " in source:
            raise ValueError(f"the source of a {command} is empty or holds a blank")
        line += f":{source} "
    line += command
    if params:
        *middle, last = params
        for index, param in enumerate(middle):
            if _needs_colon(param):
                raise ValueError(f"parameter {index} of {command} needs a colon, as only the last can have")
        line = " ".join((line, *middle, f":{last}" if _needs_colon(last) else last))
    if _holds_forbidden(line):
        raise ValueError(f"a {command} cannot hold NUL, CR or LF")
    return f"{line}\r\n".encode()


def is_command(text: str) -> bool:
    """Whether this is a command: `letter* / 3digit`, at least one character.

    In ASCII only: upper() would make "I" of U+0131, and isdigit() is true for the digits of every script.
    """
    return text.isascii() and (text.isalpha() or (len(text) == 3 and text.isdigit()))


def split_source(source: str) -> tuple[str, str, str]:
    """Split `nick!user@host` in three; a part that is not there is "". A server's name is all nick."""
    name, _, host = source.partition("@")
    nick, _, user = name.partition("!")
    return nick, user, host


def format_tags(tags: Mapping[str, str]) -> str:
    """Write a tags section, "@a=b;c " with the blank that ends it; "" when there are no tags.

    An empty value is written as a missing one ("MUST NOT convert values from missing to empty").
    Raises ValueError for a key that is empty or holds a blank, ";", "=", CR or LF, and for NUL anywhere.
    """
    if not tags:
        return ""
    section = ";".join([_format_tag(key, value) for key, value in tags.items()])
    if _holds_forbidden(section):
        raise ValueError("a tag key cannot hold NUL, CR or LF, and a tag value cannot hold NUL")
    return f"@{section} "


def escape_tag_value(value: str) -> str:
    """Write a tag's value as `message-tags` escapes it. NUL has no escape and stays what it is."""
    if ";" in value or " " in value or "\\" in value or "\r" in value or "\n" in value:
        return value.translate(_ESCAPE)
    return value


def unescape_tag_value(value: str) -> str:
    """Read an escaped tag value. A backslash that escapes nothing, also at the end, is dropped."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda found: _UNESCAPE.get(found[0], found[0][1:]), value)


def _decode(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        at = error.start + 1
        raise NotUtf8(f"Byte {at} of the line is not UTF-8. Set your client's encoding to UTF-8.") from None


def _holds_forbidden(text: str) -> bool:
    return "\0" in text or "\r" in text or "\n" in text


def _needs_colon(param: str) -> bool:
    return not param or " " in param or param[0] == ":"


def _parse_tags(section: str) -> Mapping[str, str]:
    """Read "a=b;c". Of a key that comes twice the last counts, and any key is valid that is not empty."""
    tags: dict[str, str] = {}
    for tag in section.split(";"):
        key, _, value = tag.partition("=")
        if key:
            tags[key] = unescape_tag_value(value) if "\\" in value else value
    return MappingProxyType(tags)


def _format_tag(key: str, value: str) -> str:
    if not key or " " in key or ";" in key or "=" in key:
        raise ValueError(f"a tag key is not empty and holds no blank, ';' or '=': {key!a}")
    return f"{key}={escape_tag_value(value)}" if value else key
