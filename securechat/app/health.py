"""Whether a server lives, and whether it takes logins and messages: from what it says of itself.

Theory of operation. Both are found in the row that `status` has (`server.vitals`), which is read without
asking the hub: a hub that is stuck is noticed by how long ago it was seen last, and nobody waits for it. What
is not in the row is no reason: the row may be one of an older server.
"""

from dataclasses import dataclass
from typing import Final

from securechat.chat.requests import Row

STUCK_MS: Final = 10_000
"""The hub has something to do every second; it may wait 5 s for a database that somebody keeps locked."""


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
        "state": _state(row),
        "store": f"nothing can be stored: {row['store_problem']}" if row.get("store_problem") else "",
        "readers": _readers(row),
        "disk": "less is free on the disk than storage.reserve" if row.get("disk_low") else "",
        "certificate": _certificate(row),
        "places": _places(row),
    }
    return [Reason(code, found[code]) for code in CODES if found[code]]


def _state(row: Row) -> str:
    state = row.get("state", "running")
    return "" if state == "running" else f"the server is {state}"


def _stuck(row: Row) -> str:
    silent = row.get("hub_silent_ms")
    if not isinstance(silent, int) or silent < STUCK_MS:
        return ""
    return f"the hub has done nothing for {silent // 1000} s, where it does something every second"


def _readers(row: Row) -> str:
    working, readers = row.get("readers_working"), row.get("readers")
    if working == readers:
        return ""
    return f"{working} of {readers} readers of the database work: {row.get('readers_problem')}"


def _certificate(row: Row) -> str:
    state = row.get("certificate.state")
    return f"the certificate in use is {state}" if state in ("expired", "not valid yet") else ""


def _places(row: Row) -> str:
    total, most = row.get("connections"), row.get("connections_most")
    full = isinstance(total, int) and isinstance(most, int) and total >= most
    return f"all {most} places are taken (limits.connections)" if full else ""
