"""A chain that clients refuse is refused before they see it, with what is wrong and what to do."""

from __future__ import annotations

import shutil
import ssl
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from securechat.tls.context import CertificateProblem, Checked, checked_context
from tests.support.chains import DAYS, Made, make, server, with_sha1, write


@pytest.fixture
def root(now: datetime) -> Made:
    """A private root."""
    return make("root", now, end=3650)


@pytest.fixture
def middle(now: datetime, root: Made) -> Made:
    """An intermediate of that root."""
    return make("intermediate", now, root)


@pytest.fixture
def leaf(now: datetime, middle: Made) -> Made:
    """A server's certificate of that intermediate."""
    return server(now, middle)


@pytest.fixture(autouse=True)
def no_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This system trusts nobody, unless a test says so."""
    empty = tmp_path / "no authorities"
    empty.mkdir()
    monkeypatch.setenv("SSL_CERT_DIR", str(empty))
    monkeypatch.setenv("SSL_CERT_FILE", str(empty / "none.pem"))


def trust(made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have this system trust an authority."""
    (tmp_path / "authorities.pem").write_bytes(made.certificate.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))


def check(now: datetime, files: tuple[Path, Path], *names: str) -> Checked:
    """Make a context as the server does."""
    return checked_context(*files, names=names, now=now)


def refused(now: datetime, files: tuple[Path, Path], *names: str) -> str:
    """Return why it cannot be made; the file is named."""
    with pytest.raises(CertificateProblem) as caught:
        check(now, files, *names)
    assert str(files[0]) in str(caught.value) or str(files[1]) in str(caught.value)
    return str(caught.value)


def test_a_whole_chain(tmp_path: Path, now: datetime, root: Made, middle: Made, leaf: Made) -> None:
    """With its private root there is nothing to say against it, and its first end counts."""
    short = make("intermediate", now, root, key=middle.key, end=DAYS - 1)
    checked = check(now, write(tmp_path, leaf, short, root), "chat.example.org")
    assert checked.remarks == ()
    assert checked.ends == short.certificate.not_valid_after_utc


