"""The metrics: what the server says of itself, in the words of Prometheus.

Each metric has one entry here; `scripts/metrics_table.py` makes the table of the documentation from it. None
has the name of a person, a channel or an address: whoever may look at numbers need not know who talks.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final, Literal, NamedTuple, Protocol

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from securechat import __version__
from securechat.app.health import CODES, reasons
from securechat.chat.memory import KINDS
from securechat.server.measuring import Distribution
from securechat.server.probes import Page
from securechat.server.vitals import Row

PREFIX: Final = "securechat_"


class Told(Protocol):
    """What a server tells of itself: `server.vitals.Vitals`. Any thread may call."""

    def row(self) -> Row: ...

    def distributions(self) -> Mapping[str, Distribution]: ...


class Known(NamedTuple):
    """One metric of a single number, or of one for each name of a group, which is its label.

    `source` is the counter in `status`: NAME, or GROUP.* for a group.
    """

    name: str
    kind: Literal["counter", "gauge"]
    text: str
    source: str
    label: str = ""


KNOWN: Final = (
    Known("connections", "gauge", "Connections, with and without a login", "connections"),
    Known("connections_limit", "gauge", "How many connections there may be", "connections_most"),
    Known("connections_unauthenticated", "gauge", "Connections without a login", "unauthenticated"),
    Known("connections_refused_total", "counter", "Connections that were refused", "refused"),
    Known("handshakes_failed_total", "counter", "TLS handshakes that failed", "handshakes_failed"),
    Known("sessions", "gauge", "Sessions: connections that have logged in", "sessions"),
    Known("messages_total", "counter", "Messages that were stored", "messages"),
    Known("lines_total", "counter", "Lines that clients sent", "lines"),
    Known("received_bytes_total", "counter", "Bytes that clients sent, decrypted", "bytes_received"),
    Known("queued_bytes_total", "counter", "Bytes for clients, as they lie in SendQs", "bytes_queued"),
    Known("logins_total", "counter", "Logins and the like, by how they ended", "logins.*", "result"),
    Known("refusals_total", "counter", "What was refused, by the limit that was met", "refusals.*", "reason"),
    Known("queue_bytes", "gauge", "What waits for somebody in memory, by its kind", "memory.*", "queue"),
    Known("turns_total", "counter", "Turns of the hub", "turns"),
    Known("inbox_items", "gauge", "Items that wait for the hub", "inbox"),
    Known("password_jobs_total", "counter", "Passwords that were checked or hashed", "password_jobs"),
    Known(
        "password_jobs_refused_total",
        "counter",
        "Passwords that nobody waited for any more",
        "password_jobs_refused",
    ),
    Known("password_jobs_waiting", "gauge", "Passwords that wait for a hash", "password_jobs_waiting"),
    Known("queries_total", "counter", "Queries of the database that were answered", "queries"),
    Known("queries_refused_total", "counter", "Queries that were refused", "queries_refused"),
    Known("queries_failed_total", "counter", "Queries that failed", "queries_failed"),
    Known("queries_waiting", "gauge", "Queries that wait for a reader", "queries_waiting"),
    Known("readers", "gauge", "Connections that read the database", "readers"),
    Known("readers_working", "gauge", "Those of them that work", "readers_working"),
    Known("disk_free_bytes", "gauge", "Free room on the data directory's disk", "disk_free"),
    Known("disk_reserve_bytes", "gauge", "storage.reserve: what is kept for operators", "disk_reserve"),
    Known("disk_low", "gauge", "1 while less than the reserve is free", "disk_low"),
    Known("database_bytes", "gauge", "Size of the SQLite file", "database_bytes"),
    Known("database_log_bytes", "gauge", "Size of SQLite's log (securechat.db-wal)", "database_log_bytes"),
)

DURATIONS: Final[Mapping[str, str]] = {
    "turn": "How long a turn of the hub takes",
    "commit": "How long a transaction takes until it is on disk",
    "delivery": "From when a turn's first line came in until what followed was written to its peers",
    "password_wait": "How long a password waits until it is hashed (argon2)",
    "query_wait": "How long a query waits for a reader of the database",
}
"""The histograms, by their names in `server.vitals`; each is NAME_seconds."""

OTHERS: Final[Mapping[str, tuple[str, str]]] = {
    "build_info": ("gauge", "1, with the version as a label"),
    "hub_silence_seconds": ("gauge", "How long ago the hub was seen last; it does something every second"),
    "queue_limit_bytes": ("gauge", "How much may wait in memory, by its kind (limits.memory)"),
    "certificate_expiry_timestamp_seconds": ("gauge", "When the certificate in use ends"),
    "last_backup_timestamp_seconds": ("gauge", "When the last backup was begun; not there before the first"),
    "store_failing": ("gauge", "1 while the database takes nothing"),
    "ready": ("gauge", "1 when the server takes logins and messages"),
    "not_ready": ("gauge", "1 for each reason for which it is not ready"),
}
"""What is worked out here."""
LABELS: Final[Mapping[str, str]] = {
    "build_info": "version",
    "queue_limit_bytes": "queue",
    "not_ready": "reason",
}
"""The labels of those that have one."""


class ServerCollector(Collector):
    """Reads a running server when somebody asks. Any thread may call."""

    def __init__(self, vitals: Told) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[Metric]:
        """Yield every metric of the server."""
        row = self._vitals.row()
        for known in KNOWN:
            yield from _counted(known, row)
        yield from _worked_out(row)
        for name, found in self._vitals.distributions().items():
            yield _histogram(name, found)


def page_of(vitals: Told) -> Callable[[str], Page]:
    """Return what makes the page of a server's metrics, in the form that a client accepts."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(ServerCollector(vitals))

    def page(accept: str) -> Page:
        encode, kind = choose_encoder(accept)
        return Page(HTTPStatus.OK, kind, encode(registry))

    return page


