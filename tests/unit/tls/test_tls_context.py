"""The server's TLS context."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from securechat.tls.authority import Authority, Leaf, issue_server
from securechat.tls.context import CertificateProblem, server_context
from securechat.tls.errors import InvalidName
from securechat.tls.files import ServerFiles
from securechat.tls.keys import create_key, encode_key
from securechat.tls.reading import LONGEST

Handshake = Callable[[ssl.SSLContext, ssl.SSLContext], tuple[ssl.SSLObject, ssl.SSLObject]]


@pytest.fixture
def certificate(tmp_path: Path, authority: Authority, leaf: Leaf) -> Path:
    """The file of the leaf and its CA."""
    path = tmp_path / "server.pem"
    path.write_bytes(_chain(leaf, authority))
    return path


@pytest.fixture
def key(tmp_path: Path, leaf: Leaf) -> Path:
    """The leaf's key file."""
    path = tmp_path / "server.key"
    path.touch(0o600)
    path.write_bytes(encode_key(leaf.key))
    return path


def _chain(leaf: Leaf, authority: Authority) -> bytes:
    return b"".join(made.certificate.public_bytes(Encoding.PEM) for made in (leaf, authority))


def _server(files: ServerFiles, minimum: Literal["1.3", "1.2"] = "1.3") -> ssl.SSLContext:
    return server_context(files.certificate, files.key, minimum=minimum, now=datetime.now(UTC))


def _client(files: ServerFiles, maximum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """A client that trusts the CA and reads RFC 5280 as strictly as Python 3.13 does by default."""
    context = ssl.create_default_context(cafile=str(files.ca))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.maximum_version = maximum
    return context


def _exchange(client: ssl.SSLObject, server: ssl.SSLObject) -> bytes:
    server.write(b"PING :1\r\n")
    return client.read(512)


def test_tls_1_3(valid_today: ServerFiles, handshake: Handshake) -> None:
    """A strictly verifying client gets TLS 1.3 with one of its three suites, uncompressed."""
    client, server = handshake(_client(valid_today), _server(valid_today))
    assert (client.version(), server.version()) == ("TLSv1.3", "TLSv1.3")
    cipher = client.cipher()
    assert cipher is not None
    assert cipher[0] in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
    assert client.compression() is None
    assert _exchange(client, server) == b"PING :1\r\n"


def test_tls_1_2_is_refused(valid_today: ServerFiles, handshake: Handshake) -> None:
    """A client that knows only TLS 1.2 does not get in."""
    with pytest.raises(ssl.SSLError, match=r"(?i)unsupported.protocol"):
        handshake(_client(valid_today, ssl.TLSVersion.TLSv1_2), _server(valid_today))


def test_tls_1_2_on_request(valid_today: ServerFiles, handshake: Handshake) -> None:
    """With a minimum of 1.2 such a client gets in, and a newer one still gets TLS 1.3."""
    server = _server(valid_today, "1.2")
    old, _ = handshake(_client(valid_today, ssl.TLSVersion.TLSv1_2), server)
    new, _ = handshake(_client(valid_today), server)
    assert (old.version(), new.version()) == ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize(
    "suite", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384", "DHE-RSA-AES256-GCM-SHA384"]
)
def test_tls_1_2_suites(valid_today: ServerFiles, handshake: Handshake, suite: str) -> None:
    """TLS 1.2 has forward secrecy and authenticated encryption, or does not happen."""
    client = _client(valid_today, ssl.TLSVersion.TLSv1_2)
    client.set_ciphers(suite)
    with pytest.raises(ssl.SSLError, match=r"(?i)no.shared.cipher"):
        handshake(client, _server(valid_today, "1.2"))


def test_options(valid_today: ServerFiles) -> None:
    """Nothing older than TLS 1.2 is possible, and nothing is compressed or renegotiated."""
    modern, intermediate = _server(valid_today), _server(valid_today, "1.2")
    assert modern.minimum_version == ssl.TLSVersion.TLSv1_3
    assert intermediate.minimum_version == ssl.TLSVersion.TLSv1_2
    for context in (modern, intermediate):
        assert context.options & ssl.OP_NO_COMPRESSION
        assert context.options & ssl.OP_NO_RENEGOTIATION


@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2])
def test_no_tickets(valid_today: ServerFiles, handshake: Handshake, maximum: ssl.TLSVersion) -> None:
    """No session ticket reaches the client, in TLS 1.3 or 1.2."""
    client, server = handshake(_client(valid_today, maximum), _server(valid_today, "1.2"))
    _exchange(client, server)  # a ticket of TLS 1.3 would be read before this
    assert client.session is None or not client.session.has_ticket


