"""An index of names: who or what has a name, and whose name looks like it."""

from typing import Generic, TypeVar

from securechat.irc.names import fold, skeleton

T = TypeVar("T")


class Names(Generic[T]):
    """Things by their names. No two have the same; that none look alike is for others to see to.

    Rules refuse a name that looks like another one. Yet where something slips through, such as what was
    stored before there was the rule, each of the two has to be found, and can go.
    """

    __slots__ = ("_alike", "exact")

    def __init__(self) -> None:
        self.exact: dict[str, T] = {}
        """By the folded name."""
        self._alike: dict[str, tuple[T, ...]] = {}
        """By the skeleton, the first that came first."""

    def like(self, name: str) -> T | None:
        """Return what has a name that looks like this one; of several the first that came."""
        alike = self._alike.get(skeleton(name))
        return alike[0] if alike else None

    def add(self, name: str, thing: T) -> None:
        """Give a thing a name."""
        key = skeleton(name)
        self.exact[fold(name)] = thing
        self._alike[key] = (*self._alike.get(key, ()), thing)

    def remove(self, name: str, thing: T) -> None:
        """Take a name away from the thing that has it."""
        key = skeleton(name)
        del self.exact[fold(name)]
        alike = self._alike[key]
        at = next(index for index, one in enumerate(alike) if one is thing)
        if len(alike) > 1:
            self._alike[key] = (*alike[:at], *alike[at + 1 :])
        else:
            del self._alike[key]
