"""What people see of messages."""

from collections.abc import Mapping

from securechat.chat.audience import Audience
from securechat.chat.line import Line
from securechat.chat.lines.announcements.multiline import together
from securechat.chat.lines.broken import broken
from securechat.chat.lines.fanout import Fanout, marked
from securechat.chat.lines.origin import Origin
from securechat.chat.membership import is_at_least
from securechat.chat.records import MessageRedacted, MessageSent
from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import BOT_TAGS, User
from securechat.irc import capabilities as cap
from securechat.irc import msgid
from securechat.irc.text import body_room


def line_of(registry: Registry, message: MessageSent) -> Line:
    """The line that shows a message, now or when it is replayed.

    A TAGMSG is only for those who understand tags.
    """
    key, at, command, by, nick, _, _, addressed, text, tags = message[:10]
    sender = registry.accounts[by]
    account = sender.name
    if sender.bot or message.imported is not None:
        tags = _tags(message, sender.bot)
    shown, needs = (None, cap.MESSAGE_TAGS) if command == "TAGMSG" else (text, 0)
    source = f"{nick}!{account}@{registry.server_name}"
    # Not `Line(…)`: its defaults make that cost three times as much.
    line = tuple.__new__(
        Line, (source, command, (addressed,), shown, at, key, account, tags, needs, None, None, None, False)
    )
    return together(line) if "\n" in text else line


def _tags(message: MessageSent, bot: bool) -> Mapping[str, str]:
    return {**message.tags, **(BOT_TAGS if bot else {}), **imported_tag(message.imported)}


def imported_tag(imported: int | None) -> Mapping[str, str]:
    """Return the tag of what came from an export: whoever wrote that file could have made it up."""
    return {} if imported is None else {cap.IMPORTED_TAG: ""}


def announce(fanout: Fanout, registry: Registry, message: MessageSent, origin: Origin | None) -> None:
    """Show a message to the channel's members, or to both sides of a conversation."""
    line = line_of(registry, message)
    if message.channel is not None:
        channel = registry.channels[message.channel]
        audience = channel.listeners.audience if message.rank is None else _ranked(channel, registry, message)
        _to_channel(fanout, line, audience, origin)
        return
    if origin is not None:
        line = marked(line, origin.session)
    recipients = registry.users_called(message.addressed)
    sender = origin.session.user if origin is not None else None

    def shown_to(user: User) -> Line:
        other = line_of(registry, readdressed(registry, message, user.nick))
        return other if origin is None else marked(other, origin.session)

    for user in recipients:
        # A client takes for its own only what is to its nick.
        fanout.broadcast(user.audience, line if user.nick == message.addressed else shown_to(user))
    if origin is not None and sender is not None:
        _to_sender(fanout, line, origin, sender, to_self=sender in recipients)


def readdressed(registry: Registry, message: MessageSent, nick: str) -> MessageSent:
    """Return a direct message as one to this nick.

    A part without room beside the nick becomes a line of its own.
    """
    if nick == message.addressed:
        return message
    source = f"{message.nick}!{registry.accounts[message.sender].name}@{registry.server_name}"
    room = body_room(source, message.command, nick)
    lines = (_within(line, room) for line in message.text.split("\n"))
    return message._replace(addressed=nick, text="\n".join(lines))


def _within(line: str, room: int) -> str:
    begun = line[:1] if line.startswith("\r") else ""  # it goes on the line before it
    return begun + broken(line.removeprefix("\r"), room)


def announce_redaction(
    fanout: Fanout, registry: Registry, record: MessageRedacted, origin: Origin | None
) -> None:
    """Tell those who got the message, if they understand it ("MUST not forward" to others)."""
    original = record.original
    account = registry.accounts[record.by].name
    params = (record.target, msgid.encode(original.id))
    needs = cap.MESSAGE_REDACTION
    reason = record.reason or None
    line = Line(record.source, "REDACT", params, reason, record.at, record.id, account, None, needs)
    if original.channel is not None:
        channel = registry.channels[original.channel]
        audience = channel.audience if original.rank is None else _ranked(channel, registry, original)
        fanout.broadcast(audience, line, origin)
        return
    for side in dict.fromkeys((original.sender, original.recipient or original.sender, record.by)):
        for user in registry.users_of(registry.accounts[side]):
            called = user.nick if side == original.recipient else record.target
            fanout.broadcast(user.audience, line._replace(params=(called, params[1])), origin)


def redaction_line(registry: Registry, message: MessageSent) -> Line:
    """The line that says that a message was redacted; nothing for those who would not understand it.

    Where it is no longer known by whom, since that account was erased, it comes from the server.
    """
    by = None if message.redacted_by is None else registry.accounts[message.redacted_by].name
    params = (message.addressed, msgid.encode(message.id))
    source = registry.server_name
    if message.redacted_by is not None:
        source = f"{registry.called(message.redacted_by)}!{by}@{registry.server_name}"
    at = message.redacted or message.at
    reason, needs = message.redacted_reason or None, cap.MESSAGE_REDACTION
    # What was redacted after it had been imported was redacted here.
    imported = message.imported if at <= (message.imported or 0) else None
    tags = imported_tag(imported)
    return Line(source, "REDACT", params, reason, at, message.redacted_id, by, tags, needs)


def tombstone_line(registry: Registry, message: MessageSent) -> Line:
    """The line in place of a message that was redacted.

    It has the message's time, so that times do not jump between the others, and no id: the redaction's own
    would be taken for a place among theirs.
    """
    line = redaction_line(registry, message)
    return line._replace(at=message.at, id=None, tags={**(line.tags or {}), cap.CONTEXT_TAG: ""})


def _ranked(channel: Channel, registry: Registry, message: MessageSent) -> Audience:
    """Those who hear a STATUSMSG in a channel: who has its rank, and who sent it."""
    assert message.rank is not None, "others are for everybody there"
    sessions = [
        session
        for user in registry.online(channel)
        if user.account.id == message.sender or is_at_least(channel.ranks(user.id), message.rank)
        for session in user.sessions
    ]
    return Audience.of((session.link, session.key) for session in sessions)


def _to_channel(fanout: Fanout, line: Line, audience: Audience, origin: Origin | None) -> None:
    if origin is None:
        fanout.broadcast(audience, line)
        return
    session = origin.session
    if session.caps & cap.ECHO_MESSAGE:
        fanout.broadcast(audience, line, origin)
    else:
        fanout.others(audience, line, session)
    if session.link not in audience.keys and session.user is not None:
        _to_sender(fanout, line, origin, session.user, to_self=False)  # who spoke from outside


def _to_sender(fanout: Fanout, line: Line, origin: Origin, sender: User, *, to_self: bool) -> None:
    """The sender's other sessions see what was sent, if they know how to; the sending one only by its echo.

    The others would open a window for it that is named after themselves.
    """
    if not to_self and len(sender.sessions) > 1:
        able = [session for session in sender.sessions if session.has(cap.ECHO_MESSAGE | cap.SELF_MESSAGE)]
        audience = Audience.of((session.link, session.key) for session in able)
        fanout.others(audience, line, origin.session)
    fanout.echo(line, origin)
