"""What a line of an export may hold: only what this server could have written, or a client sent."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from securechat.chat.limits import (
    KEYLEN,
    KICKLEN,
    MAX_FORMER_NAMES,
    MAX_LIMIT,
    MAX_LIST,
    MAX_PINS,
    MAX_RETENTION_DAYS,
    MAX_SILENCED,
    MAX_SLOW,
    METADATA_BYTES,
    METADATA_KEYS,
    MULTILINE_BYTES,
    MULTILINE_LINES,
    is_metadata_key,
)
from securechat.chat.masks import MUTE, InvalidMask, canonical
from securechat.chat.membership import RANKS, ordered
from securechat.chat.modes import MODES, Kind
from securechat.chat.records import LISTS, NOBODY, ROLES
from securechat.irc import msgid, names
from securechat.irc.timestamp import parse
from securechat.storage.exchange.form import Account, Channel, Entry, Event, Member, Message
from securechat.storage.reading.visible import SAID

_LONGEST: Final = 512
_LONGEST_EVENT: Final = 1024
"""Masks are kept in full, so a MODE may be longer than what was sent."""
_LATER: Final = 24 * 60 * 60 * 1000
_FORBIDDEN: Final = re.compile(r"[\0\r\n]")
_TAG: Final = re.compile(r"\+(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")
_WORD: Final = re.compile(r"[^\0\r\n :][^\0\r\n ]{0,63}")
_CHANGES: Final = re.compile(r"[+-][A-Za-z+-]*(?: [^\0\r\n :][^\0\r\n ]*)*")
_NUMBERS: Final = {"W": MAX_SLOW, "l": MAX_LIMIT}


def check_account_line(line: Account, now_ms: int) -> None:
    """Raise ValueError for an account that cannot be."""
    if names.check_account(line.name) != line.name:
        raise ValueError(f"{line.name!r} is not how this name is written")
    _check_time(line.created, now_ms)
    if line.role not in ROLES and not (line.role == NOBODY and line.removed):
        raise ValueError(f"{line.role[:32]!r} is no role")
    _check_silences(line.silences, now_ms)
    if len(line.former) > MAX_FORMER_NAMES or any(names.check_account(name) != name for name in line.former):
        raise ValueError(f"an account has had at most {MAX_FORMER_NAMES} names, each as names are written")


def _check_silences(masks: Mapping[str, str], now_ms: int) -> None:
    if len(masks) > MAX_SILENCED:
        raise ValueError(f"an account ignores at most {MAX_SILENCED} masks")
    for mask, since in masks.items():
        _check_time(since, now_ms)
        if not _is_mask(mask) or mask.startswith(MUTE):
            raise ValueError(f"{mask[:80]!r} is nothing that SILENCE takes")


def check_message(line: Message, now_ms: int) -> None:
    """Raise ValueError for a message that cannot have been sent."""
    _check_moment(line, now_ms)
    _check_redaction(line, now_ms)
    if line.rank is not None and (line.channel is None or line.rank not in RANKS):
        raise ValueError("a message to a channel cannot be for this rank")
    if line.refers is not None:
        _check_backwards(line.refers, line.msgid, now_ms)
    if line.command not in SAID or (line.command == "TAGMSG" and line.text):
        raise ValueError(f"{line.command[:32]!r} is nothing that people say")
    if line.channel is not None and line.recipient is not None:
        raise ValueError("a message is to a channel or to an account, not to both")
    if not _WORD.fullmatch(line.nick) or not _WORD.fullmatch(line.target):
        raise ValueError("the nick or the target is nothing that a line of IRC can hold")
    _check_text(line.text)
    _check_tags(line.tags)


def _check_redaction(line: Message, now_ms: int) -> None:
    if line.redacted is not None:
        _check_time(line.redacted, now_ms)
    elif line.redacted_by or line.redacted_msgid or line.redacted_reason:
        raise ValueError("it says about a redaction what only a message has that was redacted")
    if line.redacted_msgid is not None:
        _check_backwards(line.msgid, line.redacted_msgid, now_ms)
    if not _is_line(line.redacted_reason or ""):
        raise ValueError("the reason is nothing that a line of IRC can hold")


def check_event(line: Event, now_ms: int) -> None:
    """Raise ValueError for what cannot have happened."""
    _check_moment(line, now_ms)
    # Who came or went is an account; the server itself may have done everything else.
    if (line.command in ("JOIN", "PART", "KICK")) != (line.account is not None):
        raise ValueError(f"{line.command[:32]!r} is not what happens to that account, or to none")
    if line.nick and not _WORD.fullmatch(line.nick):
        raise ValueError("the nick is nothing that a line of IRC can hold")
    if not _is_line(line.text, _LONGEST_EVENT):
        raise ValueError("the text is nothing that a line of IRC can hold")
    match line.command:
        case "PART" | "KICK" | "TOPIC":
            fits = True
        case "JOIN":
            fits = not line.text
        case "MODE":
            fits = _CHANGES.fullmatch(line.text) is not None
        case "RENAME":
            before, _, rest = line.text.partition(" ")
            after, blank, _ = rest.partition(" ")
            fits = blank != "" and all(names.check_channel(name) == name for name in (before, after))
        case _:
            fits = False
    if not fits:
        raise ValueError(f"{line.command[:32]!r} with this text is nothing that happens in a channel")


def check_channel(line: Channel, now_ms: int) -> None:
    """Raise ValueError for a channel that cannot be."""
    if names.check_channel(line.name) != line.name:
        raise ValueError(f"{line.name!r} is not how this name is written")
    if not line.dropped:
        _check_time(line.created, now_ms)
    _check_topic(line, now_ms)
    for member in line.members:
        _check_joined(member, now_ms)
        if ordered(member.ranks) != member.ranks:
            raise ValueError(f"{member.account!r} has ranks that there are not")
    for letter, argument in line.modes.items():
        _check_mode(letter, argument)
    for letter, entries in line.lists.items():
        _check_list(letter, entries, now_ms)
    if len(line.pins) > MAX_PINS:
        raise ValueError(f"a channel has at most {MAX_PINS} pins")
    for pin in line.pins:
        msgid.decode(pin.msgid)
        _check_time(pin.at, now_ms)
    _check_metadata(line.metadata)
    if line.retention_days is not None and not 0 <= line.retention_days <= MAX_RETENTION_DAYS:
        raise ValueError(f"messages are kept for 0 (for ever) to {MAX_RETENTION_DAYS} days")


def _check_joined(member: Member, now_ms: int) -> None:
    if not _is_time(member.joined, now_ms):
        raise ValueError(f"{member.account!r} has joined at a time to come, or before there were any")
    if member.msgid is not None:
        _check_msgid(member.msgid, now_ms)


def _check_moment(line: Message | Event, now_ms: int) -> None:
    _check_msgid(line.msgid, now_ms)
    _check_time(line.time, now_ms)


def _check_backwards(text: str, by: str, now_ms: int) -> None:
    """Check the msgid of what is referred to, and that of what refers to it."""
    _check_msgid(text, now_ms)
    _check_msgid(by, now_ms)
    if text >= by:  # msgids sort as their keys do
        raise ValueError(f"{by} refers to {text}, which is itself or came later")


def _check_time(text: str, now_ms: int) -> None:
    if not _is_time(text, now_ms):
        raise ValueError(f"{text} is a time to come, or before there were any")


def _is_time(text: str, now_ms: int) -> bool:
    """Return whether a server's clock can have said this: ids hold the time since the epoch."""
    return 0 <= parse(text) < now_ms + _LATER


