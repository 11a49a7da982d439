"""The names in a certificate: host names and IP addresses in SubjectAltName (RFC 5280 §4.2.1.6).

A name is looked for only there, never in the subject's common name (RFC 9525 §2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias

from cryptography import x509

from .errors import InvalidName

Name: TypeAlias = x509.DNSName | x509.IPAddress

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:\*\.{_LABEL}\.)?(?:{_LABEL}\.)*{_LABEL}", re.ASCII)


def parse_name(text: str) -> Name:
    """The host name or IP address in `text`, as it stands in a certificate: lower case, no final dot.

    A first label of ``*`` stands for exactly one label, as long as two others follow. Raises InvalidName.
    """
    address = _address(text)
    if address is not None:
        return x509.IPAddress(address)
    host = text.lower().removesuffix(".")
    if not text.isascii():
        raise InvalidName(f"the name {text!r} is not ASCII: write its xn-- form")
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise InvalidName(f"{text!r} is neither a host name nor an IP address")
    if host.rpartition(".")[2].isdigit():  # a mistyped address, such as 10.0.0.256
        raise InvalidName(f"{text!r} looks like an IP address but is none")
    return x509.DNSName(host)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise InvalidName(f"{text!r} means something on this machine only: leave out %{address.scope_id}")
    return address


def alternative_names(certificate: x509.Certificate) -> list[Name]:
    """The host names and IP addresses of the certificate's SubjectAltName; empty when it has none."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [name for name in names if isinstance(name, x509.DNSName | x509.IPAddress)]


def uncovered(certificate: x509.Certificate, names: Iterable[str]) -> list[str]:
    """Those of `names` for which the certificate does not stand. Raises InvalidName."""
    present = alternative_names(certificate)
    return [name for name in names if not _covered(parse_name(name), present)]


def stands_for(names: Iterable[str], host: str) -> bool:
    """Return whether a certificate of these names stands for a host. Raises InvalidName."""
    return _covered(parse_name(host), [parse_name(name) for name in names])


def _covered(wanted: Name, present: Sequence[Name]) -> bool:
    if isinstance(wanted, x509.IPAddress):
        return wanted in present
    patterns = (name.value.lower() for name in present if isinstance(name, x509.DNSName))
    return any(_matches(pattern, wanted.value) for pattern in patterns)


def _matches(pattern: str, host: str) -> bool:
    """RFC 9525 §6.3: a wildcard is the whole first label and stands for one label."""
    if pattern.startswith("*."):
        first, dot, rest = host.partition(".")
        return bool(first and dot) and rest == pattern.removeprefix("*.")
    return pattern == host
