"""Connections that a trusted proxy hands on: they begin with a header that says whose they are.

Theory of operation. Behind a proxy everybody would be one source. So connections from `server.proxies` have
to begin with a PROXY header, and count for the address that it says from then on; nobody else's header is
looked at, and fails as TLS. The header is read from the plain socket before there is any state of TLS, and to
its last byte and no further. The deadline is that of the handshake.
"""

import socket

from securechat.server.admission import Admission
from securechat.server.connection import Connection
from securechat.server.proxy import BadHeader
from securechat.server.transport import Broken


def introduce(conn: Connection, admission: Admission, now: float) -> bool:
    """Read what has come of a proxy's header; True when it is there and TLS may begin. The worker's thread.

    Raises Broken, with no text when the peer came and went, and Refusal when its source has too many already.
    """
    plain, header = conn.plain, conn.header
    assert plain is not None and header is not None, "it has not been introduced yet"
    try:
        while header.wanted:
            data = plain.recv(header.wanted)
            if not data:
                raise Broken("it ended within its PROXY header" if header.begun else "")
            header.feed(data)
        conn.header = None
        if header.address is not None:
            conn.address = str(header.address)
            admission.identify(conn.ticket, header.address, now)
        # A proxy that only looks whether we are here says nothing more, and costs no state of TLS.
        if not plain.recv(1, socket.MSG_PEEK):
            raise Broken("")
    except BlockingIOError:
        return False
    except BadHeader as problem:
        raise Broken(str(problem)) from problem
    except OSError as error:
        raise Broken(error.strerror or str(error)) from error
    return True