def test_nothing_before_the_handshake(valid_today: ServerFiles) -> None:
    """The server is silent until it is greeted, and plain text is never read as a line."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = _server(valid_today).wrap_bio(incoming, outgoing, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    assert outgoing.read() == b""
    incoming.write(b"NICK alice\r\nUSER alice 0 * :Alice\r\n")
    incoming.write_eof()
    with pytest.raises(ssl.SSLError):
        server.do_handshake()
    with pytest.raises(ssl.SSLError):
        server.read(512)
    answer = outgoing.read()
    assert answer == b"" or answer[0] == 21  # a record of the content type "alert"


def test_new_context_each_time(valid_today: ServerFiles, handshake: Handshake) -> None:
    """A reload gives a new context, and the old one still serves."""
    old, new = _server(valid_today), _server(valid_today)
    assert old is not new
    for context in (old, new):
        handshake(_client(valid_today), context)


def test_names_are_covered(certificate: Path, key: Path, now: datetime) -> None:
    """A certificate that stands for all names, addresses too, is accepted."""
    names = ["chat.example.org", "192.0.2.7", "2001:db8:0::7"]
    assert isinstance(server_context(certificate, key, names=names, now=now), ssl.SSLContext)


def test_names_are_missing(certificate: Path, key: Path, now: datetime) -> None:
    """Names that the certificate lacks are listed, beside those that it has."""
    names = ["chat.example.org", "irc.example.org", "192.0.2.8"]
    with pytest.raises(CertificateProblem, match=r"for irc\.example\.org, 192\.0\.2\.8, only for chat\."):
        server_context(certificate, key, names=names, now=now)
    with pytest.raises(InvalidName, match="two words"):
        server_context(certificate, key, names=["two words"], now=now)


def test_key_of_another_certificate(certificate: Path, key: Path, now: datetime) -> None:
    """A key that is not the certificate's is refused before it can break a handshake."""
    key.write_bytes(encode_key(create_key()))
    with pytest.raises(CertificateProblem, match=r"server\.key is not the key of the first certificate in"):
        server_context(certificate, key, now=now)


def test_chain_in_the_wrong_order(certificate: Path, key: Path, authority: Authority, now: datetime) -> None:
    """A file whose first certificate is the CA is refused."""
    certificate.write_bytes(authority.certificate.public_bytes(Encoding.PEM) + certificate.read_bytes())
    with pytest.raises(CertificateProblem, match="first certificate"):
        server_context(certificate, key, now=now)


def test_validity(certificate: Path, key: Path, leaf: Leaf) -> None:
    """A certificate counts from its first to its last second and not one longer."""
    begin, end = leaf.certificate.not_valid_before_utc, leaf.certificate.not_valid_after_utc
    second = timedelta(seconds=1)
    server_context(certificate, key, now=begin)
    server_context(certificate, key, now=end)
    with pytest.raises(CertificateProblem, match=f"valid only from {begin:%Y-%m-%d} .*clock"):
        server_context(certificate, key, now=begin - second)
    with pytest.raises(CertificateProblem, match=f"expired on {end:%Y-%m-%d} .*renew it"):
        server_context(certificate, key, now=end + second)


