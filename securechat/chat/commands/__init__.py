"""The command table: one file per family, each ending in its rows."""

from typing import Final

from securechat.chat.commands import (
    accounts,
    bans,
    capabilities,
    channels,
    devices,
    history,
    listing,
    markers,
    messages,
    metadata,
    moderation,
    modes,
    monitor,
    multiline,
    operators,
    pins,
    presence,
    redaction,
    registration,
    relay,
    search,
    server,
    silence,
    who,
    whois,
)
from securechat.chat.commands.dispatch import table
from securechat.chat.commands.help import helping
from securechat.chat.turn.command import Command

COMMANDS: Final[dict[str, Command]] = {}
_EVERY: Final = table(
    helping(COMMANDS),
    accounts.COMMANDS,
    bans.COMMANDS,
    capabilities.COMMANDS,
    channels.COMMANDS,
    devices.COMMANDS,
    history.COMMANDS,
    listing.COMMANDS,
    markers.COMMANDS,
    messages.COMMANDS,
    metadata.COMMANDS,
    moderation.COMMANDS,
    modes.COMMANDS,
    monitor.COMMANDS,
    multiline.COMMANDS,
    operators.COMMANDS,
    pins.COMMANDS,
    presence.COMMANDS,
    redaction.COMMANDS,
    registration.COMMANDS,
    relay.COMMANDS,
    search.COMMANDS,
    server.COMMANDS,
    silence.COMMANDS,
    who.COMMANDS,
    whois.COMMANDS,
)
COMMANDS.update(_EVERY)
