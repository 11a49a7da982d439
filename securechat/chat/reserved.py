"""What the pseudo-user is called, and that nobody else is."""

from functools import cache
from typing import Final

from securechat.irc.names import fold, skeleton

SERVICE: Final = "securechat"
ALIASES: Final = {fold(name): name for name in (SERVICE, "NickServ", "ChanServ")}
"""The names that it answers to, by their folded form; people from other networks write to the latter two."""
REALNAME: Final = f"The server itself: /msg {SERVICE} help"


def is_service(name: str) -> bool:
    """Return whether a message to this name is for the pseudo-user."""
    return fold(name) in ALIASES


def service_source(name: str, server: str) -> str | None:
    """Return who the pseudo-user is when it is asked for by this name; it is always here."""
    alias = ALIASES.get(fold(name))
    return f"{alias}!{SERVICE}@{server}" if alias is not None else None


def is_reserved(name: str) -> bool:
    """Return whether a name is the pseudo-user's, or looks like it: no account and no nick can have it."""
    return skeleton(name) in _skeletons()


@cache
def _skeletons() -> frozenset[str]:
    return frozenset(map(skeleton, ALIASES))
