"""The PROXY header, byte by byte (section 2.2 of its specification)."""

import socket
import struct
from random import Random

import pytest

from securechat.server.proxy import LONGEST, SIGNATURE, BadHeader, Header


def header(
    command: int = 0x21, family: int = 0x11, content: bytes | None = None, *, length: int | None = None
) -> bytes:
    """Write a header; by default that of a peer at 203.0.113.9."""
    content = pair("203.0.113.9") if content is None else content
    size = len(content) if length is None else length
    return SIGNATURE + struct.pack("!BBH", command, family, size) + content


def pair(source: str) -> bytes:
    """Write the addresses and ports of a peer and of the proxy."""
    family, to = (socket.AF_INET6, "2001:db8::1") if ":" in source else (socket.AF_INET, "192.0.2.1")
    return socket.inet_pton(family, source) + socket.inet_pton(family, to) + struct.pack("!HH", 40000, 6697)


def read(data: bytes, chance: Random | None = None) -> tuple[str | None, bytes]:
    """Read a header in pieces; return the address that it says, and what is left of the bytes."""
    reader = Header()
    while reader.wanted:
        size = chance.randint(1, reader.wanted) if chance else reader.wanted
        assert data, "the header wants more than there is"
        reader.feed(data[:size])
        data = data[size:]
    return (str(reader.address) if reader.address is not None else None), data


TLV = b"\x04\x00\x10" + b"\0" * 16
"""A field to be skipped: PP2_TYPE_NOOP."""


@pytest.mark.parametrize(
    ("data", "address"),
    [
        (header(), "203.0.113.9"),
        (header(family=0x21, content=pair("2001:db8::9")), "2001:db8::9"),
        (header(family=0x21, content=pair("::ffff:203.0.113.9")), "203.0.113.9"),
        (header(content=pair("203.0.113.9") + TLV), "203.0.113.9"),
        (header(content=(pair("203.0.113.9") + TLV * 40)[: LONGEST - 16]), "203.0.113.9"),
        (header(0x20, 0x00, b""), None),
        (header(0x20, 0x11), None),
        (header(0x20, 0x31, b"x" * 216), None),
        (header(0x20, 0xFF, TLV), None),
    ],
    ids=["TCP4", "TCP6", "mapped", "TLV", "longest", "LOCAL", "LOCAL TCP4", "LOCAL UNIX", "LOCAL unknown"],
)
def test_headers(data: bytes, address: str | None) -> None:
    """The peer's address, or None for the proxy itself, and not a byte of what follows."""
    assert read(data + b"TLS") == (address, b"TLS")
    for seed in range(20):
        assert read(data + b"TLS", Random(seed)) == (address, b"TLS"), f"in pieces of seed {seed}"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 6697\r\n", "version 1: have the proxy send version 2"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 16, "sent no PROXY header"),
        (b"GET / HTTP/1.1\r\n\r\n", "sent no PROXY header"),
        (header(0x11), "version 1, command 1"),
        (header(0x31), "version 3, command 1"),
        (header(0x22), "version 2, command 2"),
        (header(0x2F), "version 2, command 15"),
        (header(family=0x00, content=b""), "no address of TCP"),
        (header(family=0x12), "no address of TCP"),
        (header(family=0x31, content=b"x" * 216), "no address of TCP"),
        (header(family=0x41), "no address of TCP"),
        (header(content=pair("203.0.113.9")[:-1]), "too short"),
        (header(family=0x21), "too short"),
        (header(content=b""), "too short"),
        (header(content=b"x" * (LONGEST - 15)), f"longer than {LONGEST}"),
        (header(0x20, 0, b"", length=0xFFFF), f"longer than {LONGEST}"),
    ],
)
def test_what_is_no_header(data: bytes, why: str) -> None:
    """It is refused with a reason, however it is cut, and never after more bytes than a header has."""
    with pytest.raises(BadHeader, match=why):
        read(data)
    for seed in range(20):
        with pytest.raises(BadHeader):
            read(data, Random(seed))


def test_any_bytes_end_it() -> None:
    """Nothing makes it fail otherwise, or want more than the longest header."""
    chance = Random(7)
    for _ in range(3_000):
        data = bytearray(header(content=pair("203.0.113.9") + TLV))
        for _ in range(chance.randint(0, 3)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        reader = Header()
        try:
            while reader.wanted:
                assert reader.wanted <= LONGEST
                piece, data = data[: reader.wanted], data[reader.wanted :]
                reader.feed(bytes(piece) or b"x")
        except BadHeader:
            pass
