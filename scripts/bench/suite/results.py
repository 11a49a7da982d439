"""What the studies give, as values and as JSON. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from scripts.bench.ircbench.figures import Spread

SUBJECT = "securechat"


@dataclass(frozen=True, slots=True)
class Series:
    """One figure of one server in one study, once for each round."""

    study: str
    server: str
    metric: str
    values: tuple[float, ...]
    lower_is_better: bool = True
    """False of a rate, and of what is only told, such as the generator's CPU time."""

    @property
    def spread(self) -> Spread:
        """The median, the lowest and the highest."""
        return Spread.of(self.values)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the figures were taken, and from what."""

    taken: str
    cores: int
    system: str
    python: str
    openssl: str
    filesystem: str
    servers: dict[str, str]
    """The version of each server, as it says it."""


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one run of the suite gave."""

    machine: Machine
    series: tuple[Series, ...]
    problems: tuple[str, ...] = ()
    """What could not be measured, with the reason."""

    def of(self, study: str) -> list[Series]:
        """The figures of a study, in the order in which they were taken."""
        return [series for series in self.series if series.study == study]

    def find(self, study: str, server: str, metric: str) -> Series | None:
        """One figure, None when it was not taken."""
        wanted = (study, server, metric)
        return next((s for s in self.series if (s.study, s.server, s.metric) == wanted), None)


def names(series: Iterable[Series]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the servers and the metrics of some figures, each once, in order."""
    found = list(series)
    return tuple(dict.fromkeys(s.server for s in found)), tuple(dict.fromkeys(s.metric for s in found))


def to_json(results: Results) -> str:
    """Write results for `from_json`, and for programs."""
    return json.dumps(asdict(results), indent=1) + "\n"


def from_json(text: str) -> Results:
    """Read what `to_json` wrote. Raises ValueError for anything else."""
    try:
        content = json.loads(text)
        series = tuple(Series(**{**each, "values": tuple(each["values"])}) for each in content["series"])
        return Results(Machine(**content["machine"]), series, tuple(content["problems"]))
    except (TypeError, KeyError) as error:
        raise ValueError(f"this is no file of figures: {error}") from error
