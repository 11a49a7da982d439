"""What reading a connection may cost: processor time and bytes that become no lines.

Theory of operation. Lines pay for themselves; how many of them somebody may send is for the chat to say
(flood control). What costs and is no line (KeyUpdates, records of one byte, a line that never ends) is
counted here. Before the login all bytes count, too.
"""

from typing import Final

from securechat.server.connection import Connection
from securechat.server.moment import Moment
from securechat.server.transport import FRUITLESS

LINE_CPU: Final = 0.0002
"""CPU seconds that reading one line may cost; it costs a fifth of that."""
FORGIVEN: Final = 0.02
"""CPU seconds of the wasted ones that are forgiven in each second."""


def charge(conn: Connection, moment: Moment, received: int, lines: int, cpu: float) -> str:
    """Charge a connection for a turn of reading; return why it has to end, "" when it may go on.

    `received` is in bytes. `cpu` seconds above what the `lines` are worth are wasted: a KeyUpdate costs as
    much as several lines.
    """
    limits, now = moment.limits, moment.now
    excess = cpu - lines * LINE_CPU
    if excess > 0:
        forgiven = (now - conn.charged) * FORGIVEN
        conn.wasted = max(0.0, conn.wasted - forgiven) + excess
        conn.charged = now
    wasted_cpu = limits.wasted_cpu
    conn.received += received
    reason = ""
    if conn.stranger:
        wasted_cpu = limits.wasted_before_login
        if conn.received > limits.bytes_before_login:
            reason = "Too much input before the login"
    if conn.fruitless > limits.fruitless_reads or conn.wasted > wasted_cpu:
        reason = FRUITLESS
    return reason