def test_files_that_cannot_be_read(certificate: Path, key: Path, now: datetime) -> None:
    """A file that is missing or is not what it should be is named."""
    with pytest.raises(CertificateProblem, match=r"other\.pem cannot be read: No such file"):
        server_context(certificate.with_name("other.pem"), key, now=now)
    with pytest.raises(CertificateProblem, match=r"other\.key cannot be read: No such file"):
        server_context(certificate, key.with_name("other.key"), now=now)
    with pytest.raises(CertificateProblem, match=r"server\.key is not a file of PEM certificates"):
        server_context(key, key, now=now)
    certificate.chmod(0o600)
    with pytest.raises(CertificateProblem, match=r"server\.pem is not a PEM private key"):
        server_context(certificate, certificate, now=now)


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_files_that_would_be_waited_for(certificate: Path, key: Path, now: datetime, which: str) -> None:
    """A pipe is refused at once, whoever might write to it; so is what is far too long."""
    path = certificate if which == "certificate" else key
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(CertificateProblem, match="cannot be read: it is no regular file"):
        server_context(certificate, key, now=now)
    path.unlink()
    path.touch(0o600)
    os.truncate(path, LONGEST + 1)
    with pytest.raises(CertificateProblem, match=f"it has more than {LONGEST} bytes"):
        server_context(certificate, key, now=now)


def test_client_certificate_is_refused(tmp_path: Path, now: datetime) -> None:
    """A certificate that is meant for clients is refused: every client would refuse it."""
    certificate, key = _rsa_certificate(tmp_path, now, 2048, ExtendedKeyUsageOID.CLIENT_AUTH)
    with pytest.raises(CertificateProblem, match="not meant for servers"):
        server_context(certificate, key, now=now)


def test_certificates_of_others(tmp_path: Path, now: datetime) -> None:
    """An RSA certificate, and one whose purpose is not restricted, are as good as ours."""
    for usage in (ExtendedKeyUsageOID.SERVER_AUTH, None):
        certificate, key = _rsa_certificate(tmp_path, now, 2048, usage)
        assert isinstance(server_context(certificate, key, now=now), ssl.SSLContext)


def test_weak_key_is_refused(tmp_path: Path, now: datetime) -> None:
    """A key that OpenSSL finds too short is a problem for people, not a traceback."""
    certificate, key = _rsa_certificate(tmp_path, now, 1024, None)
    with pytest.raises(CertificateProblem, match=r"(?i)cannot be used: .*key.too.small"):
        server_context(certificate, key, now=now)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256K1()),
        ec.generate_private_key(ec.BrainpoolP256R1()),
        dsa.generate_private_key(2048),
    ],
    ids=["secp256k1", "brainpool", "DSA"],
)
def test_key_that_tls_does_not_know(
    tmp_path: Path, now: datetime, key: ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey
) -> None:
    """A key of a kind that no handshake can be done with is a problem for people, too."""
    certificate, file = _self_signed(tmp_path, now, key, None)
    with pytest.raises(CertificateProblem, match=r"no client can begin TLS with .*other\.pem"):
        server_context(certificate, file, now=now)


def _rsa_certificate(
    directory: Path, now: datetime, bits: int, usage: x509.ObjectIdentifier | None
) -> tuple[Path, Path]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return _self_signed(directory, now, key, usage)


def _self_signed(
    directory: Path,
    now: datetime,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey,
    usage: x509.ObjectIdentifier | None,
) -> tuple[Path, Path]:
    """A self-signed certificate as other people make them, and its key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    certificate_path, key_path = directory / "other.pem", directory / "other.key"
    certificate_path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    key_path.touch(0o600)
    key_path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate_path, key_path


def test_renewed_leaf(tmp_path: Path, authority: Authority, leaf: Leaf, now: datetime) -> None:
    """A leaf that was issued again goes with the key file that is there."""
    again = issue_server(authority, ["localhost"], now, key=leaf.key)
    certificate, key = tmp_path / "again.pem", tmp_path / "again.key"
    certificate.write_bytes(_chain(again, authority))
    key.touch(0o600)
    key.write_bytes(encode_key(leaf.key))
    assert isinstance(server_context(certificate, key, names=["localhost"], now=now), ssl.SSLContext)