def test_a_root_that_this_system_knows(
    tmp_path: Path, now: datetime, root: Made, middle: Made, leaf: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It need not be sent; without the intermediate clients find no way to it."""
    trust(root, monkeypatch, tmp_path)
    assert check(now, write(tmp_path, leaf, middle)).remarks == ()
    assert 'of "CN=intermediate", which this system does not know. Append' in refused(
        now, write(tmp_path, leaf)
    )
    direct = server(now, root)
    assert check(now, write(tmp_path, direct)).remarks == ()


def test_a_root_that_has_expired(tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that trusts it looks at its dates, too."""
    old = make("old root", now, begin=-900, end=-1)
    trust(old, monkeypatch, tmp_path)
    assert '"CN=old root" expired on 2031-02-28' in refused(now, write(tmp_path, server(now, old)))


def test_what_clients_do_not_use_may_have_expired(
    tmp_path: Path, now: datetime, root: Made, middle: Made, leaf: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A root that is sent, signed by an older one for old clients, does not matter to the others."""
    trust(root, monkeypatch, tmp_path)
    crossed = make("root", now, make("older root", now), key=root.key, begin=-900, end=-1)
    assert check(now, write(tmp_path, leaf, middle, crossed)).ends == leaf.certificate.not_valid_after_utc


def test_a_private_root_that_is_not_sent(tmp_path: Path, now: datetime, middle: Made, leaf: Made) -> None:
    """Clients may have it: the chain is used, and it is said what they need."""
    (remark,) = check(now, write(tmp_path, leaf, middle)).remarks
    assert 'does not know "CN=root"' in remark
    assert "only clients that were given that authority" in remark


def test_an_intermediate_is_missing(tmp_path: Path, now: datetime, root: Made, leaf: Made) -> None:
    """Alone, and between the certificate and its root."""
    assert 'ends with a certificate of "CN=intermediate"' in refused(now, write(tmp_path, leaf))
    text = refused(now, write(tmp_path, leaf, root))
    assert (
        '2 ("CN=root") did not issue certificate 1: "CN=intermediate" did, whose certificate is miss' in text
    )


def test_a_wrong_intermediate(tmp_path: Path, now: datetime, root: Made, leaf: Made) -> None:
    """Another name, or the right name with another key."""
    other, same = make("other", now, root), make("intermediate", now, root)
    assert '2 ("CN=other") did not issue certificate 1' in refused(now, write(tmp_path, leaf, other, root))
    assert "has the name of the issuer of number 1, but another key" in refused(
        now, write(tmp_path, leaf, same, root)
    )


def test_a_wrong_order(tmp_path: Path, now: datetime, root: Made, middle: Made, leaf: Made) -> None:
    """All there, but not one after the other."""
    assert "wrong order" in refused(now, write(tmp_path, leaf, root, middle))


def test_dates(tmp_path: Path, now: datetime, root: Made, middle: Made) -> None:
    """The certificate's and the intermediate's, before and after."""
    cases = [
        ([server(now, middle, end=-1), middle, root], "in .* expired on 2031-02-28 .*: renew it"),
        ([server(now, middle, begin=1), middle, root], "valid only from 2031-03-02"),
    ]
    for begin, end, found in ((-900, -1, "expired on 2031-02-28"), (1, 9, "is valid only from 2031-03-02")):
        wrong = make("intermediate", now, root, key=middle.key, begin=begin, end=end)
        cases.append(([server(now, middle), wrong, root], f'"CN=intermediate" {found}'))
    for chain, found in cases:
        with pytest.raises(CertificateProblem, match=found):
            check(now, write(tmp_path, *chain))
    check(now + timedelta(days=DAYS - 0.001), write(tmp_path, server(now, middle), middle, root))


def test_names(tmp_path: Path, now: datetime, root: Made, middle: Made) -> None:
    """One that is wanted and not there; none at all; and one that the authority may not stand for."""
    chain = write(tmp_path, server(now, middle), middle, root)
    assert "does not stand for irc.example.org, only for localhost" in refused(now, chain, "irc.example.org")
    nameless = write(tmp_path, server(now, middle, names=()), middle, root)
    assert "stands for no host name or address (SubjectAltName)" in refused(now, nameless)


def test_the_key_of_another(tmp_path: Path, now: datetime, root: Made, middle: Made, leaf: Made) -> None:
    """It is refused before it breaks a handshake."""
    files = write(tmp_path, leaf, middle, root)
    (tmp_path / "elsewhere").mkdir()
    _, other = write(tmp_path / "elsewhere", server(now, middle))
    assert "is not the key of the first certificate" in refused(now, (files[0], other))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_that_others_can_read(tmp_path: Path, now: datetime, root: Made, mode: int) -> None:
    """It is refused with the command that mends it."""
    (tmp_path / "my keys").mkdir()
    files = write(tmp_path / "my keys", server(now, root), root)
    files[1].chmod(mode)
    assert refused(now, files).endswith(f"is open to other users of this machine: chmod 600 '{files[1]}'")
    files[1].chmod(0o400)
    check(now, files)


def test_a_key_of_roots_may_be_a_groups(
    tmp_path: Path, now: datetime, root: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is not root's can be given root's key in no other way; others still may not read it."""
    files = write(tmp_path, server(now, root), root)
    if files[1].stat().st_uid != 0:
        pytest.skip("needs a file of root's")
    monkeypatch.setattr("securechat.tls.keys.os.geteuid", lambda: 1000)
    files[1].chmod(0o640)
    check(now, files)
    files[1].chmod(0o644)
    assert f"chmod 640 {files[1]}" in refused(now, files)


def test_a_key_with_a_passphrase(tmp_path: Path, now: datetime, root: Made) -> None:
    """Nobody is there to type it."""
    leaf = server(now, root)
    files = write(tmp_path, leaf, root)
    files[1].write_bytes(
        leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )
    assert "has a passphrase: store it without one" in refused(now, files)


def test_purposes(tmp_path: Path, now: datetime, root: Made, middle: Made) -> None:
    """A client's certificate, an authority's, and an intermediate that is none or not one for servers."""
    client = server(now, middle, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    assert "not meant for servers (no serverAuth)" in refused(now, write(tmp_path, client, middle, root))
    authority = server(now, middle, ca=True)
    assert "that of an authority (CA:TRUE)" in refused(now, write(tmp_path, authority, middle, root))
    for wrong, found in (
        (make("intermediate", now, root, ca=False), "invalid CA certificate"),
        (make("intermediate", now, root, usage=ExtendedKeyUsageOID.CLIENT_AUTH), "certificate purpose"),
    ):
        assert found in refused(now, write(tmp_path, server(now, wrong), wrong, root)).lower().replace(
            " ca ", " CA "
        )


def test_short_keys(tmp_path: Path, now: datetime, root: Made, middle: Made) -> None:
    """RSA below 2,048 bits, of the certificate and of the intermediate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    weak = make("intermediate", now, root, key=key)
    for chain in ([server(now, weak), weak, root], [server(now, middle, key=key), middle, root]):
        assert "key too small" in refused(now, write(tmp_path, *chain))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="only the openssl program signs with SHA-1")
def test_sha_1(tmp_path: Path, now: datetime, root: Made, middle: Made, leaf: Made) -> None:
    """As a signature of the certificate, and of the intermediate; that of a root is no matter."""
    old = with_sha1(leaf, middle, tmp_path / "leaf")
    assert "certificate 1 is signed with SHA1, which is broken" in refused(
        now, write(tmp_path, old, middle, root)
    )
    old = with_sha1(middle, root, tmp_path / "middle")
    assert "certificate 2 is signed with SHA1" in refused(now, write(tmp_path, leaf, old, root))
    old = with_sha1(root, root, tmp_path / "root")
    check(now, write(tmp_path, leaf, middle, old))


def test_a_certificate_that_is_its_own_authority(tmp_path: Path, now: datetime) -> None:
    """People pin it; what `openssl req -x509` makes is used, with what some clients have against it."""
    assert check(now, write(tmp_path, server(now, None))).remarks == ()
    (remark,) = check(now, write(tmp_path, server(now, None, ca=True, usage=None, bare=True))).remarks
    assert "(CA:TRUE), which some clients do not take" in remark


def test_what_strict_clients_refuse(tmp_path: Path, now: datetime) -> None:
    """A private root without key usage is used, and it is said who refuses it."""
    root = make("root", now, bare=True)
    (remark,) = check(now, write(tmp_path, server(now, root), root)).remarks
    assert "such as Python's from 3.13 on, refuse the chain" in remark


def test_what_is_damaged(tmp_path: Path, now: datetime, root: Made) -> None:
    """A certificate whose inside cannot be read is a problem for people, not a traceback."""
    leaf = server(now, root)
    files = write(tmp_path, leaf, root)
    der = leaf.certificate.public_bytes(Encoding.DER)
    # The list of names becomes something else; only whoever asks for the names sees it.
    broken = der.replace(b"\x82\x09localhost", b"\xff\x09localhost")
    assert broken != der
    files[0].write_text(ssl.DER_cert_to_PEM_cert(broken))
    assert refused(now, files)


def test_files_that_are_exchanged_while_they_are_read(
    tmp_path: Path, now: datetime, root: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was looked at is what is used."""
    leaf = server(now, root)
    files = write(tmp_path, leaf, root)
    (tmp_path / "new").mkdir()
    later = write(tmp_path / "new", server(now, root, end=1, key=leaf.key), root)
    load = ssl.SSLContext.load_cert_chain

    def exchanged(context: ssl.SSLContext, certificate: Path, key: Path, password: str) -> None:
        shutil.copy(later[0], certificate)
        load(context, certificate, key, password)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", exchanged)
    assert "was replaced while it was read: try again" in refused(now, files)
