"""What the pseudo-user is called, and that nobody else is."""

from functools import cache
from typing import Final

from securechat.irc.names import fold, skeleton

SERVICE: Final = "securechat"
ALIASES: Final = frozenset({SERVICE, "nickserv", "chanserv"})
"""The folded names that it answers to; people who come from other networks write to the latter two."""


def is_service(name: str) -> bool:
    """Return whether a message to this name is for the pseudo-user."""
    return fold(name) in ALIASES


def is_reserved(name: str) -> bool:
    """Return whether a name is the pseudo-user's, or looks like it: no account and no nick can have it."""
    return skeleton(name) in _skeletons()


@cache
def _skeletons() -> frozenset[str]:
    return frozenset(map(skeleton, ALIASES))
