"""What people see of read markers, pins and metadata."""

from typing import assert_never

from securechat.chat.line import Line
from securechat.chat.lines import metadata
from securechat.chat.lines.channel_state import marker_line
from securechat.chat.lines.fanout import Fanout
from securechat.chat.lines.origin import Origin
from securechat.chat.records import (
    MarkerMoved,
    MarkersForgotten,
    MessagePinned,
    MessageUnpinned,
    MetadataForgotten,
    MetadataSet,
    PersonalSet,
    PlaceRecord,
    Silenced,
)
from securechat.chat.state.registry import Registry
from securechat.irc import capabilities as cap
from securechat.irc import msgid


def announce(fanout: Fanout, registry: Registry, record: PlaceRecord, origin: Origin | None) -> None:
    """Show a record to those whom it concerns."""
    match record:
        case MarkerMoved():
            _marker(fanout, registry, record, origin)
        case MessagePinned():
            _pin(fanout, registry, record, origin, ("PIN", "PINNED", "pinned a message"))
        case MessageUnpinned():
            _pin(fanout, registry, record, origin, ("UNPIN", "UNPINNED", "took a pin off"))
        case MarkersForgotten():
            pass  # its sessions end
        case MetadataSet():
            _metadata(fanout, registry, record, origin)
        case PersonalSet():
            _personal(fanout, registry, record, origin)
        case Silenced():
            _silence(fanout, registry, record, origin)
        case MetadataForgotten():
            pass  # what it was about goes
        case _:
            assert_never(record)


def _marker(fanout: Fanout, registry: Registry, record: MarkerMoved, origin: Origin | None) -> None:
    """Nobody but the account's own sessions learns how far it read; the one that said it gets an answer."""
    account = registry.accounts[record.account]
    at = origin.at if origin is not None else record.upto
    line = marker_line(registry, account, record.target, metadata.name_of(registry, record.target), at)
    for session in registry.sessions_of(account):
        if origin is None or session is not origin.session:
            fanout.send(session, line)


def _pin(
    fanout: Fanout,
    registry: Registry,
    record: MessagePinned | MessageUnpinned,
    origin: Origin | None,
    words: tuple[str, str, str],
) -> None:
    command, code, what = words
    channel, user = registry.channels[record.channel], None if origin is None else origin.session.user
    by = registry.called(record.by) if user is None else user.nick
    params = (command, code, channel.name, msgid.encode(record.message), by)
    line = Line(registry.server_name, "NOTE", params, f"{by} {what}", record.at, needs=cap.STANDARD_REPLIES)
    fanout.broadcast(channel.audience, line, origin)


def _metadata(fanout: Fanout, registry: Registry, record: MetadataSet, origin: Origin | None) -> None:
    """Tell who subscribed to the key, but not the session that set it: it gets a reply."""
    without = origin.session if origin is not None else None
    for name, audience in metadata.listeners(registry, record.target, record.key, without):
        fanout.broadcast(audience, metadata.line(registry, name, record.key, record.value, record.at))


def _personal(fanout: Fanout, registry: Registry, record: PersonalSet, origin: Origin | None) -> None:
    """Tell the account's other sessions that subscribed to the key, and nobody else."""
    name = metadata.name_of(registry, record.target)
    line = metadata.line(registry, name, record.key, record.value, record.at)
    for session in registry.sessions_of(registry.accounts[record.account]):
        if record.key in session.subscriptions and (origin is None or session is not origin.session):
            fanout.send(session, line)


def _silence(fanout: Fanout, registry: Registry, record: Silenced, origin: Origin | None) -> None:
    """Show the account's own sessions, the one that said it as well, what is ignored from now on."""
    if origin is None:
        return  # the account goes, and its list with it
    change, at = f"{'-' if record.since is None else '+'}{record.mask}", record.since or record.previous or 0
    for session in registry.sessions_of(registry.accounts[record.account]):
        if session.user is None:
            continue
        line = session.user.line("SILENCE", (change,), None, at)
        if session is origin.session:
            origin.reply(line)
        else:
            fanout.send(session, line)
