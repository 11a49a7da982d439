"""The channel modes: which there are, what they take, who may change them.

ISUPPORT, RPL_MYINFO, `HELP CMODE` and docs/protocol.md are written from this table. The places that enforce
the modes say what they do: `rules.access` (joining and speaking), `Channel.visible_to` and `Channel.shows`
(who may know of a channel, who sees its members), and the commands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from securechat.chat.membership import RANKS


class Kind(Enum):
    """What a mode takes, in the order of ISUPPORT CHANMODES (types A to D)."""

    LIST = "A"
    KEY = "B"
    ARGUMENT = "C"
    FLAG = "D"


@dataclass(frozen=True, slots=True)
class ChannelMode:
    """One mode: `argument` names what it takes, `help` says what it does."""

    letter: str
    kind: Kind
    help: str
    argument: str = ""


_TABLE: Final = (
    ChannelMode("b", Kind.LIST, "bans: they may neither join nor speak", "<mask>"),
    ChannelMode("e", Kind.LIST, "exceptions from bans", "<mask>"),
    ChannelMode("I", Kind.LIST, "may join although the channel is invite-only", "<mask>"),
    ChannelMode("k", Kind.KEY, "a key is needed to join", "<key>"),
    ChannelMode("W", Kind.ARGUMENT, "slow mode: one message a member in this many seconds", "<seconds>"),
    ChannelMode("f", Kind.ARGUMENT, "who cannot join is sent to this channel", "<channel>"),
    ChannelMode("l", Kind.ARGUMENT, "this many members at most", "<number>"),
    ChannelMode("C", Kind.FLAG, "no CTCP, except ACTION"),
    ChannelMode("M", Kind.FLAG, "only people with an account speak: here everybody has one"),
    ChannelMode("R", Kind.FLAG, "only people with an account join: here everybody has one"),
    ChannelMode("U", Kind.FLAG, "what members without a rank say is shown to half-operators and up only"),
    ChannelMode("c", Kind.FLAG, "no colours and other formatting"),
    ChannelMode("i", Kind.FLAG, "invite-only"),
    ChannelMode("m", Kind.FLAG, "moderated: only members with a rank speak"),
    ChannelMode("n", Kind.FLAG, "only members speak"),
    ChannelMode("p", Kind.FLAG, "private: nobody outside sees the channel or who is in it"),
    ChannelMode("s", Kind.FLAG, "secret: nobody outside sees the channel or who is in it"),
    ChannelMode("t", Kind.FLAG, "only half-operators and up change the topic"),
    ChannelMode("u", Kind.FLAG, "auditorium: members without a rank are seen by those with one only"),
)
MODES: Final[Mapping[str, ChannelMode]] = {mode.letter: mode for mode in _TABLE}

CHANGED_BY: Final = "o"
"""The lowest rank that changes a mode other than a rank."""

GRANTED_BY: Final[Mapping[str, str]] = {"q": "q", "a": "q", "o": "a", "h": "o", "v": "h"}
"""The lowest rank that gives and takes each rank."""

RANK_HELP: Final[Mapping[str, str]] = {
    "q": "founder: everything, and gives q and a",
    "a": "admin: gives o, renames the channel, cannot be kicked by operators",
    "o": "operator: modes, gives h and v, invites",
    "h": "half-operator: kicks, changes the topic, gives v",
    "v": "voice: speaks in a moderated channel",
}


def letters(*kinds: Kind) -> str:
    """Return the letters of the modes of these kinds, in the table's order."""
    return "".join([mode.letter for mode in _TABLE if mode.kind in kinds])


def chanmodes() -> str:
    """Return the value of ISUPPORT CHANMODES."""
    return ",".join([letters(kind) for kind in Kind])


def my_info() -> tuple[str, str]:
    """Return all channel modes, and those with a parameter, as RPL_MYINFO lists them."""
    with_parameter = letters(Kind.LIST, Kind.KEY, Kind.ARGUMENT) + RANKS
    return "".join(sorted(MODES.keys() | set(RANKS))), "".join(sorted(with_parameter))


def explained() -> list[str]:
    """Return a line for each mode, for people."""
    modes = [f"+{mode.letter} {mode.argument}".rstrip() + f": {mode.help}" for mode in _TABLE]
    return modes + [f"+{rank} <nick>: {RANK_HELP[rank]}" for rank in RANKS]


def shown(modes: Mapping[str, str], *, hide: str = "") -> tuple[str, ...]:
    """Return modes as RPL_CHANNELMODEIS has them: the letters, then their arguments."""
    visible = sorted(letter for letter in modes if letter not in hide)
    return "+" + "".join(visible), *[modes[letter] for letter in visible if modes[letter]]
