"""How many bytes records add to the database, about.

What an account stores is bounded by this (`rules.storing`). A row costs its texts, and `ROW` for the rest of
it and for its entries in the indexes. What people say is also in the index of words. Nothing is counted for
what concerns accounts only (a password, the audit log), and for what takes away or replaces: these go on when
there is no room for what people say.
"""

from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from typing import Final

from securechat.chat.records import (
    ChannelCreated,
    ChannelModesChanged,
    ChannelRenamed,
    Joined,
    Kicked,
    MarkerMoved,
    MessagePinned,
    MessageRedacted,
    MessageSent,
    MetadataSet,
    Parted,
    PersonalSet,
    Record,
    ReportKept,
    TopicSet,
    mode_params,
)

ROW: Final = 150
"""Bytes of a row besides its texts, with its entries in the indexes."""

WIDE: Final = 8
"""Bytes in the index of words for each byte by which a character is longer than one of ASCII."""

PIECE: Final = 2048
"""Bytes of a message that waits for somebody which count as one message."""


def weight_of(records: Sequence[Record]) -> int:
    """Return about how many bytes these records add to the database."""
    weight = 0
    for record in records:
        if type(record) is MessageSent:
            weight += message_weight(record, indexed=True)
        else:
            weight += _weight(record)
    return weight


def message_weight(message: MessageSent, *, indexed: bool = False) -> int:
    """Return about how many bytes a message adds to the database, with or without the index of its words.

    That is as long as the text. Of scripts that put no blanks between words each character is found, which
    takes 20 bytes for one that takes three.
    """
    text, tags = message.text, message.tags
    size = len(text) if text.isascii() else len(text.encode())
    weight = ROW + len(message.nick) + len(message.addressed) + size
    if tags:
        weight += _tags(tags) + len(message.nonce or "")
    return weight + len(text) + WIDE * (size - len(text)) if indexed else weight


def _weight(record: Record) -> int:
    match record:
        case Joined():
            return 2 * ROW if record.user > 0 else 0  # a session that is a user of its own is not stored
        case Parted():
            return _row(record.reason) if record.user > 0 else 0
        case Kicked():
            return _row(record.reason, record.by) if record.user > 0 else 0
        case ChannelCreated():
            return _row(record.name)
        case ChannelRenamed():
            return _row(record.name, record.previous, record.reason)
        case TopicSet():
            return _row(record.topic.text, record.topic.text, record.topic.setter)
        case ChannelModesChanged():
            added = [(one.mask, one.entry.reason) for one in record.entries if one.entry is not None]
            return _row(*mode_params(record.shown)) + sum(_row(*texts) for texts in added)
        case ReportKept() if record.previous is None:
            report = record.report
            return _row(report.subject, report.place, report.said_by, report.text, report.reason)
        case MessagePinned():
            return ROW
        case MessageRedacted():
            return _row(record.reason)
        case MarkerMoved():
            return ROW if record.previous is None else 0
        case MetadataSet() | PersonalSet():
            return _row(record.key, record.value) if record.value is not None else 0
        case _:
            return 0


def _row(*texts: str) -> int:
    return ROW + sum([len(text.encode()) for text in texts])


def _tags(tags: Mapping[str, str]) -> int:
    """Return the length of tags as JSON, in which a character may take six bytes."""
    return sum([len(name) + len(encode_basestring(value).encode()) + 4 for name, value in tags.items()])
