"""From the first byte of a connection to lines in the hub's inbox."""

import select
import socket
import ssl
import struct
from collections.abc import Callable

import pytest

from securechat.chat.items import Connected, Disconnected, Received
from securechat.irc.framing import Rejected, RejectReason
from securechat.irc.message import Message
from securechat.server.connection import State
from securechat.server.limits import Limits
from securechat.server.transport import Tls
from tests.transport.rig import Rig, state

MakeRig = Callable[..., Rig]


def received(rig: Rig) -> list[Message | Rejected]:
    """All lines that the core got."""
    return [line for item in rig.core.items if isinstance(item, Received) for line in item.lines]


def test_handshake_makes_a_connection_known(rig: Rig) -> None:
    """The chat hears of a connection after its TLS handshake, with the address in its canonical form."""
    _, conn = rig.connect()
    assert rig.core.items == [Connected(conn, "192.0.2.1")]
    assert state(conn) is State.OPEN


def test_a_silent_connection_costs_no_tls_state(rig: Rig) -> None:
    """A connection that sends nothing is unknown to the chat and has no TLS state."""
    _, conn = rig.pair(speaking=False)
    rig.settle()
    assert state(conn) is State.SILENT
    assert conn.transport is None
    assert rig.core.items == []


def test_lines_that_come_with_the_end_of_the_handshake_are_read(rig: Rig) -> None:
    """Lines in the same packet as the client's Finished are not left lying: no event announces them."""
    peer, conn = rig.pair()
    peer.step()
    while state(conn) is not State.GREETING:
        rig.worker.run_once(0)
    peer.receive()
    peer.handshake()
    assert peer.ready
    peer.send(b"ECHO :hello\r\n")  # one write: Finished and the line
    peer.reading = True
    rig.until(lambda: peer.lines == ["hello"])
    assert conn.posted == 1


def test_byte_at_a_time(rig: Rig) -> None:
    """A line whose every byte is a TLS record of its own is the same line."""
    peer, _ = rig.connect()
    for byte in b"ECHO :one two\r\n":
        peer.send(bytes([byte]))
        rig.step()
    rig.until(lambda: peer.lines == ["one two"])


def test_several_lines_in_one_record_are_one_item(rig: Rig) -> None:
    """What is read together is handed over together, in order."""
    peer, _ = rig.connect()
    peer.send(b"ECHO :1\r\nECHO :2\r\nECHO :3\r\n")
    rig.until(lambda: peer.lines == ["1", "2", "3"])
    assert sum(isinstance(item, Received) for item in rig.core.items) == 1


def test_a_line_of_100_kb_is_answered_once_and_nothing_is_held(rig: Rig) -> None:
    """An endless line is rejected once; its bytes are not kept, and the next line is read."""
    peer, conn = rig.connect("alice")
    peer.send(b"x" * 100_000 + b"\r\nECHO :after\r\n")
    rig.until(lambda: "after" in peer.lines)
    assert peer.lines == ["REJECTED :too long", "after"]
    assert conn.framer is not None and conn.framer.pending == 0


def test_the_end_of_the_stream_comes_after_its_lines(rig: Rig) -> None:
    """Lines that were sent before the connection was closed are handed over before its end."""
    peer, conn = rig.connect()
    peer.send(b"NICK a\r\n")
    peer.close()
    rig.settle()
    assert rig.core.items[-2:] == [
        Received(conn, [Message("NICK", ("a",))]),
        Disconnected(conn, "Connection closed"),
    ]
    assert conn.closed and state(conn) is State.GONE
    assert conn.slot == -1  # nothing holds it any more


def test_close_notify_is_an_end(rig: Rig) -> None:
    """A peer that says goodbye in TLS is gone, though its socket is still open."""
    peer, conn = rig.connect()
    with pytest.raises(ssl.SSLWantReadError):
        peer.tls.unwrap()
    peer.step()
    rig.settle()
    assert rig.core.items[-1] == Disconnected(conn, "Connection closed")


@pytest.mark.parametrize(
    "opening", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"NICK a\r\n", b"\0" * 100]
)
def test_a_peer_that_does_not_speak_tls(rig: Rig, caplog: pytest.LogCaptureFixture, opening: bytes) -> None:
    """HTTP, SSH, plain IRC and noise end without the chat hearing of it, and with one line in the log."""
    caplog.set_level("INFO")
    peer, conn = rig.pair(speaking=False)
    peer.send_raw(opening)
    rig.until(lambda: state(conn) is State.GONE)
    assert rig.core.items == []
    (record,) = caplog.records
    assert "192.0.2.1 TLS handshake failed: it " in record.getMessage()
    assert record.exc_info is None
    assert rig.worker.failures == 1


def test_plaintext_and_close_is_never_read_as_a_line(rig: Rig) -> None:
    """Bytes sent before a handshake and followed by the end of the stream do not reach the chat
    (CVE-2023-40217).
    """
    peer, conn = rig.pair(speaking=False)
    peer.sock.send(b"NICK a\r\nUSER a\r\n")
    peer.close()
    rig.settle()
    assert state(conn) is State.GONE
    assert rig.core.items == []


