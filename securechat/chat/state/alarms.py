"""When operators are told of failed logins: at ten within ten minutes on one subject.

Theory of operation. A subject is an account, a name that is none, or a source. Once it is told of it is
watched for an hour, in which its failures are only added up; when the hour is over the sum is told, if there
is any, and the next hour begins. So a subject makes one entry an hour, however hard it is tried. At most
`MOST_WATCHED` subjects of a kind are watched at the same time, and those beyond are one subject together: a
crowd that tries many names fills the audit log no more than one that tries a single name.
"""

from collections import OrderedDict, deque
from enum import Enum
from typing import Final, NamedTuple

ENOUGH: Final = 10
"""Failures that are worth a word."""
WITHIN: Final = 600.0
"""Seconds in which they come."""
HOUR: Final = 3600.0
"""Seconds for which a subject is watched."""
MOST_WATCHED: Final = 16
"""Subjects of one kind that are watched."""
MOST_RECENT: Final = 8_192
"""Subjects of one kind whose failures are remembered; the one that failed longest ago is forgotten."""


class Kind(Enum):
    """What failures are counted on."""

    SOURCE = "source"
    ACCOUNT = "account"
    NAME = "name"
    """As an account might be called, but none is."""


class Alarm(NamedTuple):
    """So many logins have failed; no subject is all those that are not watched by themselves."""

    kind: Kind
    subject: str | None
    times: int
    first: bool
    """They came within ten minutes; else they are the further ones of an hour."""


class Alarms:
    """The failures of all subjects. Times are monotonic seconds."""

    __slots__ = ("_watches",)

    def __init__(self) -> None:
        self._watches = {kind: _Watch(kind) for kind in Kind}

    def failed(self, kind: Kind, subject: str, now: float) -> Alarm | None:
        """Count a failure; return what is to be told because of it."""
        return self._watches[kind].failed(subject, now)

    def due(self, now: float) -> list[Alarm]:
        """Return what is to be told since an hour is over."""
        return [alarm for watch in self._watches.values() for alarm in watch.due(now)]


class _Watched:
    """A subject that was told of: when, and its failures since."""

    __slots__ = ("since", "times")

    def __init__(self, since: float) -> None:
        self.since = since
        self.times = 0


class _Watch:
    """The subjects of one kind."""

    __slots__ = ("_kind", "_recent", "_watched")

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._recent: OrderedDict[str, deque[float]] = OrderedDict()
        self._watched: OrderedDict[str | None, _Watched] = OrderedDict()

    def failed(self, subject: str, now: float) -> Alarm | None:
        watched = self._watched.get(subject)
        if watched is not None:
            watched.times += 1
            return None
        return self._enough(subject, now) if self._is_enough(subject, now) else None

    def due(self, now: float) -> list[Alarm]:
        told = []
        while self._watched:
            subject, watched = next(iter(self._watched.items()))
            if now - watched.since < HOUR:
                break
            del self._watched[subject]
            if watched.times:
                told.append(Alarm(self._kind, subject, watched.times, first=False))
                self._watched[subject] = _Watched(now)
        return told

    def _is_enough(self, subject: str, now: float) -> bool:
        times = self._recent.setdefault(subject, deque(maxlen=ENOUGH))
        times.append(now)
        self._recent.move_to_end(subject)
        if len(self._recent) > MOST_RECENT:
            self._recent.popitem(last=False)
        return len(times) == ENOUGH and now - times[0] <= WITHIN

    def _enough(self, subject: str, now: float) -> Alarm | None:
        del self._recent[subject]
        named = subject if sum(name is not None for name in self._watched) < MOST_WATCHED else None
        others = self._watched.get(named)
        if others is not None:
            others.times += ENOUGH
            return None
        self._watched[named] = _Watched(now)
        return Alarm(self._kind, named, ENOUGH, first=True)
