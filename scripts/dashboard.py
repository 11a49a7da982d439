#!/usr/bin/env python3
"""Write the dashboard for Grafana, docs/examples/grafana-dashboard.json, from the list of its panels.

python scripts/dashboard.py          # write it
python scripts/dashboard.py --check  # exit 1 when it is not up to date
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
FILE: Final = ROOT / "docs" / "examples" / "grafana-dashboard.json"
sys.path.insert(0, str(ROOT))

from scripts._generated import write_or_check  # noqa: E402

SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
WHERE: Final = '{instance=~"$instance"}'
HEIGHT: Final = 8
WIDTHS: Final = {"stat": 3, "timeseries": 8}
COLUMNS: Final = 24

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class Panel(NamedTuple):
    """One panel: its title, the kind and unit of its numbers, and queries with the names of their lines."""

    title: str
    kind: str
    unit: str
    queries: Sequence[tuple[str, str]]


def _rate(metric: str, by: str = "", where: str = "") -> str:
    labels = f'{{instance=~"$instance"{where}}}'
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric}{labels}[$__rate_interval]))"


def _quantile(metric: str, part: float) -> str:
    return f"histogram_quantile({part}, {_rate(f'{metric}_bucket', 'le')})"


def _latency(title: str, metric: str) -> Panel:
    queries = [(_quantile(metric, part), f"p{part * 100:g}") for part in (0.5, 0.9, 0.99)]
    return Panel(title, "timeseries", "s", queries)


PANELS: Final = (
    Panel("Ready", "stat", "none", [(f"min(securechat_ready{WHERE})", "ready")]),
    Panel("Sessions", "stat", "none", [(f"sum(securechat_sessions{WHERE})", "sessions")]),
    Panel("Messages", "stat", "ops", [(_rate("securechat_messages_total"), "messages")]),
    Panel("Hub silent for", "stat", "s", [(f"max(securechat_hub_silence_seconds{WHERE})", "silent")]),
    Panel(
        "Certificate ends in",
        "stat",
        "s",
        [(f"min(securechat_certificate_expiry_timestamp_seconds{WHERE}) - time()", "ends in")],
    ),
    Panel("Disk free", "stat", "bytes", [(f"min(securechat_disk_free_bytes{WHERE})", "free")]),
    Panel(
        "Last backup",
        "stat",
        "s",
        [(f"time() - min(securechat_last_backup_timestamp_seconds{WHERE})", "ago")],
    ),
    Panel("Version", "stat", "none", [(f"count by (version) (securechat_build_info{WHERE})", "{{version}}")]),
    Panel(
        "Not ready, by reason",
        "timeseries",
        "none",
        [(f"max by (reason) (securechat_not_ready{WHERE})", "{{reason}}")],
    ),
    Panel(
        "Connections",
        "timeseries",
        "none",
        [
            (f"sum(securechat_connections{WHERE})", "all"),
            (f"sum(securechat_sessions{WHERE})", "logged in"),
            (f"sum(securechat_connections_unauthenticated{WHERE})", "without a login"),
        ],
    ),
    Panel(
        "Traffic",
        "timeseries",
        "ops",
        [
            (_rate("securechat_lines_total"), "lines from clients"),
            (_rate("securechat_messages_total"), "messages stored"),
        ],
    ),
    Panel(
        "Refused, by the limit that was met",
        "timeseries",
        "ops",
        [(_rate("securechat_refusals_total", "reason"), "{{reason}}")],
    ),
    Panel(
        "Logins, by how they ended",
        "timeseries",
        "ops",
        [(_rate("securechat_logins_total", "result"), "{{result}}")],
    ),
    Panel(
        "Refused before the login",
        "timeseries",
        "ops",
        [
            (_rate("securechat_connections_refused_total"), "connections"),
            (_rate("securechat_handshakes_failed_total"), "TLS handshakes"),
        ],
    ),
    _latency("Delivery", "securechat_delivery_seconds"),
    _latency("Commit", "securechat_commit_seconds"),
    _latency("Turn of the hub", "securechat_turn_seconds"),
    _latency("Wait for argon2", "securechat_password_wait_seconds"),
    _latency("Wait for a reader of the database", "securechat_query_wait_seconds"),
    Panel(
        "Jobs that wait",
        "timeseries",
        "none",
        [
            (f"sum(securechat_password_jobs_waiting{WHERE})", "passwords"),
            (f"sum(securechat_queries_waiting{WHERE})", "queries"),
            (f"sum(securechat_inbox_items{WHERE})", "items for the hub"),
        ],
    ),
    Panel(
        "What waits in memory",
        "timeseries",
        "bytes",
        [(f"sum by (queue) (securechat_queue_bytes{WHERE})", "{{queue}}")],
    ),
    Panel(
        "Bytes",
        "timeseries",
        "Bps",
        [
            (_rate("securechat_received_bytes_total"), "from clients"),
            (_rate("securechat_queued_bytes_total"), "for clients"),
        ],
    ),
    Panel(
        "Database",
        "timeseries",
        "bytes",
        [
            (f"sum(securechat_database_bytes{WHERE})", "file"),
            (f"sum(securechat_database_log_bytes{WHERE})", "log"),
        ],
    ),
    Panel(
        "Readers of the database",
        "timeseries",
        "none",
        [
            (f"sum(securechat_readers_working{WHERE})", "working"),
            (_rate("securechat_queries_failed_total"), "failed queries/s"),
            (_rate("securechat_queries_refused_total"), "refused queries/s"),
        ],
    ),
    Panel("Processor", "timeseries", "percentunit", [(_rate("process_cpu_seconds_total"), "of one core")]),
    Panel(
        "Memory",
        "timeseries",
        "bytes",
        [(f"sum(process_resident_memory_bytes{WHERE})", "resident")],
    ),
    Panel(
        "Open files",
        "timeseries",
        "none",
        [
            (f"sum(process_open_fds{WHERE})", "open"),
            (f"sum(process_max_fds{WHERE})", "most"),
        ],
    ),
)


def dashboard() -> Json:
    """Return the dashboard as Grafana imports it: it asks for the data source."""
    return {
        "title": "securechat",
        "uid": "securechat",
        "tags": ["securechat"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "15s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "templating": {"list": [_data_source(), _instance()]},
        "panels": list(_panels()),
    }


def _data_source() -> Json:
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}


def _instance() -> Json:
    query = "label_values(securechat_build_info, instance)"
    return {
        "name": "instance",
        "label": "Server",
        "type": "query",
        "datasource": {**SOURCE},
        "query": {"query": query, "refId": "instances"},
        "definition": query,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "current": {"text": "All", "value": "$__all"},
    }


def _panels() -> Iterator[Json]:
    """Side by side, as many as fit, and then the next row."""
    x = y = 0
    height = 0
    for number, panel in enumerate(PANELS, 1):
        width = WIDTHS[panel.kind]
        if x + width > COLUMNS:
            x, y = 0, y + height
        height = HEIGHT // 2 if panel.kind == "stat" else HEIGHT
        yield {
            "id": number,
            "title": panel.title,
            "type": panel.kind,
            "datasource": {**SOURCE},
            "gridPos": {"x": x, "y": y, "w": width, "h": height},
            "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
            "options": _options(panel.kind),
            "targets": list(_targets(panel)),
        }
        x += width


def _options(kind: str) -> Json:
    if kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}


def _targets(panel: Panel) -> Iterator[Json]:
    for letter, (query, name) in zip("ABCDEFGH", panel.queries, strict=False):
        yield {"refId": letter, "datasource": {**SOURCE}, "expr": query, "legendFormat": name}


def updated(document: str) -> str:
    """Return the file's content, whatever it was."""
    return json.dumps(dashboard(), indent=2) + "\n"


if __name__ == "__main__":
    raise SystemExit(write_or_check(FILE, updated))
