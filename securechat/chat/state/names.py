"""An index of names: who or what has a name, and whose name looks like it."""

from typing import Generic, TypeVar

from securechat.irc.names import fold, skeleton

T = TypeVar("T")


class Names(Generic[T]):
    """Things by their names; `exact` is by the folded name, `alike` by its skeleton."""

    __slots__ = ("alike", "exact")

    def __init__(self) -> None:
        self.exact: dict[str, T] = {}
        self.alike: dict[str, T] = {}

    def add(self, name: str, thing: T) -> None:
        """Give a thing a name."""
        self.exact[fold(name)] = self.alike[skeleton(name)] = thing

    def remove(self, name: str) -> None:
        """Take a name away, which has to be there."""
        del self.exact[fold(name)], self.alike[skeleton(name)]
