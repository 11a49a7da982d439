"""What one account may take of what everybody shares: the limits, and what is said at each.

Each limit has one entry here, and those with a number have a key of the same name in the configuration
(`limits`). `rules.shares` decides.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

BOT_FACTOR: Final = 5
"""How many times as much an account of a bot may take: a bridge speaks for many people."""


class Share(NamedTuple):
    """One limit, called as its counter and its key in the configuration are.

    `most` is how much an account may take unless configured otherwise; 0 where it follows from something
    else. `answer` is what clients get: a numeric, `FAIL` or `ERROR`. `text` is what people read; `{most}` is
    the number, `{wait}` how long until there is room again, where time gives it back.
    """

    name: str
    most: int
    answer: str
    text: str


SESSIONS: Final = Share(
    "sessions_per_account",
    20,
    "FAIL * LIMIT_REACHED, then ERROR",
    "Your account has {most} sessions, as many as it may have: close a client, or end a session",
)
PLACES: Final = Share(
    "places",
    0,
    "FAIL * LIMIT_REACHED, then ERROR",
    "The server is nearly full and keeps its last places for people with fewer sessions: try again later",
)
DEVICES: Final = Share(
    "devices_per_account",
    50,
    "the pseudo-user's answer",
    "The account has {most} devices, as many as it may: revoke one that is not used any more",
)
CHANNELS: Final = Share(
    "channels_per_account",
    100,
    "405",
    "You have founded {most} channels, as many as you may: drop one (/msg securechat help drop)",
)
FOUNDINGS: Final = Share(
    "channels_per_day",
    50,
    "405",
    "You have founded {most} channels within a day, as many as you may: the next one can be made in {wait}",
)
STORED: Final = Share(
    "stored_per_day",
    64,
    "FAIL <command> LIMIT_REACHED",
    "Your account had {most} MiB stored within a day, as much as it may",
)
WAITING: Final = Share(
    "waiting",
    5000,
    "FAIL <command> LIMIT_REACHED",
    "So many messages wait for this person, who is offline, that yours have no room: write again later",
)
WAITING_OF_ONE: Final = Share(
    "waiting_per_sender",
    500,
    "FAIL <command> LIMIT_REACHED",
    "{most} of your messages wait for this person, who is offline, as many as may: write again later",
)
EVERY_SHARE: Final = (SESSIONS, PLACES, DEVICES, CHANNELS, FOUNDINGS, STORED, WAITING, WAITING_OF_ONE)
USUAL: Final[Mapping[str, int]] = MappingProxyType(
    {share.name: share.most for share in EVERY_SHARE if share.most}
)
"""How much an account may take, by the names of the limits, where nothing is configured."""
