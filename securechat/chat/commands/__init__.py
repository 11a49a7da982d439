"""The command table: one file per family, each ending in its rows."""

from securechat.chat.commands import (
    capabilities,
    channels,
    history,
    listing,
    markers,
    messages,
    moderation,
    modes,
    monitor,
    operators,
    pins,
    presence,
    redaction,
    registration,
    relay,
    server,
    who,
    whois,
)
from securechat.chat.dispatch import table

COMMANDS = table(
    capabilities.COMMANDS,
    channels.COMMANDS,
    history.COMMANDS,
    listing.COMMANDS,
    markers.COMMANDS,
    messages.COMMANDS,
    moderation.COMMANDS,
    modes.COMMANDS,
    monitor.COMMANDS,
    operators.COMMANDS,
    pins.COMMANDS,
    presence.COMMANDS,
    redaction.COMMANDS,
    registration.COMMANDS,
    relay.COMMANDS,
    server.COMMANDS,
    who.COMMANDS,
    whois.COMMANDS,
)
