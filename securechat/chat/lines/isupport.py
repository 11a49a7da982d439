"""What the server supports, as RPL_ISUPPORT states it: every limit here is the one that is enforced."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from securechat.chat import limits, modes
from securechat.chat.membership import RANKS, SYMBOLS
from securechat.chat.settings import Settings
from securechat.chat.state.session import BOT, CHOSEN_MODES, GIVEN_MODES
from securechat.irc.names import ACCOUNT_CHARS, NAME_BYTES

TOKENS_PER_LINE: Final = 13
LINE_ROOM: Final = 340
"""Bytes of tokens on one line: what the longest names of a server and a nick leave of 512."""


def tokens(settings: Settings) -> list[str]:
    """Return the tokens, sorted by name."""
    return _tokens(settings.network, settings.icon, settings.client_tag_deny)


def _tokens(network: str, icon: str, client_tag_deny: Sequence[str]) -> list[str]:
    targets = ",".join(f"{name}:{most}" for name, most in sorted(limits.TARGETS.items()))
    values: dict[str, str | None] = {
        "draft/ACCOUNTREQUIRED": None,
        "ACCOUNTEXTBAN": "a,account",
        "AWAYLEN": str(limits.AWAYLEN),
        "BOT": BOT,
        "CASEMAPPING": "ascii",
        "CHANLIMIT": f"#:{limits.MAX_CHANNELS}",
        "CHANMODES": modes.chanmodes(),
        "CHANNELLEN": str(NAME_BYTES),
        "CHANTYPES": "#",
        "CHATHISTORY": str(limits.MAX_HISTORY),
        "ELIST": "CMNTU",
        "EXCEPTS": "e",
        "EXTBAN": "$,am",
        "INVEX": "I",
        "KEYLEN": str(limits.KEYLEN),
        "KICKLEN": str(limits.KICKLEN),
        "KNOCK": None,
        "MAXLIST": ",".join(f"{kind}:{limits.MAX_LIST}" for kind in modes.letters(modes.Kind.LIST)),
        "MODES": str(limits.MAX_MODES),
        "MONITOR": str(limits.MAX_MONITORED),
        "MSGREFTYPES": "msgid,timestamp",
        "NAMELEN": str(limits.NAMELEN),
        "NETWORK": escaped(network),
        "NICKLEN": str(ACCOUNT_CHARS),
        "soju.im/SAFERATE": None,
        "PREFIX": f"({RANKS}){SYMBOLS}",
        "SILENCE": str(limits.MAX_SILENCED),
        "STATUSMSG": SYMBOLS,
        "TARGMAX": targets,
        "TOPICLEN": str(limits.TOPICLEN),
        "USERMODES": ",,," + "".join(sorted(CHOSEN_MODES + GIVEN_MODES)),
        "UTF8MAPPING": "rfc8265",
        "UTF8ONLY": None,
        "WHOX": None,
    }
    if icon:
        values["draft/ICON"] = escaped(icon)
    if client_tag_deny:
        values["CLIENTTAGDENY"] = ",".join(client_tag_deny)
    return [name if value is None else f"{name}={value}" for name, value in sorted(values.items())]


def escaped(value: str) -> str:
    """Write a value so that it holds neither a blank nor what ends it."""
    return value.replace("\\", "\\x5C").replace(" ", "\\x20").replace("=", "\\x3D")


def lines(settings: Settings) -> tuple[tuple[str, ...], ...]:
    """Return the tokens, for each line at most 13 and as many as fit."""
    return _lines(settings.network, settings.icon, settings.client_tag_deny)


@lru_cache(maxsize=4)  # everybody who comes in is told the same
def _lines(network: str, icon: str, client_tag_deny: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    lines: list[list[str]] = [[]]
    room = LINE_ROOM
    for token in _tokens(network, icon, client_tag_deny):
        room -= len(token.encode()) + 1
        if room < 0 or len(lines[-1]) == TOKENS_PER_LINE:
            lines.append([])
            room = LINE_ROOM - len(token.encode()) - 1
        lines[-1].append(token)
    return tuple(map(tuple, lines))


def is_denied(tag: str, deny: Sequence[str]) -> bool:
    """Return whether a client-only tag is dropped, by a list as CLIENTTAGDENY writes it."""
    name = tag.removeprefix("+")
    return name in deny or ("*" in deny and f"-{name}" not in deny)
