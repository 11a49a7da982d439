"""The server's own certificate files."""

from __future__ import annotations

import os
import socket
import ssl
import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from securechat.tls.authority import Authority, create_authority, issue_server
from securechat.tls.context import server_context
from securechat.tls.errors import CertificateProblem, InvalidName
from securechat.tls.files import ServerFiles, default_names, ensure
from securechat.tls.keys import create_key, encode_key, read_key
from securechat.tls.names import uncovered
from securechat.tls.pins import pin, read_certificates

NAMES = ["localhost", "::1"]


def _ensure(directory: Path, now: datetime, names: list[str] = NAMES) -> tuple[ServerFiles, bool]:
    return ensure(directory, names, now, authority_name="test CA")


def _pins(files: ServerFiles) -> tuple[str, str]:
    return pin(read_certificates(files.ca)[0]), pin(read_certificates(files.certificate)[0])


def _authority(files: ServerFiles) -> Authority:
    key = read_key(files.ca_key)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Authority(read_certificates(files.ca)[0], key)


def _contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture
def files(tmp_path: Path, now: datetime) -> ServerFiles:
    """Files made at `now`."""
    return _ensure(tmp_path, now)[0]


def test_first_start(tmp_path: Path, now: datetime) -> None:
    """The first call makes four files that a server can use, and no others."""
    files, changed = _ensure(tmp_path / "data" / "tls", now)
    assert changed
    assert set(_contents(tmp_path / "data" / "tls")) == {"ca.pem", "ca.key", "server.pem", "server.key"}
    server_context(files.certificate, files.key, names=NAMES, now=now)


def test_chain_ends_with_the_authority(files: ServerFiles) -> None:
    """server.pem is the leaf followed by its CA, so that the CA's pin finds it in what is sent."""
    leaf, sent_authority = read_certificates(files.certificate)
    assert [sent_authority] == read_certificates(files.ca)
    leaf.verify_directly_issued_by(sent_authority)


def test_second_start_changes_nothing(tmp_path: Path, files: ServerFiles, now: datetime) -> None:
    """While everything is good, nothing is written."""
    before = _contents(tmp_path)
    assert _ensure(tmp_path, now + timedelta(days=58)) == (files, False)
    assert _contents(tmp_path) == before


