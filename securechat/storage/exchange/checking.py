"""An export from anywhere, looked through before anything of it is written.

Its texts end up in lines of IRC, so nothing is taken that no client could have sent.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from securechat.chat.membership import ordered
from securechat.chat.modes import MODES, Kind
from securechat.chat.multiline import MAX_BYTES, MAX_LINES
from securechat.irc import msgid
from securechat.irc.names import InvalidName, check_account, check_channel, fold
from securechat.irc.timestamp import parse
from securechat.storage.errors import StorageError
from securechat.storage.exchange.exporting import SPOKEN
from securechat.storage.exchange.form import FORMAT, VERSION, Account, Channel, End, Header, Line, Message

_MAX_LINE: Final = 1 << 20
_LONGEST: Final = 512
_NUMBERS: Final = "Wl"
_LATER: Final = 24 * 60 * 60 * 1000
_FORBIDDEN: Final = re.compile(r"[\0\r\n]")
_TAG: Final = re.compile(r"\+(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")
_WORD: Final = re.compile(r"[^\0\r\n :][^\0\r\n ]{0,63}")
_decode: Final = msgspec.json.Decoder(Line).decode


class BadExport(StorageError):
    """A file is no export, or not one that can be imported here. The text names the line."""


@dataclass(slots=True)
class Contents:
    """What an export was found to hold, before anything is written: `named` are the accounts of messages."""

    header: Header
    accounts: dict[str, Account] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    spoken_in: dict[str, str] = field(default_factory=dict)
    messages: int = 0


def check(path: Path, now_ms: int) -> Contents:
    """Read an export from the header to the end. Raises BadExport and OSError."""
    lines = read(path)
    number, header = next(lines, (1, None))
    if not isinstance(header, Header) or header.format != FORMAT:
        raise BadExport(f"line {number}: this is no export of securechat: it has no header")
    if header.version > VERSION:
        raise BadExport(f"this export has version {header.version}, which only a newer securechat reads")
    contents, counted = Contents(header), Counter[type[Line]]()
    for number, line in lines:
        if counted[End]:
            raise BadExport(f"line {number}: there is something behind the end")
        counted[type(line)] += 1
        try:
            _take(contents, line, now_ms)
        except (ValueError, InvalidName) as error:
            raise BadExport(f"line {number}: {error}") from error
        if isinstance(line, End) and line != End(counted[Account], counted[Channel], counted[Message]):
            raise BadExport(f"line {number}: lines are missing: the end counts others than there are")
    if not counted[End]:
        raise BadExport("the export is not complete: its last line, which counts the others, is missing")
    return contents


def read(path: Path) -> Iterator[tuple[int, Line]]:
    """Read the lines with their numbers. Raises BadExport."""
    with path.open("rb") as file:
        number = 0
        while text := file.readline(_MAX_LINE):
            number += 1
            try:
                yield number, _decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise BadExport(f"line {number}: {error}") from error


def _take(contents: Contents, line: Line, now_ms: int) -> None:
    """Check a line by itself, and note what it has. Raises ValueError."""
    match line:
        case Account():
            check_account(line.name)
            parse(line.created)
            contents.accounts[fold(line.name)] = line
        case Channel():
            check_channel(line.name)
            _check_channel(line)
            if not line.dropped:
                contents.channels[fold(line.name)] = line
        case Message():
            check_message(line, now_ms)
            contents.messages += 1
            people = (line.sender, line.recipient, line.redacted_by)
            contents.named |= {fold(name): name for name in people if name is not None}
            if line.channel is not None and not line.dropped:
                contents.spoken_in[fold(line.channel)] = line.channel
        case Header():
            raise ValueError("there is a second header")
        case End():
            pass


def check_message(line: Message, now_ms: int) -> None:
    """Raise ValueError for a message that cannot have been sent."""
    key = msgid.decode(line.msgid)
    if not 0 < key < (now_ms + _LATER) << 20:
        raise ValueError(f"the msgid {line.msgid} is of a time to come")
    parse(line.time)
    if line.redacted is not None:
        parse(line.redacted)
    if line.refers is not None:
        msgid.decode(line.refers)
    if line.command not in SPOKEN or (line.command == "TAGMSG" and line.text):
        raise ValueError(f"{line.command[:32]!r} is nothing that people say")
    if line.channel is not None and line.recipient is not None:
        raise ValueError("a message is to a channel or to an account, not to both")
    if not _WORD.fullmatch(line.nick) or not _WORD.fullmatch(line.target):
        raise ValueError("the nick or the target is nothing that a line of IRC can hold")
    _check_text(line.text)
    _check_tags(line.tags)


def _check_text(text: str) -> None:
    """Refuse what no line holds, nor several lines: these begin with a carriage return where one goes on."""
    pieces = text.split("\n")
    first, *more = pieces
    lines = [first, *(piece.removeprefix("\r") for piece in more)]
    if (
        any(_FORBIDDEN.search(piece) or len(piece.encode()) > _LONGEST for piece in lines)
        or len(lines) > MAX_LINES
        or (more and not any(lines))
        or len(text.encode()) > MAX_BYTES + 2 * MAX_LINES
    ):
        raise ValueError("the text is nothing that lines of IRC can hold")


def _check_tags(tags: Mapping[str, str]) -> None:
    if not all(_TAG.fullmatch(key) for key in tags):
        raise ValueError("a tag has a name that no client could have sent")
    if sum(len(key) + len(value.encode()) for key, value in tags.items()) > 4096 or any(
        "\0" in value for value in tags.values()
    ):
        raise ValueError("the tags are more than a line of IRC can hold")


def _check_channel(line: Channel) -> None:
    if not line.dropped:
        parse(line.created)
    if line.topic_at is not None:
        parse(line.topic_at)
    for member in line.members:
        parse(member.joined)
        if ordered(member.ranks) != member.ranks:
            raise ValueError(f"{member.account!r} has ranks that there are not")
    texts = (line.topic, line.topic_setter, *line.modes.values())
    if any(_FORBIDDEN.search(text) or len(text.encode()) > _LONGEST for text in texts):
        raise ValueError("the topic or a mode is nothing that a line of IRC can hold")
    for letter, argument in line.modes.items():
        kind = MODES[letter].kind if letter in MODES else None
        right = argument == "" if kind is Kind.FLAG else kind in (Kind.KEY, Kind.ARGUMENT) and bool(argument)
        if not right or " " in argument or (letter in _NUMBERS and not _is_number(argument)):
            raise ValueError(f"the mode {letter!r} cannot be {argument!r}")
        if letter == "f":
            check_channel(argument)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
