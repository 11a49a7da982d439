"""The fact that modes of a channel changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from securechat.chat.records.stored import ListEntry

LISTS: Final = "beI"
"""The modes that are lists of masks: bans, exceptions from bans, exceptions from +i."""


class Shown(NamedTuple):
    """One change as the MODE line shows it."""

    adding: bool
    letter: str
    argument: str | None = None


def mode_params(shown: Iterable[Shown]) -> list[str]:
    """Return the parameters of a MODE line after the channel: signs with letters, then the arguments."""
    signs, arguments, sign = "", [], ""
    for change in shown:
        wanted = "+" if change.adding else "-"
        signs += change.letter if wanted == sign else wanted + change.letter
        sign = wanted
        if change.argument is not None:
            arguments.append(change.argument)
    return [signs, *arguments]


@dataclass(frozen=True, slots=True)
class FlagsChanged:
    """All modes that are no list, with their arguments ("" without one): as they are now and as they were."""

    modes: Mapping[str, str]
    previous: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EntryChanged:
    """An entry of a list came, went, or was replaced; None is no entry."""

    kind: str
    mask: str
    entry: ListEntry | None
    previous: ListEntry | None


@dataclass(frozen=True, slots=True)
class RanksChanged:
    """A member has other ranks."""

    user: int
    ranks: str
    previous: str


@dataclass(frozen=True, slots=True)
class ChannelModesChanged:
    """What one MODE command changed. `by` is the nick of who did, `shown` the changes in order.

    An entry or a member occurs once in `entries` and `ranks`, with what it was before the command.
    """

    id: int
    channel: int
    at: int
    by: str
    shown: tuple[Shown, ...]
    flags: FlagsChanged | None = None
    entries: tuple[EntryChanged, ...] = ()
    ranks: tuple[RanksChanged, ...] = ()