def test_modes_from_the_first_moment(tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the umask, the directory is 0700, and each file is 0600 before a byte of it is on disk."""
    modes = []
    fsync = os.fsync

    def watch(handle: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(handle).st_mode))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watch)
    umask = os.umask(0)
    try:
        _ensure(tmp_path / "tls", now)
    finally:
        os.umask(umask)
    assert modes == [0o600, 0o700] * 4  # the file, then its directory
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tls").iterdir()} == {0o600}


def test_renewal_before_expiry_keeps_pins(tmp_path: Path, files: ServerFiles, now: datetime) -> None:
    """30 days before its end the leaf is issued again, by the same CA and for the same key."""
    before, pins = _contents(tmp_path), _pins(files)
    later = now + timedelta(days=60)
    assert _ensure(tmp_path, later) == (files, True)
    after = _contents(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {"server.pem"}
    assert _pins(files) == pins
    server_context(files.certificate, files.key, names=NAMES, now=later + timedelta(days=88))


def test_renewal_for_a_new_name_keeps_pins(tmp_path: Path, files: ServerFiles, now: datetime) -> None:
    """A name that the leaf does not cover is a reason to renew; one that it covers for nothing is not."""
    pins = _pins(files)
    assert _ensure(tmp_path, now, ["localhost", "192.0.2.7"])[1]
    assert not uncovered(read_certificates(files.certificate)[0], ["localhost", "192.0.2.7"])
    assert not _ensure(tmp_path, now, ["localhost"])[1]
    assert _pins(files) == pins


def test_renewal_of_a_foreign_certificate(tmp_path: Path, files: ServerFiles, now: datetime) -> None:
    """A leaf of another key, or of another CA, is replaced by one of the key and the CA that are there."""
    pins = _pins(files)
    key = read_key(files.key)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    other = create_authority("test CA", now)
    for foreign in (issue_server(_authority(files), NAMES, now), issue_server(other, NAMES, now, key=key)):
        leaf = foreign.certificate.public_bytes(Encoding.PEM)
        files.certificate.write_bytes(leaf + files.ca.read_bytes())
        assert _ensure(tmp_path, now) == (files, True)
        assert _pins(files) == pins


def test_renewal_of_an_incomplete_chain(tmp_path: Path, files: ServerFiles, now: datetime) -> None:
    """A leaf that is not followed by its CA is issued again, or pins of the CA would fail."""
    leaf = read_certificates(files.certificate)[0]
    files.certificate.write_bytes(leaf.public_bytes(Encoding.PEM))
    assert _ensure(tmp_path, now) == (files, True)
    assert len(read_certificates(files.certificate)) == 2


def test_renewal_of_the_authority(tmp_path: Path, files: ServerFiles, now: datetime) -> None:
    """In its last year the CA's certificate is made again, and the leaf with it; pins and names stay."""
    pins, subject = _pins(files), read_certificates(files.ca)[0].subject
    later = now + timedelta(days=3650 - 365)
    assert ensure(tmp_path, NAMES, later, authority_name="another name") == (files, True)
    assert _pins(files) == pins
    assert read_certificates(files.ca)[0].subject == subject
    assert read_certificates(files.ca)[0].not_valid_after_utc > later + timedelta(days=3000)
    assert not _ensure(tmp_path, later)[1]


def test_clock_that_was_wrong(tmp_path: Path, files: ServerFiles, now: datetime) -> None:
    """Certificates that were made by a clock far ahead are made again, under the same pins."""
    pins = _pins(files)
    earlier = now - timedelta(days=400)
    assert _ensure(tmp_path, earlier) == (files, True)
    assert _pins(files) == pins
    server_context(files.certificate, files.key, names=NAMES, now=earlier)


@pytest.mark.parametrize("survivors", range(4))
def test_crash_while_making(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, survivors: int
) -> None:
    """A first start that dies after any number of files is completed by the next, keys included."""
    replace = Path.replace
    replaced: list[Path] = []

    def die(path: Path, target: Path) -> Path:
        if len(replaced) == survivors:
            raise OSError(28, "No space left on device")
        replaced.append(target)
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        with pytest.raises(CertificateProblem, match="No space left on device"):
            _ensure(tmp_path, now)
    before = _contents(tmp_path)
    assert len(before) == survivors  # nothing half-written stays behind
    files, changed = _ensure(tmp_path, now)
    assert changed
    assert before.items() <= _contents(tmp_path).items()
    server_context(files.certificate, files.key, names=NAMES, now=now)


@pytest.mark.parametrize("name", ["ca.pem", "ca.key", "server.pem", "server.key"])
@pytest.mark.parametrize("damage", ["empty", "rubbish", "directory", "pipe", "dangling link"])
def test_broken_file_is_an_error(
    tmp_path: Path, files: ServerFiles, now: datetime, name: str, damage: str
) -> None:
    """A file that cannot be understood is named, and neither it nor any other is touched."""
    path = tmp_path / name
    path.unlink()
    if damage == "directory":
        path.mkdir()
    elif damage == "pipe":
        os.mkfifo(path)  # nobody ever writes to it
    elif damage == "dangling link":
        path.symlink_to(tmp_path / "not mounted")
    else:
        path.write_bytes(b"" if damage == "empty" else b"rubbish")
    others = {each: each.read_bytes() for each in tmp_path.iterdir() if each.name != name}
    with pytest.raises(CertificateProblem, match=name):
        _ensure(tmp_path, now)
    assert {each: each.read_bytes() for each in tmp_path.iterdir() if each.name != name} == others
    assert path.is_symlink() or not path.is_file() or path.read_bytes() in (b"", b"rubbish")


@pytest.mark.parametrize("name", ["ca.pem", "server.pem"])
def test_key_on_no_curve_is_an_error(tmp_path: Path, files: ServerFiles, now: datetime, name: str) -> None:
    """A certificate that can be read, but not the key in it, is an error as well."""
    first, *rest = (each.public_bytes(Encoding.DER) for each in read_certificates(tmp_path / name))
    curve = bytes.fromhex("2a8648ce3d0301")
    chain = [first.replace(curve + b"\x07", curve + b"\x7f"), *rest]
    (tmp_path / name).write_text("".join(map(ssl.DER_cert_to_PEM_cert, chain)))
    with pytest.raises(CertificateProblem, match="holds a certificate that is damaged"):
        _ensure(tmp_path, now)


@pytest.mark.parametrize("name", ["ca.key", "server.key"])
def test_lost_key_is_an_error(tmp_path: Path, files: ServerFiles, now: datetime, name: str) -> None:
    """A certificate whose key is gone is an error that says so: a new key would change the pin silently."""
    (tmp_path / name).unlink()
    before = _contents(tmp_path)
    with pytest.raises(CertificateProblem, match=rf"{name} is missing: restore it from a backup"):
        _ensure(tmp_path, now)
    assert _contents(tmp_path) == before


@pytest.mark.parametrize("name", ["ca.pem", "server.pem"])
def test_lost_certificate_is_made_again(tmp_path: Path, files: ServerFiles, now: datetime, name: str) -> None:
    """A certificate that is gone is made again for its key, so its pin is the old one."""
    pins = _pins(files)
    (tmp_path / name).unlink()
    assert _ensure(tmp_path, now) == (files, True)
    assert _pins(files) == pins


def test_authority_with_another_key_is_an_error(tmp_path: Path, files: ServerFiles, now: datetime) -> None:
    """A CA certificate and a key that do not belong together are left for a person to sort out."""
    files.ca_key.write_bytes(encode_key(create_key()))
    with pytest.raises(CertificateProblem, match=r"ca\.pem is not the certificate of the key in .*ca\.key"):
        _ensure(tmp_path, now)


@pytest.mark.parametrize("name", ["ca.key", "server.key"])
def test_open_key_is_an_error(tmp_path: Path, files: ServerFiles, now: datetime, name: str) -> None:
    """A key that other users may read is refused with the remedy."""
    (tmp_path / name).chmod(0o640)
    with pytest.raises(CertificateProblem, match=rf"chmod 600 .*{name}"):
        _ensure(tmp_path, now)


def test_foreign_kinds_of_key_are_errors(tmp_path: Path, files: ServerFiles, now: datetime) -> None:
    """An RSA key, a key on another curve and one with a passphrase are refused, each with its reason."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    p384_key = ec.generate_private_key(ec.SECP384R1())
    for key in (rsa_key, p384_key):
        files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with pytest.raises(CertificateProblem, match="not an ECDSA P-256 key"):
            _ensure(tmp_path, now)
    locked = p384_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    files.key.write_bytes(locked)
    with pytest.raises(CertificateProblem, match="has a passphrase"):
        _ensure(tmp_path, now)


def test_bad_name_makes_nothing_new(tmp_path: Path, files: ServerFiles, now: datetime) -> None:
    """A name that is none is an error that changes no file."""
    before = _contents(tmp_path)
    with pytest.raises(InvalidName, match="two words"):
        _ensure(tmp_path, now, ["two words"])
    assert _contents(tmp_path) == before


def test_directory_that_is_a_file(tmp_path: Path, now: datetime) -> None:
    """A place where no directory can be is an error for people."""
    (tmp_path / "tls").write_bytes(b"")
    with pytest.raises(CertificateProblem, match="cannot be kept in"):
        _ensure(tmp_path / "tls", now)


def test_default_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default names are localhost, its addresses, and this machine's short and full name."""
    monkeypatch.setattr(socket, "gethostname", lambda: "Build-7")
    monkeypatch.setattr(socket, "getfqdn", lambda: "build-7.example.org")
    assert default_names() == ["localhost", "127.0.0.1", "::1", "build-7", "build-7.example.org"]


@pytest.mark.parametrize("strange", ["localhost", "", "two words", "büro", "1.0.0.127.in-addr.arpa"])
def test_default_names_are_usable(monkeypatch: pytest.MonkeyPatch, strange: str) -> None:
    """What a machine calls itself is left out when it is there already or no certificate can say it."""
    monkeypatch.setattr(socket, "gethostname", lambda: strange)
    monkeypatch.setattr(socket, "getfqdn", lambda: strange)
    assert default_names() == ["localhost", "127.0.0.1", "::1"]
