"""How the past looks: messages, events and what was redacted, as lines."""

from collections.abc import Iterable, Iterator

from securechat.chat.line import Line
from securechat.chat.lines.announcements.messages import (
    imported_tag,
    line_of,
    redaction_line,
    tombstone_line,
)
from securechat.chat.lines.replayed import replayed
from securechat.chat.membership import symbol_of
from securechat.chat.reading import REDACTION
from securechat.chat.records import MessageSent
from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.irc import capabilities as cap

MESSAGES = frozenset({"PRIVMSG", "NOTICE", "TAGMSG"})
"""Commands of what was said; all others that the store holds are events."""


def lines_of(
    registry: Registry, messages: Iterable[MessageSent], replay_to: int | None = None
) -> Iterator[Line]:
    """The lines that show messages and events as they were, under their channels' present names.

    `replay_to` are the capabilities of a session that did not ask for them.
    """
    for message in messages:
        if message.channel is not None:
            channel = registry.channels.get(message.channel)
            if channel is None:
                continue  # it was dropped while this was read
            message = message._replace(addressed=addressed(channel, message))
        if message.command == REDACTION:
            yield redaction_line(registry, message)
        elif message.redacted is not None:
            yield tombstone_line(registry, message)
        elif message.command in MESSAGES:
            asked = replay_to is None
            yield line_of(registry, message) if asked else replayed(registry, message, replay_to or 0)
        else:
            yield event_line(registry, message)


def addressed(channel: Channel, message: MessageSent) -> str:
    """Return the target of a message to a channel, or to those with a rank in it, under its present name."""
    return channel.name if message.rank is None else symbol_of(message.rank) + channel.name


def event_line(registry: Registry, event: MessageSent) -> Line:
    """The line that shows an event of a channel (`storage.writer.events` says what it holds)."""
    source, account = _cause(registry, event)
    params, text = _rest(registry, event)
    needs = cap.CHANNEL_RENAME if event.command == "RENAME" else 0
    tags = imported_tag(event.imported)
    return Line(source, event.command, params, text, event.at, event.id, account, tags, needs)


def _cause(registry: Registry, event: MessageSent) -> tuple[str, str | None]:
    """Return the source and the account of who caused an event."""
    account = registry.accounts.get(event.sender) or registry.account(event.nick)
    if account is None:  # the server, or a nick that was a session's own
        return event.nick or registry.server_name, None
    return f"{event.nick or registry.called(account.id)}!{account.name}@{registry.server_name}", account.name


def _rest(registry: Registry, event: MessageSent) -> tuple[tuple[str, ...], str | None]:
    """Return the parameters of an event's line, and the text that ends it."""
    channel, text = event.addressed, event.text
    match event.command:
        case "JOIN":
            return (channel,), None
        case "PART":
            return (channel,), text or None
        case "KICK":
            user, _, reason = text.partition(" ")
            return (channel, registry.called(int(user))), reason
        case "MODE":
            return (channel, *text.split(" ")), None
        case "RENAME":
            previous, name, reason = text.split(" ", 2)
            return (previous, name), reason
        case _:
            return (channel,), text
