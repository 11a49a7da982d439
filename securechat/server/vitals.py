"""What a running server tells of itself: counters, what waits, and how long things take.

Theory of operation. Everything here is read where it is counted, as plain values, without asking the hub or
any other thread: what tells of a server that is stuck must not wait for it. `status`, the metrics and the
health checks have the same row, so each thing is counted in one place.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from securechat.chat.memory import LINES, SENDQS
from securechat.chat.requests import Value
from securechat.server.admission import Admission
from securechat.server.hub import Hub
from securechat.server.inbox import Inbox
from securechat.server.listener import Listener
from securechat.server.measuring import Distribution, together
from securechat.server.readers import QueryReader, state_of
from securechat.server.worker import Worker

State = Literal["starting", "running", "stopping"]
Row = dict[str, Value]


class Vitals:
    """Reads the parts of a server. Any thread may call; `state` and `listeners` are the main thread's.

    `facts` is what others say of the server besides.
    """

    def __init__(
        self,
        hub: Hub,
        inbox: Inbox,
        admission: Admission,
        workers: Sequence[Worker],
        readers: Sequence[QueryReader],
        facts: Callable[[], Mapping[str, Value]],
    ) -> None:
        self.state: State = "starting"
        self.listeners: Sequence[Listener] = ()
        self._hub = hub
        self._inbox = inbox
        self._admission = admission
        self._workers = workers
        self._readers = readers
        self._facts = facts
        self._started = time.monotonic()

    def row(self) -> Row:
        """Return every counter and state, by GROUP.NAME or NAME."""
        hub, now = self._hub, time.monotonic()
        return {
            "state": self.state,
            "uptime": int(now - self._started),
            **self._connections(),
            "sessions": hub.sessions,
            "messages": hub.messages,
            "turns": hub.turns,
            "biggest_batch": hub.biggest_batch,
            "inbox": len(self._inbox),
            **{f"refusals.{limit}": times for limit, times in self._admission.refusals.items()},
            "refusals.sendq": hub.delivery.overflows,
            SENDQS.counter: hub.delivery.queued,
            LINES.counter: sum(worker.burden.waiting for worker in self._workers),
            "busiest": hub.busiest(),
            "hub_silent_ms": self._silence(now),
            "store_problem": hub.pulse.store_problem,
            **self._jobs(),
            **state_of(self._readers, now),
            **self._facts(),
            **hub.counts(),
            **{f"latency.{name}_ms": value for name, value in self._latencies().items()},
        }

    def distributions(self) -> Mapping[str, Distribution]:
        """Return how long things took, in seconds, by name."""
        jobs, pulse = self._hub.jobs, self._hub.pulse
        return {
            "turn": pulse.turns.read(),
            "commit": pulse.commits.read(),
            "delivery": together(worker.lag.times.read() for worker in self._workers),
            "password_wait": jobs.passwords.waits.read(),
            "query_wait": jobs.queries.waits.read(),
        }

    def _connections(self) -> Row:
        admission, workers = self._admission, self._workers
        return {
            "connections": admission.total,
            "connections_most": admission.limits.max_connections,
            "unauthenticated": admission.unauthenticated,
            "refused": admission.refused + sum(listener.refused for listener in self.listeners),
            "handshakes_failed": sum(worker.failures for worker in workers),
            "lines": sum(worker.burden.lines for worker in workers),
            "bytes_received": sum(worker.burden.received for worker in workers),
            "bytes_queued": self._hub.delivery.counted,
        }

    def _silence(self, now: float) -> int | None:
        """How long ago the hub was seen last, in milliseconds; it has something to do every second."""
        turned = self._hub.pulse.turned
        return int((now - turned) * 1000) if turned else None

    def _jobs(self) -> Row:
        jobs = self._hub.jobs
        return {
            "password_jobs": jobs.passwords.done,
            "password_jobs_refused": jobs.passwords.refused,
            "password_jobs_waiting": jobs.passwords.waiting,
            "queries": jobs.queries.done,
            "queries_refused": jobs.queries.refused,
            "queries_failed": jobs.queries.failed,
            "queries_waiting": jobs.queries.waiting,
        }

    def _latencies(self) -> Mapping[str, int]:
        """Below how many milliseconds 99 of 100 were, since the start; for people."""
        found = self.distributions()
        return {f"{name}_p99": round(found[name].quantile(0.99) * 1000) for name in ("commit", "delivery")}
