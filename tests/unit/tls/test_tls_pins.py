"""Pins."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from securechat.tls.authority import Authority, Leaf, create_authority
from securechat.tls.pins import (
    CertificateProblem,
    InvalidPin,
    parse_pin,
    pin,
    pin_of_der,
    read_certificates,
)

PIN = "sha256:" + "A-_9" * 10 + "B0Q"


def test_pin_is_what_openssl_computes(tmp_path: Path, leaf: Leaf) -> None:
    """The pin is the SHA-256 of the key that OpenSSL prints for the certificate."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command")
    path = tmp_path / "leaf.pem"
    path.write_bytes(leaf.certificate.public_bytes(Encoding.PEM))
    command = [openssl, "x509", "-in", str(path), "-noout", "-pubkey"]
    armour = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    digest = hashlib.sha256(base64.b64decode("".join(armour[1:-1]))).digest()
    assert pin(leaf.certificate) == "sha256:" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_pin_of_der(leaf: Leaf) -> None:
    """A certificate as it is sent has the pin of the certificate."""
    assert pin_of_der(leaf.certificate.public_bytes(Encoding.DER)) == pin(leaf.certificate)


@pytest.mark.parametrize("der", [b"", b"\x30\x03\x02\x01\x00", b"-----BEGIN CERTIFICATE-----"])
def test_pin_of_rubbish(der: bytes) -> None:
    """What is no certificate has no pin."""
    with pytest.raises(CertificateProblem, match="cannot be read"):
        pin_of_der(der)


def test_every_pin_parses(now: datetime) -> None:
    """A pin that was printed is accepted as it is."""
    for _ in range(20):
        printed = pin(create_authority("some CA", now).certificate)
        assert parse_pin(printed) == printed


@pytest.mark.parametrize(
    "text", [f"  {PIN}\n", "SHA256:" + PIN[7:], PIN + "=", PIN.replace("-", "+").replace("_", "/")]
)
def test_spellings(text: str) -> None:
    """What copying, typing and other programs do to a pin is undone."""
    assert parse_pin(text) == PIN


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "begins with 'sha256:'"),
        (PIN[7:], "begins with 'sha256:'"),
        ("sha1:" + PIN[7:], "begins with 'sha256:'"),
        ("sha256:", "this has 0"),
        (PIN[:-1], "this has 42"),
        (PIN + "A", "this has 44"),
        (PIN + "==", "this has 44"),
        (PIN[:-2] + "*" + PIN[-1], "only letters"),
        (PIN[:20] + " " + PIN[21:], "only letters"),
        (PIN[:20] + "=" + PIN[21:], "only letters"),
        (PIN[:-2] + "é" + PIN[-1], "only letters"),
        (PIN[:-1] + "R", "last character"),
    ],
)
def test_what_is_no_pin(text: str, reason: str) -> None:
    """What is no pin is refused with the reason."""
    with pytest.raises(InvalidPin, match=reason):
        parse_pin(text)


def test_read_certificates_in_order(tmp_path: Path, authority: Authority, leaf: Leaf) -> None:
    """A file's certificates come in the file's order."""
    path = tmp_path / "chain.pem"
    chain = [leaf.certificate, authority.certificate]
    path.write_bytes(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain))
    assert read_certificates(path) == chain


def test_read_certificates_says_what_is_wrong(tmp_path: Path, leaf: Leaf) -> None:
    """A file that is missing, empty or torn is an error that names it."""
    path = tmp_path / "some.pem"
    with pytest.raises(CertificateProblem, match=r"some\.pem cannot be read: No such file"):
        read_certificates(path)
    for content in (b"", b"rubbish", leaf.certificate.public_bytes(Encoding.PEM)[:-60]):
        path.write_bytes(content)
        with pytest.raises(CertificateProblem, match=r"some\.pem is not a file of PEM certificates"):
            read_certificates(path)
