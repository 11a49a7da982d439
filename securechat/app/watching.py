"""The pages for programs that watch a server: metrics, whether it lives, whether it is ready."""

import json
import logging
from http import HTTPStatus
from threading import Thread
from typing import TYPE_CHECKING, Final

from securechat.app.checks import parse_watched
from securechat.app.health import ALIVE, Reason, reasons
from securechat.server.probes import Page, Pages, Probes
from securechat.server.signals import leave_to_others

if TYPE_CHECKING:
    from securechat.app.metrics import Told

_log: Final = logging.getLogger("securechat.metrics")


class Watching:
    """Serves the pages where the configuration says, in a thread of its own. One thread calls at a time."""

    def __init__(self, vitals: "Told") -> None:
        self._vitals = vitals
        self._address = ""
        self._running: tuple[Probes, Thread] | None = None

    @property
    def address(self) -> tuple[str, int] | None:
        """Where they are served."""
        return self._running[0].address if self._running is not None else None

    def use(self, address: str) -> None:
        """Serve at this address from now on ("" is nowhere). Raises OSError, and goes on as before then."""
        if address == self._address:
            return
        probes = Probes(parse_watched(address), self._pages()) if address else None
        self.stop()
        self._address = address
        if probes is not None:
            thread = Thread(target=_serve, args=(probes,), name="metrics")
            thread.start()
            self._running = probes, thread
            _log.info("metrics on %s port %d, for whoever can connect there", *probes.address)

    def stop(self) -> None:
        """Serve no more."""
        if self._running is not None:
            probes, thread = self._running
            probes.stop()
            thread.join()
        self._running, self._address = None, ""

    def _pages(self) -> Pages:
        from securechat.app.metrics import page_of  # here, since who is not watched does without the library

        return {"/metrics": page_of(self._vitals), "/healthz": self._alive, "/readyz": self._ready}

    def _alive(self, accept: str) -> Page:
        found = reasons(self._vitals.row())
        return _verdict("alive", [one for one in found if one.code in ALIVE])

    def _ready(self, accept: str) -> Page:
        return _verdict("ready", reasons(self._vitals.row()))


def _serve(probes: Probes) -> None:
    leave_to_others()
    probes.run()


def _verdict(word: str, against: list[Reason]) -> Page:
    status = HTTPStatus.SERVICE_UNAVAILABLE if against else HTTPStatus.OK
    why = [{"code": one.code, "text": one.text} for one in against]
    content = json.dumps({word: not against, "reasons": why})
    return Page(status, "application/json", content.encode() + b"\n")
