"""The numbers that clients are told: ISUPPORT and capabilities state what is enforced, from here.

Sizes are in bytes of UTF-8.
"""

import re
from collections.abc import Mapping
from typing import Final

TOPICLEN: Final = 390
NAMELEN: Final = 150
AWAYLEN: Final = 200
KEYLEN: Final = 32
KICKLEN: Final = 250
MAX_LIST: Final = 100
MAX_MODES: Final = 12
MAX_SLOW: Final = 3600
MAX_LIMIT: Final = 1_000_000
MAX_TARGETS: Final = 20
"""People, or people and channels, that one command is for."""
MAX_CHANNELS: Final = 256
"""Channels that a user may be in, and so the channels that one command is for."""
MAX_HISTORY: Final = 1000
"""Messages that one CHATHISTORY gives at most: a week of 30 channels takes a request for each."""
MAX_FOUND: Final = 200
"""Messages that one SEARCH gives at most."""
MAX_MONITORED: Final = 100
"""Nicks on one list of MONITOR."""
MAX_SILENCED: Final = 64
"""Masks on the list of SILENCE of an account."""
MAX_PINS: Final = 50
MAX_CHANGES: Final = 200
"""How often an account may edit a message, react to it and take that back, in all."""
MAX_REACTION: Final = 64
"""Bytes of a reaction."""
MAX_RETENTION_DAYS: Final = 36_500
MAX_INVITATION_USES: Final = 10_000
MAX_INVITATION_DAYS: Final = 365
MULTILINE_BYTES: Final = 16_384
MULTILINE_LINES: Final = 100
METADATA_SUBS: Final = 50
METADATA_KEYS: Final = 20
METADATA_BYTES: Final = 250
"""Of a value: with the longest names and key it fits on a line."""
PERSONAL_VALUES: Final = 1000
"""Values of keys that are an account's alone."""
MAX_FORMER_NAMES: Final = 20
"""Names that an account may have had: each is compared with masks."""
REMEMBERED_SOURCES: Final = 8
"""Networks that an account logged in from, and that are remembered."""
REMEMBERED_NAMES: Final = 16
"""Names of an account's sessions of which it is remembered what they were sent."""
TARGETS: Final[Mapping[str, int]] = {
    "INVITE": MAX_TARGETS,
    "JOIN": MAX_CHANNELS,
    "KICK": MAX_TARGETS,
    "KNOCK": 1,
    "LIST": MAX_CHANNELS,
    "NAMES": MAX_CHANNELS,
    "NOTICE": MAX_TARGETS,
    "PART": MAX_CHANNELS,
    "PRIVMSG": MAX_TARGETS,
    "RENAME": 1,
    "TAGMSG": MAX_TARGETS,
    "WHOIS": MAX_TARGETS,
    "WHOWAS": MAX_TARGETS,
}
"""How many targets each command takes."""

PERSONAL_KEYS: Final = frozenset({"soju.im/blocked", "soju.im/muted", "soju.im/pinned"})
"""Keys of METADATA whose values belong to who sets them: nobody else sees them. They are 0 or 1."""

_METADATA_KEY: Final = re.compile(r"[a-z0-9_./-]{1,32}")


def is_metadata_key(text: str) -> bool:
    """Return whether this can be a key of METADATA."""
    return _METADATA_KEY.fullmatch(text) is not None
