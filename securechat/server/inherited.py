"""Listening sockets that the service manager has opened and handed over: the protocol of sd_listen_fds(3).

They stay open in the manager while the server is started anew, so nobody who connects meanwhile is refused:
the connection waits in the kernel's queue for the next server.
"""

import errno
import os
import socket
from collections.abc import Mapping
from typing import Final

from securechat.server.listener import set_up

FIRST: Final = 3
"""The descriptor of the first socket; the others follow it."""


def inherited(environment: Mapping[str, str], pid: int) -> list[socket.socket]:
    """Return the sockets that were handed over to the process `pid`, which is this one; none is usual.

    Called once, since the descriptors belong to what is returned. Raises OSError, whose text says which one
    cannot be used.
    """
    if environment.get("LISTEN_PID") != str(pid):
        return []  # they were for a process that has started this one, or there are none
    number = environment.get("LISTEN_FDS", "")
    if not (number.isascii() and number.isdigit()):
        return []
    return [_taken(descriptor) for descriptor in range(FIRST, FIRST + int(number))]


def _taken(descriptor: int) -> socket.socket:
    try:
        sock = socket.socket(fileno=descriptor)
    except OSError as error:
        text = f"descriptor {descriptor}, which the service manager has handed over, is no socket"
        raise OSError(error.errno, text) from error
    os.set_inheritable(descriptor, False)
    listens = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or not listens:
        sock.close()
        text = (
            f"descriptor {descriptor}, which the service manager has handed over, does not listen for TCP: "
            "use ListenStream with a port"
        )
        raise OSError(errno.EINVAL, text)
    set_up(sock)
    return sock
