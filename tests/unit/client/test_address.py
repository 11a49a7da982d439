"""Server addresses as people write them."""

import ssl

import pytest

from securechat.client.address import Address, parse_address
from securechat.client.errors import InvalidAddress


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("chat.example.org", "chat.example.org", 6697),
        (" Chat.Example.ORG.:7000 ", "chat.example.org", 7000),
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("[::1]:65535", "::1", 65535),
        ("[::1]", "::1", 6697),
        ("2001:DB8::5", "2001:db8::5", 6697),
        ("2001:db8:0::0005", "2001:db8::5", 6697),
        ("bücher.example", "xn--bcher-kva.example", 6697),
        ("XN--STRAE-OQA.example", "xn--strae-oqa.example", 6697),
        ("chat\u3002example", "chat.example", 6697),
        ("my_host-1", "my_host-1", 6697),
        ("1.2.3.4.", "1.2.3.4", 6697),
        ("1and1.example:6697", "1and1.example", 6697),
        ("a" * 63 + ".example", "a" * 63 + ".example", 6697),
        (".".join(["a" * 49] * 5) + ".abc", ".".join(["a" * 49] * 5) + ".abc", 6697),
    ],
)
def test_an_address_is_read(text: str, host: str, port: int) -> None:
    """HOST, HOST:PORT, IPv6 with and without brackets, and international names."""
    assert parse_address(text) == Address(host, port)


LONG = ".".join(["a" * 49] * 5) + ".abcd"

WRONG = {
    "write HOST": ["", " ", ":6697", "[host", "[::1", "[::1]6697", "x]y", "a\x1b[m"],
    "port": [
        "host:", "host:0", "host:00", "host:65536", "host:99999999", "host:١٢", "host:６６９７", "host:-1",
        "host:+1", "host:6_6", "host: 1", "host:1.0", "[::1]:", "[::1]:0", "[::1]:x",
    ],
    "the server in it, host": [
        "https://host", "irc://host/#chan", "IRCS://alice@host:6697/#a?b", " ircs://host ",
    ],
    "brackets": ["[host]:1", "[1.2.3.4]", "[]", "[::1%]", "[:::]"],
    "IPv6": ["a:b:c", ":::", "1::2::3", "12345::", "::1.2.3.256", "::g", "::1]"],
    "zone": ["fe80::1%eth0", "[fe80::1%1]:6697", "::1%lo"],
    "empty": ["a..b", ".a", "a..", ".", "..", "ü..b", "\u3002", "a.\u3002b", "\u2024a"],
    "longer than 63": ["a" * 64, f"x.{'b' * 64}.y", "ü" * 60],
    "longer than 253": [LONG, "a." * 127 + "a", "ü." * 100 + "de"],
    "cannot be part": [
        "a b", "a\tb", "x/y", "a@b", "a\x1bb", "a\0b", "a\x7f", "a\x85b", "a\nb", "*.example", "a,b", "a%b",
        "a\u00a0b", "a\u200bb", "a\u200db", "a\u00adb", "a\u202eb", "a\u2028b",
        "\ud800", "\ue000", "a\\b", "a'b",
    ],
    "hyphen": ["-a", "a-", "a.-b.c", "a-.b"],
    "IP address": ["1.2.3", "127.1", "10.0.0.256", "01.2.3.4", "1.2.3.4.5", "7", "１.2.3.4", "a.5"],
    "xn-- form": ["straße.example", "\u0627a.example", "ς.example"],
}  # fmt: skip


@pytest.mark.parametrize(("why", "text"), [(why, text) for why, texts in WRONG.items() for text in texts])
def test_what_is_no_address_is_refused(why: str, text: str) -> None:
    """With an error that says what is wrong with it."""
    with pytest.raises(InvalidAddress) as caught:
        parse_address(text)
    assert str(caught.value).startswith(f"{text!r} is not a server's address: ")
    assert why in str(caught.value)


@pytest.mark.parametrize("text", ["host", "1.2.3.4", "::1", "[::1]"])
@pytest.mark.parametrize("port", [0, -1, 65536])
def test_the_port_of_an_address_without_one_is_checked_too(text: str, port: int) -> None:
    """Scripts give it as a number of its own."""
    with pytest.raises(InvalidAddress, match="port"):
        parse_address(text, port)


@pytest.mark.parametrize(
    "text", ["a.example", "bücher.example", "xn--strae-oqa.example", "xn--a", "1.2.3.4", "::1"]
)
def test_what_is_read_can_be_connected_to(text: str) -> None:
    """Neither the resolver's encoding nor OpenSSL refuses it."""
    host = parse_address(text).host
    assert host.encode("idna") == host.encode()
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(
        ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=host
    )
    assert made.server_hostname == host


def test_an_address_can_be_read_back() -> None:
    """Its text form is an address again."""
    for address in (Address("h.example", 1), Address("::1", 6697), Address("10.0.0.1", 2)):
        assert parse_address(str(address)) == address


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_this_machine(host: str) -> None:
    """Names and addresses that cannot be anybody else."""
    assert Address(host).is_loopback


@pytest.mark.parametrize("host", ["localhost.example.org", "128.0.0.1", "mylocalhost", "0.0.0.0", "::2"])
def test_other_hosts_are_not(host: str) -> None:
    """A name that only begins like it is somebody else's."""
    assert not Address(host).is_loopback
