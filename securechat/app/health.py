"""Whether a server lives, and whether it takes logins and messages: from what it says of itself.

Theory of operation. Both are found in the row that `status` has (`server.vitals`), which is read without
asking the hub: a hub that is stuck is noticed by how long ago it was seen last, and nobody waits for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

STUCK_MS: Final = 10_000
"""The hub has something to do every second; it may wait 5 s for a database that somebody keeps locked."""

Row = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a server is not well: `code` for programs, `text` for people."""

    code: str
    text: str


ALIVE: Final = ("stuck",)
"""What makes a server useless until it is started anew."""
CODES: Final = (*ALIVE, "state", "store", "readers", "disk", "certificate", "places")
"""Everything that can keep it from being ready."""


def reasons(row: Row) -> list[Reason]:
    """Return why a server is not ready; nothing when it is."""
    found = {
        "stuck": _stuck(row),
        "state": f"the server is {row['state']}" if row["state"] != "running" else "",
        "store": f"nothing can be stored: {row['store_problem']}" if row["store_problem"] else "",
        "readers": _readers(row),
        "disk": "less is free on the disk than storage.reserve" if row.get("disk_low") else "",
        "certificate": _certificate(row),
        "places": _places(row),
    }
    return [Reason(code, found[code]) for code in CODES if found[code]]


def _stuck(row: Row) -> str:
    silent = row["hub_silent_ms"]
    if not isinstance(silent, int) or silent < STUCK_MS:
        return ""
    return f"the hub has done nothing for {silent // 1000} s, where it does something every second"


def _readers(row: Row) -> str:
    working, readers = row["readers_working"], row["readers"]
    if working == readers:
        return ""
    return f"{working} of {readers} readers of the database work: {row['readers_problem']}"


def _certificate(row: Row) -> str:
    state = row.get("certificate.state")
    return f"the certificate in use is {state}" if state in ("expired", "not valid yet") else ""


def _places(row: Row) -> str:
    total, most = row["connections"], row["connections_most"]
    full = isinstance(total, int) and isinstance(most, int) and total >= most
    return f"all {most} places are taken (limits.connections)" if full else ""
