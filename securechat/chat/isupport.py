"""What the server supports, as RPL_ISUPPORT states it: every limit here is the one that is enforced."""

from collections.abc import Sequence
from typing import Final

from securechat.chat.membership import RANKS, SYMBOLS
from securechat.chat.monitors import MAX_MONITORED
from securechat.chat.settings import Settings
from securechat.chat.user import BOT
from securechat.irc.names import ACCOUNT_CHARS, NAME_BYTES

TOPICLEN: Final = 390
NAMELEN: Final = 150
AWAYLEN: Final = 200
MAX_TARGETS: Final = 4
MAX_CHANNELS: Final = 256
MAX_HISTORY: Final = 1000
"""Messages that one CHATHISTORY gives at most: a week of 30 channels takes a request for each."""
TOKENS_PER_LINE: Final = 13


def tokens(settings: Settings) -> list[str]:
    """Return the tokens, sorted by name."""
    targets = ",".join(f"{name}:{MAX_TARGETS if name in SEVERAL else 1}" for name in TARGETED)
    values: dict[str, str | None] = {
        "BOT": BOT,
        "MONITOR": str(MAX_MONITORED),
        "WHOX": None,
        "AWAYLEN": str(AWAYLEN),
        "CASEMAPPING": "ascii",
        "CHANLIMIT": f"#:{MAX_CHANNELS}",
        "CHANMODES": ",,,n",
        "CHANNELLEN": str(NAME_BYTES),
        "CHANTYPES": "#",
        "CHATHISTORY": str(MAX_HISTORY),
        "MODES": "1",
        "MSGREFTYPES": "msgid,timestamp",
        "NAMELEN": str(NAMELEN),
        "NETWORK": settings.network.replace("\\", "\\x5C").replace(" ", "\\x20").replace("=", "\\x3D"),
        "NICKLEN": str(ACCOUNT_CHARS),
        "PREFIX": f"({RANKS}){SYMBOLS}",
        "STATUSMSG": SYMBOLS,
        "TARGMAX": targets,
        "TOPICLEN": str(TOPICLEN),
        "UTF8MAPPING": "rfc8265",
        "UTF8ONLY": None,
    }
    if settings.client_tag_deny:
        values["CLIENTTAGDENY"] = ",".join(settings.client_tag_deny)
    return [name if value is None else f"{name}={value}" for name, value in sorted(values.items())]


SEVERAL: Final = ("JOIN", "NOTICE", "PART", "PRIVMSG", "TAGMSG")
TARGETED: Final = ("JOIN", "LIST", "NAMES", "NOTICE", "PART", "PRIVMSG", "TAGMSG", "WHOIS")


def lines(settings: Settings) -> list[list[str]]:
    """Return the tokens, at most 13 for each line."""
    every = tokens(settings)
    return [every[at : at + TOKENS_PER_LINE] for at in range(0, len(every), TOKENS_PER_LINE)]


def is_denied(tag: str, deny: Sequence[str]) -> bool:
    """Return whether a client-only tag is dropped, by a list as CLIENTTAGDENY writes it."""
    name = tag.removeprefix("+")
    return name in deny or ("*" in deny and f"-{name}" not in deny)
