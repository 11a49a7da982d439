"""What the server supports, as RPL_ISUPPORT states it: every limit here is the one that is enforced."""

from collections.abc import Mapping, Sequence
from typing import Final

from securechat.chat import modes
from securechat.chat.membership import RANKS, SYMBOLS
from securechat.chat.settings import Settings
from securechat.chat.state.monitors import MAX_MONITORED
from securechat.chat.state.user import BOT, CHOSEN_MODES, GIVEN_MODES
from securechat.irc.names import ACCOUNT_CHARS, NAME_BYTES

TOPICLEN: Final = 390
NAMELEN: Final = 150
AWAYLEN: Final = 200
KEYLEN: Final = 32
KICKLEN: Final = 250
MAX_LIST: Final = 100
MAX_MODES: Final = 12
MAX_SLOW: Final = 3600
MAX_LIMIT: Final = 1_000_000
MAX_TARGETS: Final = 4
MAX_CHANNELS: Final = 256
MAX_HISTORY: Final = 1000
"""Messages that one CHATHISTORY gives at most: a week of 30 channels takes a request for each."""
MAX_FOUND: Final = 200
"""Messages that one SEARCH gives at most."""
TOKENS_PER_LINE: Final = 13
LINE_ROOM: Final = 340
"""Bytes of tokens on one line: what the longest names of a server and a nick leave of 512."""
TARGETS: Final[Mapping[str, int]] = {
    "INVITE": 1,
    "JOIN": MAX_TARGETS,
    "KICK": MAX_TARGETS,
    "KNOCK": 1,
    "LIST": MAX_TARGETS,
    "NAMES": MAX_TARGETS,
    "NOTICE": MAX_TARGETS,
    "PART": MAX_TARGETS,
    "PRIVMSG": MAX_TARGETS,
    "RENAME": 1,
    "TAGMSG": MAX_TARGETS,
    "WHOIS": 1,
}
"""How many targets each command takes."""


def tokens(settings: Settings) -> list[str]:
    """Return the tokens, sorted by name."""
    targets = ",".join(f"{name}:{most}" for name, most in sorted(TARGETS.items()))
    values: dict[str, str | None] = {
        "draft/ACCOUNTREQUIRED": None,
        "ACCOUNTEXTBAN": "a,account",
        "AWAYLEN": str(AWAYLEN),
        "BOT": BOT,
        "CASEMAPPING": "ascii",
        "CHANLIMIT": f"#:{MAX_CHANNELS}",
        "CHANMODES": modes.chanmodes(),
        "CHANNELLEN": str(NAME_BYTES),
        "CHANTYPES": "#",
        "CHATHISTORY": str(MAX_HISTORY),
        "ELIST": "CMNTU",
        "EXCEPTS": "e",
        "EXTBAN": "$,am",
        "INVEX": "I",
        "KEYLEN": str(KEYLEN),
        "KICKLEN": str(KICKLEN),
        "KNOCK": None,
        "MAXLIST": ",".join(f"{kind}:{MAX_LIST}" for kind in modes.letters(modes.Kind.LIST)),
        "MODES": str(MAX_MODES),
        "MONITOR": str(MAX_MONITORED),
        "MSGREFTYPES": "msgid,timestamp",
        "NAMELEN": str(NAMELEN),
        "NETWORK": escaped(settings.network),
        "NICKLEN": str(ACCOUNT_CHARS),
        "PREFIX": f"({RANKS}){SYMBOLS}",
        "STATUSMSG": SYMBOLS,
        "TARGMAX": targets,
        "TOPICLEN": str(TOPICLEN),
        "USERMODES": ",,," + "".join(sorted(CHOSEN_MODES + GIVEN_MODES)),
        "UTF8MAPPING": "rfc8265",
        "UTF8ONLY": None,
        "WHOX": None,
    }
    if settings.icon:
        values["draft/ICON"] = escaped(settings.icon)
    if settings.client_tag_deny:
        values["CLIENTTAGDENY"] = ",".join(settings.client_tag_deny)
    return [name if value is None else f"{name}={value}" for name, value in sorted(values.items())]


def escaped(value: str) -> str:
    """Write a value so that it holds neither a blank nor what ends it."""
    return value.replace("\\", "\\x5C").replace(" ", "\\x20").replace("=", "\\x3D")


def lines(settings: Settings) -> list[list[str]]:
    """Return the tokens, for each line at most 13 and as many as fit."""
    lines: list[list[str]] = [[]]
    room = LINE_ROOM
    for token in tokens(settings):
        room -= len(token.encode()) + 1
        if room < 0 or len(lines[-1]) == TOKENS_PER_LINE:
            lines.append([])
            room = LINE_ROOM - len(token.encode()) - 1
        lines[-1].append(token)
    return lines


def is_denied(tag: str, deny: Sequence[str]) -> bool:
    """Return whether a client-only tag is dropped, by a list as CLIENTTAGDENY writes it."""
    name = tag.removeprefix("+")
    return name in deny or ("*" in deny and f"-{name}" not in deny)
