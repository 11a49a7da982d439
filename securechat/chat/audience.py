"""Who hears a channel or a user: links grouped by what they can read.

An audience is a value. It is replaced when somebody comes or goes, so an effect that was made before keeps
delivering to exactly those who were there, and "the same audience" is an identity check: the hub joins
messages to the same audience into one append per recipient. A value with a thousand links is costly to
make, so `Listeners` makes it when somebody speaks, and not for each of those who come or go in between. An
audience that has only grown since another one can say by whom: where many join, the hub need not begin anew
with each.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from securechat.chat.link import Link


class Audience:
    """An immutable set of links, by encoding key (the capabilities that change how a line is written)."""

    __slots__ = ("_came", "_had", "_keys", "groups")

    groups: Mapping[int, tuple[Link, ...]]

    def __init__(
        self,
        groups: Mapping[int, tuple[Link, ...]] | None = None,
        came: list[tuple[Link, int]] | None = None,
    ) -> None:
        """With links by their keys; `came` is where who comes is noted while nobody goes."""
        self.groups = groups or {}
        self._keys: dict[Link, int] | None = None
        self._came = came
        self._had = 0 if came is None else len(came)

    def since(self, earlier: "Audience") -> list[tuple[Link, int]] | None:
        """Return who is here and was not in an earlier audience, with the keys; None when anybody has gone
        since, or when the two have nothing to do with each other.
        """
        if self._came is None or self._came is not earlier._came or earlier._had > self._had:
            return None
        return self._came[earlier._had : self._had]

    @classmethod
    def of(cls, members: Iterable[tuple[Link, int]]) -> "Audience":
        """Make an audience of (link, encoding key) pairs."""
        groups: dict[int, list[Link]] = {}
        for link, key in members:
            groups.setdefault(key, []).append(link)
        return cls({key: tuple(links) for key, links in groups.items()})

    def including(self, link: Link, key: int) -> "Audience":
        """Return this audience with `link` added under `key`."""
        groups = dict(self.groups)
        groups[key] = (*groups.get(key, ()), link)
        return Audience(groups)

    def excluding(self, link: Link, key: int) -> "Audience":
        """Return this audience without `link`, which must be there under `key`."""
        groups = dict(self.groups)
        links = groups.pop(key)
        at = links.index(link)
        rest = links[:at] + links[at + 1 :]
        if rest:
            groups[key] = rest
        return Audience(groups)

    def without(self, other: "Audience") -> "Audience":
        """Return this audience without the links of another one."""
        gone = other.keys
        return Audience.of((link, key) for link, key in self.keys.items() if link not in gone)

    @property
    def size(self) -> int:
        """How many links there are."""
        return sum(map(len, self.groups.values()))

    @property
    def keys(self) -> Mapping[Link, int]:
        """The encoding key of each link; made on first use, since few audiences are asked."""
        if self._keys is None:
            self._keys = {link: key for key, links in self.groups.items() for link in links}
        return self._keys


NOBODY: Final = Audience()
_REMEMBERED: Final = 64
"""Of how many links it is remembered that they came: that many share an append to each of the others."""


class Listeners:
    """Links that come and go; who goes and who comes costs the same however many there are."""

    __slots__ = ("_audience", "_came", "_groups")

    def __init__(self) -> None:
        self._groups: dict[int, dict[Link, None]] = {}
        self._came: list[tuple[Link, int]] = []
        """Some of those who have come since the last one went, the latest."""
        self._audience: Audience | None = None

    @property
    def audience(self) -> Audience:
        """Those who listen now: the same object until somebody comes or goes."""
        audience = self._audience
        if audience is None:
            groups = {key: tuple(links) for key, links in self._groups.items()}
            audience = self._audience = Audience(groups, self._came)
        return audience

    @property
    def size(self) -> int:
        """How many listen."""
        return sum(map(len, self._groups.values()))

    def add(self, link: Link, key: int) -> None:
        """Let a link listen under its encoding key."""
        links = self._groups.setdefault(key, {})
        if link not in links:
            links[link] = None
            if len(self._came) >= _REMEMBERED:
                self._came = []
            self._came.append((link, key))
            self._audience = None

    def remove(self, link: Link, key: int) -> None:
        """Take away a link, which must listen under `key`."""
        links = self._groups[key]
        del links[link]
        if not links:
            del self._groups[key]
        self._came = []
        self._audience = None

    def add_to(self, groups: dict[int, dict[Link, None]]) -> None:
        """Put every link into a dictionary of its encoding key."""
        for key, links in self._groups.items():
            groups.setdefault(key, {}).update(links)


def together(listeners: Iterable[Listeners], audiences: Iterable[Audience]) -> Audience:
    """Return everybody who is in one of these, once."""
    groups: dict[int, dict[Link, None]] = {}
    for audience in audiences:
        for key, links in audience.groups.items():
            groups.setdefault(key, {}).update(dict.fromkeys(links))
    for one in listeners:
        one.add_to(groups)
    return Audience({key: tuple(links) for key, links in groups.items()})