def test_an_old_tls_version_is_refused(
    rig: Rig, client_tls: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that can do TLS 1.2 only gets no connection."""
    caplog.set_level("INFO")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    rig.client_tls = old
    peer, conn = rig.pair()
    peer.step()
    rig.until(lambda: state(conn) is State.GONE)
    assert not peer.ready
    assert "its TLS version is too old" in caplog.text


def test_a_new_context_is_for_new_connections(rig: Rig, server_tls: ssl.SSLContext) -> None:
    """After a swap the old connections go on, and new ones use the new context."""
    old, _ = rig.connect()
    other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # has no certificate: its handshakes fail
    rig.tls.current = other
    peer, conn = rig.pair()
    peer.step()
    rig.until(lambda: state(conn) is State.GONE)
    old.send(b"ECHO :still here\r\n")
    rig.until(lambda: old.lines == ["still here"])
    assert isinstance(rig.tls, Tls)


def test_connections_take_turns(rig: Rig) -> None:
    """A connection with a lot to read gives way after 64 KiB: another one's line comes in the same pass."""
    loud, loud_conn = rig.connect("loud")
    quiet, quiet_conn = rig.connect("quiet")
    rig.thinking = False
    for _ in range(20):
        loud.send(b"ECHO :%s\r\n" % (b"x" * 490) * 16)
    quiet.send(b"ECHO :hello\r\n")
    rig.worker.run_once(0)
    batch = rig.inbox.take(0, 1_000_000)
    links = [item.link for item in batch if isinstance(item, Received)]
    assert links == [loud_conn, quiet_conn]
    assert 64 * 1024 <= 500 * loud_conn.posted < 64 * 1024 + 3 * 16 * 1024


class Kernel:
    """An epoll that reports nothing and notes how long it may wait."""

    def __init__(self) -> None:
        self.timeouts: list[float] = []

    def poll(self, timeout: float, most: int) -> list[tuple[int, int]]:
        self.timeouts.append(timeout)
        return []


def test_the_worker_waits_only_when_there_is_nothing_to_do(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a connection still to be read the kernel is asked without waiting."""
    peer, conn = rig.connect("alice")
    rig.thinking = False
    for _ in range(8):
        peer.send(b"ECHO :%s\r\n" % (b"x" * 490) * 20)
    rig.worker.run_once(0)
    kernel = Kernel()
    monkeypatch.setattr(rig.worker, "_epoll", kernel)
    before = conn.posted
    for _ in range(3):
        rig.worker.run_once(60)
    monkeypatch.undo()
    assert kernel.timeouts == [0, 60, 60]
    assert conn.posted > before


def test_an_internal_error_costs_one_connection(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """A mistake of ours while one connection is served closes that connection, is logged, and the worker goes
    on.
    """
    victim, conn = rig.connect("victim")
    other, _ = rig.connect("other")
    conn.framer = None
    victim.send(b"ECHO :x\r\n")
    rig.until(lambda: victim.ended)
    assert rig.core.items[-1] == Disconnected(conn, "Internal error")
    assert caplog.records[-1].exc_info is not None
    other.send(b"ECHO :fine\r\n")
    rig.until(lambda: other.lines == ["fine"])


def test_the_handshake_is_acknowledged_at_once(rig: Rig) -> None:
    """The kernel does not delay the acknowledgement that the client's first line may wait for."""
    _, conn = rig.connect_by_tcp()
    assert conn.transport is not None
    assert conn.transport._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK) == 1


def test_how_long_the_peer_has_confirmed_nothing(rig: Rig) -> None:
    """It is the time since the last acknowledgement in seconds, and nothing for what is no TCP connection."""
    _, tcp = rig.connect_by_tcp()
    _, pair = rig.connect()
    assert tcp.transport is not None and pair.transport is not None
    assert 0 <= tcp.transport.unconfirmed() < 10  # other fields there are ports, sizes and microseconds
    assert pair.transport.unconfirmed() == 0


def test_a_reset_ends_the_connection(rig: Rig) -> None:
    """A TCP reset is the end of the connection."""
    peer, conn = rig.connect_by_tcp()
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    select.select([conn.fd], [], [], 10)
    rig.until(lambda: state(conn) is State.GONE)
    # Python 3.13 tells a reset from an end without close_notify.
    ends = [Disconnected(conn, reason) for reason in ("Connection closed", "Connection reset")]
    assert rig.core.items[-1] in ends


def test_rejected_lines_are_lines(rig: Rig) -> None:
    """What the framer refuses is handed over in its place among the lines."""
    peer, _ = rig.connect()
    peer.send(b"NICK a\r\n\xff\r\nNICK b\r\n")
    rig.settle()
    kinds = [line.reason if isinstance(line, Rejected) else line.command for line in received(rig)]
    assert kinds == ["NICK", RejectReason.NOT_UTF8, "NICK"]


def test_limits_can_change_while_it_runs(rig: Rig) -> None:
    """A reload's limits hold from the next pass on."""
    peer, conn = rig.connect()
    rig.worker.reconfigure(Limits(bytes_before_login=10))
    peer.send(b"NICK alice\r\n")
    rig.until(lambda: peer.ended)
    assert conn.closed
