"""The command table: one file per family, each ending in its rows."""

from securechat.chat.commands import (
    capabilities,
    channels,
    history,
    markers,
    messages,
    monitor,
    operators,
    pins,
    presence,
    queries,
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
    markers.COMMANDS,
    messages.COMMANDS,
    pins.COMMANDS,
    operators.COMMANDS,
    monitor.COMMANDS,
    presence.COMMANDS,
    queries.COMMANDS,
    redaction.COMMANDS,
    registration.COMMANDS,
    relay.COMMANDS,
    server.COMMANDS,
    who.COMMANDS,
    whois.COMMANDS,
)
