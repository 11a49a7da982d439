"""The command table: one file per family, each ending in its rows."""

from securechat.chat.commands import (
    capabilities,
    channels,
    history,
    messages,
    presence,
    queries,
    registration,
    server,
)
from securechat.chat.dispatch import table

COMMANDS = table(
    capabilities.COMMANDS,
    registration.COMMANDS,
    channels.COMMANDS,
    history.COMMANDS,
    messages.COMMANDS,
    presence.COMMANDS,
    queries.COMMANDS,
    server.COMMANDS,
)
