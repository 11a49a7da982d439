"""What a MODE command asks for: its changes one by one, and a draft in which they are tried.

The draft holds copies of what the changes touch, so a change sees those before it, and at the end one record
says what is different from before.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from securechat.chat.membership import RANKS, ordered
from securechat.chat.modes import MODES, Kind
from securechat.chat.records import (
    ChannelModesChanged,
    EntryChanged,
    FlagsChanged,
    ListEntry,
    RanksChanged,
    Shown,
)
from securechat.chat.state.channel import Channel


class Asked(NamedTuple):
    """One change that was asked for; a letter of a list without an argument asks for the list."""

    adding: bool
    letter: str
    argument: str | None


def parse(signs: str, arguments: Sequence[str]) -> Iterator[Asked]:
    """Take a mode string apart, and give each letter the argument that belongs to it."""
    adding, rest = True, iter(arguments)
    for letter in signs:
        if letter in "+-":
            adding = letter == "+"
        elif takes_argument(letter, adding=adding):
            yield Asked(adding, letter, next(rest, None))
        else:
            yield Asked(adding, letter, None)


def takes_argument(letter: str, *, adding: bool) -> bool:
    """Return whether a change of this mode is followed by an argument."""
    mode = MODES.get(letter)
    if mode is None:
        return letter in RANKS
    return mode.kind in (Kind.LIST, Kind.KEY) or (mode.kind is Kind.ARGUMENT and adding)


class Draft:
    """A channel's modes as they would be after some changes."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.modes = dict(channel.modes)
        self.lists = {kind: dict(entries) for kind, entries in channel.lists.items()}
        self._ranks: dict[int, str] = {}
        self.shown: list[Shown] = []

    def ranks(self, user: int) -> str:
        return self._ranks.get(user, self._channel.ranks(user))

    def set_flag(self, letter: str, argument: str = "", shown: str = "") -> None:
        """Set a mode; `shown` is how people see an argument that is kept in another way."""
        if self.modes.get(letter) != argument:
            self.modes[letter] = argument
            self.shown.append(Shown(True, letter, shown or argument or None))

    def clear_flag(self, letter: str, shown: str | None = None) -> None:
        if self.modes.pop(letter, None) is not None:
            self.shown.append(Shown(False, letter, shown))

    def put(self, kind: str, mask: str, entry: ListEntry) -> None:
        self.lists[kind].pop(mask, None)  # the newest is the last one
        self.lists[kind][mask] = entry
        self.shown.append(Shown(True, kind, mask))

    def take(self, kind: str, mask: str) -> None:
        del self.lists[kind][mask]
        self.shown.append(Shown(False, kind, mask))

    def rank(self, user: int, letter: str, nick: str, *, adding: bool) -> None:
        """Give or take a rank."""
        before = self.ranks(user)
        after = ordered(before + letter if adding else before.replace(letter, ""))
        if after != before:
            self._ranks[user] = after
            self.shown.append(Shown(adding, letter, nick))

    def record(self, key: int, at: int, by: str) -> ChannelModesChanged | None:
        """Return what all of this changes, None when it is nothing."""
        if not self.shown:
            return None
        channel = self._channel
        flags = FlagsChanged(self.modes, channel.modes) if self.modes != channel.modes else None
        ranks = tuple(
            RanksChanged(user, after, channel.ranks(user))
            for user, after in self._ranks.items()
            if after != channel.ranks(user)
        )
        return ChannelModesChanged(
            key, channel.id, at, by, tuple(self.shown), flags, tuple(self._entries()), ranks
        )

    def _entries(self) -> Iterator[EntryChanged]:
        for kind, entries in self.lists.items():
            before = self._channel.lists[kind]
            for mask in dict.fromkeys((*before, *entries)):
                if before.get(mask) != entries.get(mask):
                    yield EntryChanged(kind, mask, entries.get(mask), before.get(mask))
