"""Reactions to messages, added up as far as a tag can show them.

Who reads the store does this, since there may be any number of reactions: the hub has no more to look at than
it shows.
"""

import json
from collections.abc import Mapping, Sequence
from sys import getsizeof
from typing import Final, NamedTuple

from securechat.irc.message import escape_tag_value

MAX_BYTES: Final = 2048
"""Bytes of the tag with names in it; a longer one says how many there are."""
_SHORTEST_NAME: Final = 4
"""Bytes of a name in the tag, with its quotes and comma."""
_ACCOUNT: Final = 40
"""Bytes that an account's id takes in memory, and its place in a list."""
_REACTION: Final = 200
"""Bytes that a reaction takes there besides its text: its place in the table, and its list."""


class Tally(NamedTuple):
    """The reactions to one message.

    `counts` is the tag's value without names: the reactions and how many there are of each, as many as fit.
    `accounts` are those who reacted so, in the order of reacting; None where their names cannot fit.
    """

    counts: str
    accounts: Mapping[str, Sequence[int]] | None

    @property
    def weight(self) -> int:
        """How many bytes it takes in memory, about."""
        accounts = self.accounts or {}
        named = sum(_REACTION + getsizeof(reaction) + _ACCOUNT * len(by) for reaction, by in accounts.items())
        return getsizeof(self.counts) + named


def tallied(found: Mapping[int, Mapping[str, Sequence[int]]], room: int) -> dict[int, Tally]:
    """Add up reactions (message → reaction → accounts) by message, without those of which none fits.

    Accounts take at most `room` bytes in memory: where that is used up there are counts only.
    """
    tallies = {}
    for key, reactions in found.items():
        tally = _tally(reactions)
        if tally.accounts is not None:
            if tally.weight > room:
                tally = tally._replace(accounts=None)
            else:
                room -= tally.weight
        if tally.counts != _json({}):
            tallies[key] = tally
    return tallies


def as_tag(names: Mapping[str, Sequence[str]]) -> str | None:
    """Return the tag's value with the names of who reacted so, or None if it is too long."""
    text = _json(names)
    return text if _size(text) <= MAX_BYTES else None


def _tally(reactions: Mapping[str, Sequence[int]]) -> Tally:
    named = sum(_SHORTEST_NAME * len(by) for by in reactions.values()) <= MAX_BYTES
    return Tally(_counts(reactions), reactions if named else None)


def _counts(reactions: Mapping[str, Sequence[int]]) -> str:
    """Count reactions: the commonest first, of those the earliest; what is too long is left out by itself."""
    counts: dict[str, int] = {}
    size = len(_json({}))
    for reaction, by in sorted(reactions.items(), key=lambda one: -len(one[1])):
        more = _size(_json({reaction: len(by)})) - 1  # the braces are there already, a comma is not
        if size + more <= MAX_BYTES:
            size += more
            counts[reaction] = len(by)
    return _json(counts)


def _size(text: str) -> int:
    """The bytes of a text in a tag, where some characters take two."""
    return len(escape_tag_value(text).encode())


def _json(value: Mapping[str, Sequence[str] | int]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
