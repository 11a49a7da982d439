"""Host names and IP addresses in certificates."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_address

import pytest
from cryptography import x509

from securechat.tls.authority import Authority, issue_server
from securechat.tls.errors import InvalidName
from securechat.tls.names import alternative_names, parse_name, uncovered


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("localhost", "localhost"),
        ("Chat.Example.ORG.", "chat.example.org"),
        ("my_host", "my_host"),
        ("*.example.org", "*.example.org"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_host_names(text: str, host: str) -> None:
    """A host name is kept in lower case and without its final dot."""
    assert parse_name(text) == x509.DNSName(host)


@pytest.mark.parametrize("text", ["192.0.2.7", "::1", "2001:DB8:0:0::7"])
def test_addresses(text: str) -> None:
    """An IP address is an address, not a host name."""
    assert parse_name(text) == x509.IPAddress(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a..b",
        "-a.example",
        "a b",
        "host:6697",
        "[::1]",
        "*",
        "*.org",
        "w*.example.org",
        "a.*.example.org",
        "bücher.example",
        "\N{KELVIN SIGN}.example",  # its lower case is an ASCII k
        "10.0.0.256",
        "١.٢.٣.٤",
        "fe80::1%eth0",
        "x" * 64,
        ".".join(["x" * 60] * 5),
        "a\n",
    ],
)
def test_what_is_no_name(text: str) -> None:
    """What is neither a host name nor an address that others can use is refused."""
    with pytest.raises(InvalidName):
        parse_name(text)


def test_coverage(authority: Authority, now: datetime) -> None:
    """A name is covered by the same name, or by a wildcard for exactly its first label."""
    names = ["chat.example.org", "*.team.example.org", "192.0.2.7", "::1"]
    certificate = issue_server(authority, names, now).certificate
    good = ["CHAT.example.org", "a.team.example.org", "192.0.2.7", "0:0:0:0:0:0:0:1"]
    bad = ["example.org", "team.example.org", "a.b.team.example.org", "192.0.2.8", "localhost"]
    assert uncovered(certificate, [*good, *bad]) == bad


def test_each_name_once(authority: Authority, now: datetime) -> None:
    """Names that differ only in spelling stand in the certificate once."""
    certificate = issue_server(authority, ["LOCALHOST", "localhost.", "::1", "0::1"], now).certificate
    assert alternative_names(certificate) == [x509.DNSName("localhost"), x509.IPAddress(ip_address("::1"))]


def test_common_name_is_not_a_name(authority: Authority) -> None:
    """A certificate without SubjectAltName covers nothing, whatever its common name says."""
    assert uncovered(authority.certificate, ["localhost"]) == ["localhost"]
