"""Telling the service manager about the server's state: the sd_notify(3) protocol, which is one datagram."""

import logging
import socket
import time
from collections.abc import Mapping
from typing import Final

log: Final = logging.getLogger("securechat.server")


def is_watched(environment: Mapping[str, str], pid: int) -> bool:
    """Return whether the service manager has a watchdog for the process `pid`: sd_watchdog_enabled(3)."""
    period = environment.get("WATCHDOG_USEC", "")
    mine = environment.get("WATCHDOG_PID", str(pid)) == str(pid)
    return mine and period.isascii() and period.isdigit() and int(period) > 0


class Notifier:
    """Sends to the socket that `NOTIFY_SOCKET` named; with None nobody is told. Any thread may call."""

    def __init__(self, address: str | None) -> None:
        # "@" stands for the NUL byte of an abstract socket (sd_notify(3), "Notes").
        self._address = "\0" + address[1:] if address is not None and address.startswith("@") else address

    def ready(self) -> None:
        """The server accepts connections, or has finished reloading."""
        self._send("READY=1")

    def reloading(self) -> None:
        """The server has begun to reload its configuration."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def alive(self) -> None:
        """The server does what it is there for; without a call for long the manager ends it."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The server has begun to stop."""
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                sock.connect(self._address)
                sock.send(state.encode())
        except OSError as error:
            log.warning("the service manager could not be told %s: %s", state[:9], error.strerror)
