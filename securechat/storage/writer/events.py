"""What happens in channels besides messages, as rows among the messages: history shows it in its place.

Names are looked up when a row is read, where that is possible: `addressed` is empty, and `sender` is the
account that came or went. Of other events `nick` says who caused them, and `sender` is 0. `text` is what is
left: the reason of PART, the text of TOPIC, the parameters of MODE, of KICK the account and the reason, of
RENAME the old name, the new name and the reason.
"""

from typing import Final

from securechat.chat.records import (
    ChannelModesChanged,
    ChannelRenamed,
    Joined,
    Kicked,
    MessageSent,
    Parted,
    Record,
    TopicSet,
    mode_params,
)

NO_SENDER: Final = 0
"""The sender of an event that `nick` has caused."""


def event_of(record: Record) -> MessageSent | None:
    """Return the row of an event that history shows; None for every other record."""
    match record:
        case Joined(id=key, channel=channel, at=at):
            return _event(key, at, "JOIN", channel, sender=record.user)
        case Parted(id=key, channel=channel, at=at):
            return _event(key, at, "PART", channel, record.reason, sender=record.user)
        case Kicked(id=key, channel=channel, at=at):
            return _event(key, at, "KICK", channel, f"{record.user} {record.reason}", record.by)
        case TopicSet(id=key, channel=channel, topic=topic):
            return _event(key, topic.at, "TOPIC", channel, topic.text, topic.setter)
        case ChannelModesChanged(id=key, channel=channel, at=at):
            return _event(key, at, "MODE", channel, " ".join(mode_params(record.shown)), record.by)
        case ChannelRenamed(id=key, channel=channel, at=at):
            text = f"{record.previous} {record.name} {record.reason}"
            return _event(key, at, "RENAME", channel, text, record.by)
        case _:
            return None


def kicked_user(text: str) -> int:
    """Return who was kicked, from the text of a KICK."""
    return int(text.partition(" ")[0])


def with_kicked_user(text: str, user: int) -> str:
    """Return the text of a KICK with somebody else in it."""
    return f"{user} {text.partition(' ')[2]}"


def _event(
    key: int, at: int, command: str, channel: int, text: str = "", nick: str = "", *, sender: int = NO_SENDER
) -> MessageSent:
    return MessageSent(key, at, command, sender, nick, channel, None, "", text, {})
