"""Records to lines: every visible consequence of a fact, and who sees it."""

from securechat.chat.lines.announcements import channels, messages, places
from securechat.chat.lines.fanout import Fanout
from securechat.chat.lines.origin import Origin
from securechat.chat.records import ChannelRecord, MessageRedacted, MessageSent, PlaceRecord, Record
from securechat.chat.state.registry import Registry


def announce(fanout: Fanout, registry: Registry, record: Record, origin: Origin | None) -> None:
    """Show a record to everybody who may see it. Nobody sees a record that has no case here.

    `records.DEPARTURES` are announced before they are applied, all others after.
    """
    if isinstance(record, MessageSent):
        messages.announce(fanout, registry, record, origin)
    elif isinstance(record, MessageRedacted):
        messages.announce_redaction(fanout, registry, record, origin)
    elif isinstance(record, PlaceRecord):
        places.announce(fanout, registry, record, origin)
    elif isinstance(record, ChannelRecord):
        channels.announce(fanout, registry, record, origin)
