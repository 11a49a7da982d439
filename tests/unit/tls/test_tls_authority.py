"""The private CA and its server certificates."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from securechat.tls.authority import (
    Authority,
    Leaf,
    create_authority,
    issue_server,
    renew_authority,
)
from securechat.tls.errors import CertificateProblem, InvalidName
from securechat.tls.names import parse_name
from securechat.tls.pins import pin

OPENSSL = shutil.which("openssl")


def _write(path: Path, certificate: x509.Certificate) -> Path:
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


def _verify_strictly(
    tmp_path: Path, authority: Authority, leaf: Leaf, now: datetime, *options: str
) -> subprocess.CompletedProcess[str]:
    assert OPENSSL is not None
    anchor = _write(tmp_path / "ca.pem", authority.certificate)
    path = _write(tmp_path / "leaf.pem", leaf.certificate)
    strict = ["-x509_strict", "-check_ss_sig", "-purpose", "sslserver", "-attime", str(int(now.timestamp()))]
    command = [OPENSSL, "verify", *strict, *options, "-CAfile", str(anchor), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(OPENSSL is None, reason="needs the openssl command")
@pytest.mark.parametrize(
    "options",
    [("-verify_hostname", "chat.example.org"), ("-verify_ip", "192.0.2.7"), ("-verify_ip", "2001:db8::7")],
)
def test_openssl_strict_accepts(
    tmp_path: Path, authority: Authority, leaf: Leaf, now: datetime, options: tuple[str, str]
) -> None:
    """OpenSSL's strict reading of RFC 5280 accepts the leaf for each of its names."""
    result = _verify_strictly(tmp_path, authority, leaf, now, *options)
    assert (result.returncode, result.stderr) == (0, "")


def test_common_name_is_no_host_name(authority: Authority, now: datetime) -> None:
    """The leaf's common name cannot match a host, even if a client looks there for want of a DNS name."""
    leaf = issue_server(authority, ["192.0.2.7"], now)
    [common_name] = leaf.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    with pytest.raises(InvalidName):
        parse_name(str(common_name.value))


def test_web_pki_verification(authority: Authority, leaf: Leaf, now: datetime) -> None:
    """The verifier of `cryptography`, which follows the CA/Browser Forum's profile, accepts the leaf."""
    builder = PolicyBuilder().store(Store([authority.certificate])).time(now.replace(tzinfo=None))
    for name in (x509.DNSName("chat.example.org"), x509.IPAddress(ip_address("2001:db8::7"))):
        builder.build_server_verifier(name).verify(leaf.certificate, [])
    with pytest.raises(VerificationError):
        builder.build_server_verifier(x509.DNSName("other.example.org")).verify(leaf.certificate, [])


def test_leaf_extensions(authority: Authority, leaf: Leaf) -> None:
    """The leaf signs handshakes as a server and is no CA; what RFC 5280 wants critical is critical."""
    extensions = leaf.certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert (constraints.critical, constraints.value.ca) == (True, False)
    assert (usage.critical, usage.value.digital_signature, usage.value.key_cert_sign) == (True, True, False)
    extended = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(extended) == [ExtendedKeyUsageOID.SERVER_AUTH]
    issuer_id = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    ca_id = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    own_id = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert issuer_id == ca_id != own_id
    assert isinstance(leaf.key.curve, ec.SECP256R1)


def test_authority_signs_no_other_authority(authority: Authority) -> None:
    """The CA allows only leaves below it, and signs nothing but certificates and revocation lists."""
    extensions = authority.certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    assert (usage.critical, usage.value.key_cert_sign, usage.value.digital_signature) == (True, True, False)


def test_lifetime_is_ninety_days_to_the_second(leaf: Leaf, now: datetime) -> None:
    """The leaf lives for 90 days, its first and last second included, and began a day ago for late clocks."""
    begin, end = leaf.certificate.not_valid_before_utc, leaf.certificate.not_valid_after_utc
    assert end - begin + timedelta(seconds=1) == timedelta(days=90)
    assert begin == now.replace(microsecond=0) - timedelta(days=1)


@pytest.mark.parametrize("days", [-1, 1, 91])
def test_lifetime_is_bounded(authority: Authority, now: datetime, days: int) -> None:
    """A leaf for more than 90 days, or one that is over at once, is not made."""
    with pytest.raises(ValueError, match="2 to 90 days"):
        issue_server(authority, ["localhost"], now, days=days)


def test_leaf_ends_with_its_authority(authority: Authority, now: datetime) -> None:
    """A leaf does not outlive its CA, and a CA that has expired issues none."""
    late = authority.certificate.not_valid_after_utc - timedelta(days=3)
    leaf = issue_server(authority, ["localhost"], late)
    assert leaf.certificate.not_valid_after_utc == authority.certificate.not_valid_after_utc
    with pytest.raises(CertificateProblem, match="not valid now"):
        issue_server(authority, ["localhost"], late + timedelta(days=3))


def test_key_is_kept(authority: Authority, leaf: Leaf, now: datetime) -> None:
    """A leaf that is issued again for the same key has the same pin and another serial number."""
    again = issue_server(authority, ["localhost"], now, key=leaf.key)
    assert pin(again.certificate) == pin(leaf.certificate)
    assert again.certificate.serial_number != leaf.certificate.serial_number


def test_renewed_authority_vouches_for_old_leaves(authority: Authority, leaf: Leaf, now: datetime) -> None:
    """A renewed CA has the same name and pin, lives longer, and what it issued before stays good."""
    renewed = renew_authority(authority, now + timedelta(days=3300))
    assert pin(renewed.certificate) == pin(authority.certificate)
    assert renewed.certificate.not_valid_after_utc > authority.certificate.not_valid_after_utc
    leaf.certificate.verify_directly_issued_by(renewed.certificate)


def test_authorities_of_one_name_are_strangers(leaf: Leaf, now: datetime) -> None:
    """Another CA of the same name did not issue the leaf."""
    with pytest.raises(InvalidSignature):
        leaf.certificate.verify_directly_issued_by(create_authority("test CA", now).certificate)


@pytest.mark.parametrize("name", ["", "x" * 65])
def test_authority_name_has_a_length(now: datetime, name: str) -> None:
    """A CA's name is refused when a certificate cannot hold it."""
    with pytest.raises(CertificateProblem, match="1 to 64 characters"):
        create_authority(name, now)


def test_leaf_needs_good_names(authority: Authority, now: datetime) -> None:
    """No leaf is made for no name, or for something that is not a name."""
    with pytest.raises(CertificateProblem, match="at least one"):
        issue_server(authority, [], now)
    with pytest.raises(InvalidName, match="neither a host name nor an IP address"):
        issue_server(authority, ["two words"], now)
