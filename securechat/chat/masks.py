"""Masks of people, as the lists of a channel (+b, +e, +I) hold them.

A mask is one of

    nick!account@server     with * and ?; what is missing is *
    $a:account              an account (IRCv3 account-extban), also written $account:
    $m:mask                 a mute: may be in the channel, may not speak; also written m:

in its canonical form: folded, so that one person or set of people has one spelling.
"""

import re
from collections.abc import Iterable
from typing import Final

from securechat.irc.masks import compile_masks
from securechat.irc.names import fold

SIGN: Final = "$"
ACCOUNT: Final = "$a:"
MUTE: Final = "$m:"
_SPELLINGS: Final = {"$account:": ACCOUNT, "$a:": ACCOUNT, "$m:": MUTE, "$mute:": MUTE, "m:": MUTE}
MAX_MASK: Final = 200
"""Bytes of a mask: it has to fit on a line with the channel's name and who set it."""
_REMEMBERED: Final = 4096


class InvalidMask(ValueError):
    """The mask cannot be used. The text says why, to the person who wrote it."""


def canonical(mask: str) -> str:
    """Return the canonical form of a mask. Raises InvalidMask."""
    if not mask or " " in mask or mask.startswith(":") or not mask.isprintable():
        raise InvalidMask("A mask is nick!account@server with * and ?, $a:account, or $m: before a mask")
    result = _canonical(mask)
    if len(result.encode()) > MAX_MASK:
        raise InvalidMask(f"A mask has at most {MAX_MASK} bytes")
    return result


def _canonical(mask: str) -> str:
    sign, rest = _extended(mask)
    if sign == MUTE and not rest.startswith(tuple(_SPELLINGS)):
        return MUTE + _hostmask(rest)
    if sign == MUTE:
        inner = _canonical(rest)
        if inner.startswith(MUTE):
            raise InvalidMask("A mute holds no other mute")
        return MUTE + inner
    if sign == ACCOUNT:
        if not rest or "!" in rest or "@" in rest:
            raise InvalidMask("$a: is followed by the name of an account")
        return ACCOUNT + _folded(rest)
    if mask.startswith(SIGN):
        raise InvalidMask("The kinds of extended bans are $a:account and $m:mask")
    return _hostmask(mask)


def _extended(mask: str) -> tuple[str, str]:
    for spelling, sign in _SPELLINGS.items():
        if mask.lower().startswith(spelling):
            return sign, mask[len(spelling) :]
    return "", mask


def _hostmask(mask: str) -> str:
    left, at, server = mask.partition("@")
    nick, bang, account = left.partition("!")
    if at and not bang:
        nick, account = "", nick
    if "!" in account + server or "@" in server or SIGN in mask:
        raise InvalidMask("A mask is nick!account@server with * and ?")
    return f"{_folded(nick) or '*'}!{_folded(account) or '*'}@{server.lower() or '*'}"


def _folded(glob: str) -> str:
    """Fold what is between the wildcards; more than one * in a row is one."""
    parts = re.split(r"([*?])", re.sub(r"\*+", "*", glob))
    return "".join([fold(part) for part in parts])


class Matcher:
    """The masks of one list, compiled."""

    __slots__ = ("_accounts", "_hosts", "_known", "_mute_accounts", "_mute_hosts")

    def __init__(self, masks: Iterable[str]) -> None:
        every = list(masks)
        plain = [mask for mask in every if not mask.startswith(MUTE)]
        mutes = [mask.removeprefix(MUTE) for mask in every if mask.startswith(MUTE)]
        self._hosts, self._accounts = _compiled(plain)
        self._mute_hosts, self._mute_accounts = _compiled(mutes)
        self._known: dict[str, tuple[bool, bool]] = {}

    def matches(self, source: str) -> bool:
        """Return whether a mask that is no mute matches somebody: `source` is nick!account@server."""
        return self._verdict(source)[0]

    def mutes(self, source: str) -> bool:
        """Return whether a mute matches somebody: `source` is nick!account@server."""
        return self._verdict(source)[1]

    def _verdict(self, source: str) -> tuple[bool, bool]:
        known = self._known.get(source)
        if known is None:
            nick, _, rest = source.partition("!")
            account, _, server = rest.partition("@")
            account = fold(account)
            host = f"{fold(nick)}!{account}@{server.lower()}"
            known = (
                _any(self._hosts, host) or _any(self._accounts, account),
                _any(self._mute_hosts, host) or _any(self._mute_accounts, account),
            )
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[source] = known
        return known


def _any(pattern: re.Pattern[str] | None, text: str) -> bool:
    return pattern is not None and pattern.fullmatch(text) is not None


def _compiled(masks: list[str]) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    accounts = [mask.removeprefix(ACCOUNT) for mask in masks if mask.startswith(ACCOUNT)]
    hosts = [mask for mask in masks if not mask.startswith(ACCOUNT)]
    return compile_masks(hosts), compile_masks(accounts)
