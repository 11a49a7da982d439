"""Masks of people, as the lists of a channel (+b, +e, +I) hold them.

A mask is one of

    nick!account@server     with * and ?; what is missing is *
    $a:account              an account (IRCv3 account-extban), also written $account: and ~account:
    $m:mask                 a mute: may be in the channel, may not speak; also written m:, ~mute: and ~quiet:

in its canonical form: folded, so that one person or set of people has one spelling.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from securechat.irc.masks import Mask
from securechat.irc.names import fold

SIGN: Final = "$"
ACCOUNT: Final = "$a:"
MUTE: Final = "$m:"
_SPELLINGS: Final = {
    **dict.fromkeys(("$account:", "$a:", "~account:", "~a:"), ACCOUNT),
    **dict.fromkeys(("$m:", "$mute:", "m:", "~mute:", "~m:", "~quiet:", "~q:"), MUTE),
}
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
    """The masks of one list, in canonical form."""

    __slots__ = ("_known", "_masks", "_mutes")

    def __init__(self, masks: Iterable[str] = ()) -> None:
        self._masks: dict[str, Mask] = {}
        self._mutes: dict[str, Mask] = {}
        self._known: dict[str, tuple[bool, bool]] = {}
        for mask in masks:
            self.put(mask)

    def put(self, mask: str) -> None:
        """Take one more mask: the others stay as they are."""
        kind, rest = self._place(mask)
        kind[rest] = Mask(rest.removeprefix(ACCOUNT))
        self._known.clear()

    def drop(self, mask: str) -> None:
        """Forget a mask."""
        kind, rest = self._place(mask)
        del kind[rest]
        self._known.clear()

    def _place(self, mask: str) -> tuple[dict[str, Mask], str]:
        return (self._mutes if mask.startswith(MUTE) else self._masks), mask.removeprefix(MUTE)

    def matches(self, *sources: str) -> bool:
        """Return whether a mask that is no mute matches somebody: a source is nick!account@server.

        Who has had another name before has several.
        """
        return any([self._verdict(source)[0] for source in sources])

    def mutes(self, *sources: str) -> bool:
        """Return whether a mute matches somebody: sources are as in `matches`."""
        return any([self._verdict(source)[1] for source in sources])

    def _verdict(self, source: str) -> tuple[bool, bool]:
        known = self._known.get(source)
        if known is None:
            nick, _, rest = source.partition("!")
            account, _, server = rest.partition("@")
            account = fold(account)
            host = f"{fold(nick)}!{account}@{server.lower()}"
            known = (_any(self._masks, host, account), _any(self._mutes, host, account))
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[source] = known
        return known


def _any(masks: Mapping[str, Mask], host: str, account: str) -> bool:
    return any(mask.matches(account if text.startswith(ACCOUNT) else host) for text, mask in masks.items())
