"""An export from anywhere, looked through before anything of it is written.

Its texts end up in lines of IRC, so nothing is taken that no client could have sent (`lines`).
"""

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final

import msgspec

from securechat.irc.names import InvalidName, fold
from securechat.storage.errors import BadExport
from securechat.storage.exchange.form import (
    FORMAT,
    VERSION,
    Account,
    Channel,
    End,
    Event,
    Header,
    Line,
    Message,
)
from securechat.storage.exchange.lines import check_account_line, check_channel, check_event, check_message

MAX_LINE: Final = 1 << 24
"""Bytes: a channel of a hundred thousand members."""
_decode: Final = msgspec.json.Decoder(Line).decode


@dataclass(slots=True)
class Contents:
    """What an export was found to hold, before anything is written.

    `named` are the accounts of messages and events, `said` is how many of these there are.
    """

    header: Header
    accounts: dict[str, Account] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    spoken_in: dict[str, str] = field(default_factory=dict)
    said: int = 0


def check(file: IO[bytes], now_ms: int) -> Contents:
    """Read an export from the header to the end. Raises BadExport and OSError."""
    lines = read(file)
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
        counts = End(counted[Account], counted[Channel], counted[Message], counted[Event])
        if isinstance(line, End) and line != counts:
            raise BadExport(f"line {number}: lines are missing: the end counts others than there are")
    if not counted[End]:
        raise BadExport("the export is not complete: its last line, which counts the others, is missing")
    return contents


def read(file: IO[bytes]) -> Iterator[tuple[int, Line]]:
    """Read the lines with their numbers, from the beginning of a file that can be read again.

    A byte order mark is skipped. Raises BadExport.
    """
    file.seek(0)
    number = 0
    while text := file.readline(MAX_LINE + 1):
        number += 1
        if len(text) > MAX_LINE:
            raise BadExport(f"line {number}: it has more than {MAX_LINE} bytes: this is no export")
        try:
            yield number, _decode(text.removeprefix(BOM_UTF8) if number == 1 else text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadExport(f"line {number}: {error}") from error


def _take(contents: Contents, line: Line, now_ms: int) -> None:
    """Check a line by itself, and note what it has. Raises ValueError."""
    match line:
        case Account():
            check_account_line(line, now_ms)
            if contents.accounts.setdefault(fold(line.name), line) is not line:
                raise ValueError(f"the account {line.name!r} is described twice")
        case Channel():
            check_channel(line, now_ms)
            if not line.dropped and contents.channels.setdefault(fold(line.name), line) is not line:
                raise ValueError(f"the channel {line.name!r} is described twice")
        case Message() | Event():
            people = _check_said(line, now_ms)
            contents.said += 1
            contents.named |= {fold(name): name for name in people if name is not None}
            if line.channel is not None and not line.dropped:
                contents.spoken_in[fold(line.channel)] = line.channel
        case Header():
            raise ValueError("there is a second header")
        case End():
            pass


def _check_said(line: Message | Event, now_ms: int) -> tuple[str | None, ...]:
    """Check it, and return whom it names."""
    if isinstance(line, Event):
        check_event(line, now_ms)
        return (line.account,)
    check_message(line, now_ms)
    return (line.sender, line.recipient, line.redacted_by)
