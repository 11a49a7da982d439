"""Connections that a trusted proxy hands on, from the header to the end."""

import logging
from dataclasses import replace
from ipaddress import ip_address
from random import Random

import pytest

from securechat.chat.items import Connected
from securechat.server.connection import Connection, State
from tests.transport.conftest import UNLIMITED
from tests.transport.rig import Peer, Rig, state
from tests.transport.test_proxy_header import header, pair

PROXY = "10.0.0.5"


def through(rig: Rig, data: bytes = b"", *, speaking: bool = False) -> tuple[Peer, Connection]:
    """A connection of the proxy, which sends `data` and, if `speaking`, TLS at once after it."""
    peer, conn = rig.pair(speaking=speaking, source=PROXY, proxy=True)
    peer.send_raw(data)
    return peer, conn


def of(source: str) -> bytes:
    """The header of a connection that comes from there."""
    return header(family=0x21 if ":" in source else 0x11, content=pair(source))


def test_the_chat_hears_the_peers_address(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """Header and TLS may come in one piece or byte by byte; the log and the chat know the peer only."""
    caplog.set_level(logging.INFO)
    peer, conn = through(rig, of("203.0.113.9"), speaking=True)
    rig.until(lambda: peer.ready and conn in rig.core.links)
    slow, other = through(rig)
    for byte in of("2001:db8::9"):
        slow.send_raw(bytes([byte]))
        rig.step()
        assert state(other) is State.SILENT
        assert other.transport is None, "there is no TLS before the header"
    slow.speaking = True
    rig.until(lambda: slow.ready and other in rig.core.links)
    assert [item.address for item in rig.core.items if isinstance(item, Connected)] == [
        "203.0.113.9",
        "2001:db8::9",
    ]
    assert caplog.messages == ["1 + 203.0.113.9 connected", "2 + 2001:db8::9 connected"]
    peer.send(b"PING x\r\n")
    rig.until(lambda: b"PONG" in peer.received)


def test_any_pieces(rig: Rig) -> None:
    """However the header and the handshake after it are cut, not a byte of TLS is lost."""
    for seed in range(10):
        chance = Random(seed)
        peer, conn = through(rig)
        data = of("203.0.113.9")
        while data:
            size = chance.randint(1, len(data))
            peer.send_raw(data[:size])
            data = data[size:]
            if chance.random() < 0.5:
                rig.step()
        peer.speaking = True
        rig.until(lambda peer=peer, conn=conn: peer.ready and conn in rig.core.links)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PROXY TCP4 203.0.113.9 192.0.2.1 1 2\r\n", "version 1: have the proxy send version 2"),
        (b"GET / HTTP/1.1\r\n\r\n", "sent no PROXY header"),
        (header(family=0x31, content=b"x" * 216), "no address of TCP"),
    ],
)
def test_a_bad_header_ends_it(rig: Rig, caplog: pytest.LogCaptureFixture, data: bytes, why: str) -> None:
    """The connection is closed at once, counted as a failed handshake, and the log says what to do."""
    caplog.set_level(logging.INFO)
    peer, conn = through(rig, data)
    rig.until(lambda: peer.ended)
    assert (conn.state, rig.worker.failures, rig.admission.total) == (State.GONE, 1, 0)
    assert f"1 ! {PROXY} gave no PROXY header: " in caplog.text
    assert why in caplog.text


def test_tls_without_a_header(rig: Rig) -> None:
    """Whoever is a proxy by its address cannot leave out the header."""
    peer, conn = through(rig, speaking=True)
    rig.until(lambda: peer.ended)
    assert conn.state is State.GONE
    assert rig.core.items == []


def test_a_header_of_somebody_else_is_not_looked_at(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """From an address that is no proxy's it is a TLS handshake that fails."""
    caplog.set_level(logging.INFO)
    peer, conn = rig.pair(speaking=False)
    peer.send_raw(of("203.0.113.9"))
    rig.until(lambda: peer.ended)
    assert conn.address == "192.0.2.1"
    assert "192.0.2.1 TLS handshake failed" in caplog.text
    assert "203.0.113.9" not in caplog.text


def test_the_deadline(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """A header has the time of the handshake, which does not begin anew after it."""
    caplog.set_level(logging.INFO)
    silent, _ = through(rig)
    half, _ = through(rig, of("203.0.113.9")[:20])
    late, conn = through(rig)
    rig.pass_time(rig.limits.handshake - 2)
    late.send_raw(of("203.0.113.9"))
    rig.step()
    assert conn.address == "203.0.113.9"
    rig.pass_time(3)
    rig.until(lambda: silent.ended and half.ended and late.ended)
    assert rig.admission.total == 0


def test_a_health_check_costs_nothing(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """A proxy that comes for itself is itself, and one that only looks leaves no line in the log."""
    caplog.set_level(logging.INFO)
    for data in (b"", header(0x20, 0, b""), of("203.0.113.9")):
        peer, conn = through(rig, data)
        rig.step()
        peer.close()
        rig.until(lambda conn=conn: conn.state is State.GONE)  # type: ignore[misc]
    assert (caplog.messages, rig.worker.failures, rig.admission.total) == ([], 0, 0)
    peer, conn = through(rig, header(0x20, 0, b""), speaking=True)
    rig.until(lambda: peer.ready and conn in rig.core.links)
    assert conn.address == PROXY


def test_everybody_behind_it_is_a_source_of_their_own(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """The limits count whom the header names, from then on, and a login takes them off again."""
    rig.admission.limits = replace(UNLIMITED, connections_per_source=2, connections_window=5)
    for number in range(6):
        through(rig, of(f"203.0.113.{number}"))
    first, conn = through(rig, of("198.51.100.1"), speaking=True)
    rig.until(lambda: first.ready and conn in rig.core.links)
    second, _ = through(rig, of("198.51.100.1"))
    rig.settle(3)
    assert (rig.admission.total, rig.admission.refused) == (8, 0)
    third, refused = through(rig, of("198.51.100.1"))
    rig.until(lambda: third.ended)
    assert (refused.state, rig.admission.total, rig.admission.refused) == (State.GONE, 8, 1)
    assert caplog.messages == [
        "198.51.100.1 refused: 2 of it wait for their login (limits.connections_per_source)"
    ]
    first.send(b"NICK a\r\nUSER a\r\n")
    rig.until(lambda: b" 001 " in first.received)
    fourth, there = through(rig, of("198.51.100.1"))
    rig.settle(3)
    assert not fourth.ended
    assert there.ticket.source is not None
    for peer in (second, fourth):
        peer.close()
    rig.settle(3)
    assert there.ticket.source.waiting == 0


def test_refusals_that_were_left_out_are_told_soon(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """One line a second, and how many there were besides when it is over."""
    rig.admission.limits = replace(UNLIMITED, connections_per_source=1)
    peers = [through(rig, of("198.51.100.1"))[0] for _ in range(4)]
    rig.until(lambda: all(peer.ended for peer in peers[1:]))
    assert len(caplog.messages) == 1
    rig.pass_time(1)
    assert caplog.messages[1:] == ["and 2 more like the last one"]


def test_one_that_made_room_is_not_counted(rig: Rig) -> None:
    """A connection that was thrown out before its header came counts for no source."""
    _, conn = through(rig)
    rig.admission.leave(conn.ticket)
    address = conn.ticket.source
    rig.admission.identify(conn.ticket, ip_address("203.0.113.9"), 0.0)
    assert conn.ticket.source is address is None
