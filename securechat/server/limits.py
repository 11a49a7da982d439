"""Every bound and deadline of the transport, in one value that a reload replaces as a whole."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from securechat.chat.memory import LINES, SENDQS, USUAL


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds and deadlines. Times are in seconds, sizes in bytes; 0 switches a per-source limit off.

    `exempt` networks know no per-source limits, and `proxies` say who their peers are. The fields of the
    second block are read once, at the start.
    """

    handshake: float = 10.0
    """From accept to the end of the TLS handshake."""
    login: float = 30.0
    """From accept to the login."""
    ping_after: float = 90.0
    """Silence after which the server asks for a sign of life."""
    gone_after: float = 150.0
    """Silence after which the peer is taken for gone."""
    stall: float = 30.0
    """How long queued output may wait for a peer that takes none of it."""
    closing: float = 5.0
    """How long the last lines of a connection that is being closed may take to leave."""
    lingering: float = 2.0
    """How long a closed connection is kept so that the peer can read those lines before the reset."""
    sendq: int = 1 << 20
    sendqs_in_all: int = SENDQS.bound(USUAL)
    """What may wait for all peers together."""
    bytes_before_login: int = 16 * 1024
    unhandled_lines: int = 256
    """Lines of one connection that the chat has not handled yet, above which it is not read; half lets it go
    on."""
    unhandled_bytes: int = 256 * 1024
    """What these lines may take in memory; half lets it go on."""
    unhandled_of_account: int = 2 << 20
    """What such lines of all sessions of an account may take in memory. Above it, each may have a
    `modest_share`."""
    unhandled_in_all: int = LINES.bound(USUAL)
    """The same of all connections of a worker."""
    modest_share: int = LINES.modest
    fruitless_reads: int = 5_000
    """Reads since the last complete line: more than the longest line sent byte by byte needs."""
    wasted_cpu: float = 0.5
    """CPU seconds spent on input that is no lines; a fiftieth of a second is forgiven each second."""
    wasted_before_login: float = 0.05
    """The same before the login."""
    connections_per_source: int = 16
    connections_window: int = 32
    window: float = 600.0
    exempt: tuple[IPv4Network | IPv6Network, ...] = ()
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    max_unauthenticated: int = 4_096
    max_connections: int = 16_384

    inbox: int = 16_384
    """Items that wait for the hub, above which workers stop reading from connections with unhandled lines."""
    slots: int = 2
    """Password hashes at the same time."""
    query_threads: int = 2
    query_queue: int = 16_384
    """Queries that wait: as many as there can be sessions, since each waits for one. Accounts take turns."""
    query_wait: float = 10.0
    stopping: float = 3.0
    """How long connections may take to end when the server stops."""