def _check_msgid(text: str, now_ms: int) -> None:
    if not 0 < msgid.decode(text) < (now_ms + _LATER) << 20:
        raise ValueError(f"the msgid {text} is of a time to come")


def _check_text(text: str) -> None:
    """Refuse what no line holds, nor several lines: these begin with a carriage return where one goes on."""
    pieces = text.split("\n")
    first, *more = pieces
    lines = [first, *(piece.removeprefix("\r") for piece in more)]
    if (
        not all(_is_line(piece) for piece in lines)
        or len(lines) > MULTILINE_LINES
        or (more and not any(lines))
        or len(text.encode()) > MULTILINE_BYTES + 2 * MULTILINE_LINES
    ):
        raise ValueError("the text is nothing that lines of IRC can hold")


def _check_tags(tags: Mapping[str, str]) -> None:
    if not all(_TAG.fullmatch(key) for key in tags):
        raise ValueError("a tag has a name that no client could have sent")
    if sum(len(key) + len(value.encode()) for key, value in tags.items()) > 4096 or any(
        "\0" in value for value in tags.values()
    ):
        raise ValueError("the tags are more than a line of IRC can hold")


def _check_topic(line: Channel, now_ms: int) -> None:
    if line.topic_at is not None:
        _check_time(line.topic_at, now_ms)
    setter = line.topic_setter
    if not _is_line(line.topic) or (setter and not _WORD.fullmatch(setter)) or (line.topic and not setter):
        raise ValueError("the topic, or who has set it, is nothing that a line of IRC can hold")


def _check_mode(letter: str, argument: str) -> None:
    kind = MODES[letter].kind if letter in MODES else None
    right = argument == "" if kind is Kind.FLAG else kind in (Kind.KEY, Kind.ARGUMENT)
    if letter in _NUMBERS:
        right = _is_number(argument) and 1 <= int(argument) <= _NUMBERS[letter]
    elif letter == "f":
        right = names.check_channel(argument) == argument
    elif letter == "k":
        right = _WORD.fullmatch(argument) is not None and len(argument.encode()) <= KEYLEN
    if not right:
        raise ValueError(f"the mode {letter[:8]!r} cannot be {argument[:80]!r}")


def _check_list(letter: str, entries: Iterable[Entry], now_ms: int) -> None:
    masks = {entry.mask: entry for entry in entries}
    if letter not in LISTS or len(masks) > MAX_LIST:
        raise ValueError(f"{letter[:8]!r} is no list, or has more than {MAX_LIST} masks")
    for mask, entry in masks.items():
        _check_time(entry.at, now_ms)
        if not _is_mask(mask) or not _WORD.fullmatch(entry.setter):
            raise ValueError(f"{mask[:80]!r} is no mask, or nobody can have set it")
        if not _is_line(entry.reason) or len(entry.reason.encode()) > KICKLEN:
            raise ValueError(f"{mask[:80]!r} has a reason that is too long, or no line")
        if entry.expires is not None and parse(entry.expires) <= 0:
            raise ValueError(f"{mask[:80]!r} ends before there were any")


def _is_mask(mask: str) -> bool:
    try:
        return canonical(mask) == mask
    except InvalidMask:
        return False


def _check_metadata(values: Mapping[str, str]) -> None:
    if len(values) > METADATA_KEYS:
        raise ValueError(f"a channel has at most {METADATA_KEYS} keys of metadata")
    for key, value in values.items():
        if not is_metadata_key(key) or not _is_line(value, METADATA_BYTES):
            raise ValueError(f"the metadata cannot have this under {key[:32]!r}")


def _is_line(text: str, longest: int = _LONGEST) -> bool:
    return not _FORBIDDEN.search(text) and len(text.encode()) <= longest


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
