"""Server addresses as people write them."""

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
        ("bücher.example", "xn--bcher-kva.example", 6697),
    ],
)
def test_an_address_is_read(text: str, host: str, port: int) -> None:
    """HOST, HOST:PORT, IPv6 with and without brackets, and international names."""
    assert parse_address(text) == Address(host, port)


@pytest.mark.parametrize(
    "text",
    ["", ":6697", "a b", "host:", "host:0", "host:65536", "host:١٢", "[host]:1", "[::1", "a:b:c", "x/y",
     "a@b", "host:-1", "a\x1b[m", "." * 3 + "ü"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    """With an error that says what to write."""
    with pytest.raises(InvalidAddress):
        parse_address(text)


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
