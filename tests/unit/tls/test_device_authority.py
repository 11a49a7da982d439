"""The authority of devices: what it signs, and for which keys."""

import ssl
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from securechat.tls.devices import DeviceAuthority, ask_for_certificates, shown_key
from securechat.tls.errors import CertificateProblem


def public(key: PrivateKeyTypes) -> bytes:
    """The public half, as a device sends it."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["P-256", "P-384", "Ed25519", "RSA"],
)
def test_a_certificate(key: PrivateKeyTypes, tmp_path: Path) -> None:
    """It is for clients, of this authority, for the key that was sent, and has no end of its own."""
    authority = DeviceAuthority(tmp_path)
    certificate, name = authority.certify("alice laptop", public(key))
    assert name == sha256(public(key)).hexdigest() == shown_key(certificate)
    read = x509.load_der_x509_certificate(certificate)
    read.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.path.read_bytes()))
    usage = read.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]
    assert read.not_valid_after_utc.year == 9999


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"no key",
        public(rsa.generate_private_key(65537, 1024)),
        public(ec.generate_private_key(ec.SECP521R1())),
        public(dsa.generate_private_key(2048)),
    ],
    ids=["nothing", "text", "RSA-1024", "P-521", "DSA"],
)
def test_keys_that_are_not_taken(key: bytes, tmp_path: Path) -> None:
    """What is no key, too weak, or of a kind that our TLS does not speak is refused, in words."""
    with pytest.raises(CertificateProblem, match="key"):
        DeviceAuthority(tmp_path).certify("alice laptop", key)


def test_it_stays_the_same(tmp_path: Path) -> None:
    """A second start finds the authority of the first, in files that only their owner reads."""
    first = DeviceAuthority(tmp_path).path.read_bytes()
    assert DeviceAuthority(tmp_path).path.read_bytes() == first
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_a_lost_key(tmp_path: Path) -> None:
    """Without its key the authority is not made anew: that would shut out every device."""
    DeviceAuthority(tmp_path)
    (tmp_path / "devices.key").unlink()
    with pytest.raises(CertificateProblem, match=r"devices\.key is missing: restore it"):
        DeviceAuthority(tmp_path)


def test_a_context_that_asks(tmp_path: Path) -> None:
    """Clients may show a certificate, and need none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ask_for_certificates(context, DeviceAuthority(tmp_path).path)
    assert context.verify_mode is ssl.CERT_OPTIONAL
    with pytest.raises(CertificateProblem, match="cannot be used"):
        ask_for_certificates(context, tmp_path / "devices.key")