def _counted(known: Known, row: Row) -> Iterator[Metric]:
    """The values of one entry: none where the server does not have them (the file of another database)."""
    group, grouped, _ = known.source.partition(".*")
    labels = [known.label] if grouped else []
    kind = CounterMetricFamily if known.kind == "counter" else GaugeMetricFamily
    metric = kind(PREFIX + known.name, known.text, labels=labels)
    for name, value in row.items():
        of_group, _, own = name.rpartition(".")
        if isinstance(value, int) and (of_group == group if grouped else name == known.source):
            metric.add_metric([own] if grouped else [], value)
    if metric.samples:
        yield metric


def _worked_out(row: Row) -> Iterator[Metric]:
    found = reasons(row)
    yield _gauge("build_info", {__version__: 1})
    silent, memory = row["hub_silent_ms"], row.get("memory_limit")
    if isinstance(silent, int):
        yield _gauge("hub_silence_seconds", {"": silent / 1000})
    if isinstance(memory, int):
        yield _gauge("queue_limit_bytes", {kind.name: kind.bound(memory) for kind in KINDS})
    ends = row.get("certificate.ends")
    if isinstance(ends, str):
        seconds = datetime.fromisoformat(ends).timestamp()
        yield _gauge("certificate_expiry_timestamp_seconds", {"": seconds})
    if isinstance(backup := row.get("last_backup"), int) and backup:
        yield _gauge("last_backup_timestamp_seconds", {"": backup / 1000})
    yield _gauge("store_failing", {"": row["store_problem"] is not None})
    yield _gauge("ready", {"": not found})
    codes = {reason.code for reason in found}
    yield _gauge("not_ready", {code: code in codes for code in CODES})


def _gauge(name: str, values: Mapping[str, float]) -> Metric:
    """A gauge with a value for each value of its label, or with a single one."""
    label = LABELS.get(name)
    metric = GaugeMetricFamily(PREFIX + name, OTHERS[name][1], labels=[label] if label else [])
    for each, value in values.items():
        metric.add_metric([each] if label else [], value)
    return metric


def _histogram(name: str, found: Distribution) -> Metric:
    """Prometheus counts all values up to a bound, and not only those above the bound before."""
    up_to, buckets = 0, []
    for bound, count in zip((*map(str, found.bounds), "+Inf"), found.counts, strict=True):
        up_to += count
        buckets.append((bound, float(up_to)))
    metric = HistogramMetricFamily(f"{PREFIX}{name}_seconds", DURATIONS[name])
    metric.add_metric([], buckets, found.total)
    return metric
