"""A server that is not there, and what it tells of itself."""

from securechat.app.metrics import DURATIONS, KNOWN
from securechat.chat.core import Core
from securechat.chat.ports import Snapshot
from securechat.chat.settings import Settings
from securechat.server.measuring import Distribution
from securechat.server.vitals import Row


class FakeVitals:
    """A server with every counter that there is."""

    def __init__(self) -> None:
        core = Core(Settings("chat.test", "net", "1"), Snapshot((), (), frozenset(), 0))
        self.values: Row = {
            **dict.fromkeys([one.source for one in KNOWN if "*" not in one.source], 7),
            **core.counts(),
            "last_backup": 1_795_000_000_000,
            "memory.sendqs": 1,
            "memory.lines": 2,
            "memory_limit": 64 << 20,
            "state": "running",
            "hub_silent_ms": 1500,
            "store_problem": None,
            "readers_problem": None,
            "busiest": "mallory 87%",
            "disk_low": False,
            "connections_most": 100,
            "certificate.ends": "2027-02-25T15:32:48+00:00",
            "certificate.state": "good",
        }

    def row(self) -> Row:
        return self.values

    def distributions(self) -> dict[str, Distribution]:
        return dict.fromkeys(DURATIONS, Distribution((0.5, 1.0), (3, 2, 1), 4.5))
