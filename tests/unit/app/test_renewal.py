"""A running server renews its own certificate: once an hour it looks whether the time has come."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from securechat.app.configuration import Loaded, load
from securechat.app.running import Running
from securechat.tls.authority import Authority, issue_server
from securechat.tls.files import ServerFiles
from securechat.tls.keys import read_key
from securechat.tls.pins import read_certificates
from tests.support.chains import make, server, write

HOUR = 3600.0


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the server."""
    clock = Clock()
    monkeypatch.setattr("securechat.app.running.time.monotonic", clock)
    return clock


def read() -> Loaded:
    """Return a configuration of defaults."""
    return load(None, {}, {})


def serial(directory: Path) -> int:
    """Return the serial number of the server's certificate."""
    return read_certificates(ServerFiles.under(directory).certificate)[0].serial_number


def age(directory: Path, days: int) -> int:
    """Replace the server's certificate by one that was made so many days ago; return its serial number."""
    files = ServerFiles.under(directory)
    (authority,) = read_certificates(files.ca)
    authority_key, key = read_key(files.ca_key), read_key(files.key)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    names = read_certificates(files.certificate)[0].extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    made = datetime.now(UTC) - timedelta(days=days)
    leaf = issue_server(
        Authority(authority, authority_key), [str(name.value) for name in names.value], made, key=key
    )
    chain = leaf.certificate.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM)
    files.certificate.write_bytes(chain)
    return leaf.certificate.serial_number


@pytest.fixture
def running(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Running:
    """A server whose authority is old enough to have issued certificates a while ago."""
    past = datetime.now(UTC) - timedelta(days=85)
    with monkeypatch.context() as patch:
        patch.setattr("securechat.app.certificates._now", lambda: past)
        Running(tmp_path, read, read().config, 1024)
    return Running(tmp_path, read, read().config, 1024)


def test_a_certificate_near_its_end_is_renewed(tmp_path: Path, clock: Clock, running: Running) -> None:
    """After an hour at the latest, and new connections get it; old ones are not touched."""
    old = age(tmp_path, 70)
    context = running.tls.current
    clock.seconds += HOUR - 1
    running.renew_certificate()
    assert (serial(tmp_path), running.tls.current) == (old, context)
    clock.seconds += 1
    running.renew_certificate()
    assert serial(tmp_path) != old
    assert running.tls.current is not context


def test_a_fresh_certificate_stays(tmp_path: Path, clock: Clock, running: Running) -> None:
    """Looking at it changes nothing."""
    old, context = serial(tmp_path), running.tls.current
    for _ in range(3):
        clock.seconds += HOUR
        running.renew_certificate()
    assert (serial(tmp_path), running.tls.current) == (old, context)


def test_a_renewal_that_fails_is_logged_and_tried_again(
    tmp_path: Path, clock: Clock, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """The server goes on with the certificate that it has."""
    old, context = age(tmp_path, 70), running.tls.current
    key = ServerFiles.under(tmp_path).ca_key
    away = key.rename(key.with_suffix(".away"))
    clock.seconds += HOUR
    running.renew_certificate()
    assert "the certificate could not be renewed" in caplog.text
    assert str(key) in caplog.text
    assert (serial(tmp_path), running.tls.current) == (old, context)
    away.rename(key)
    running.renew_certificate()
    assert serial(tmp_path) == old
    clock.seconds += HOUR
    running.renew_certificate()
    assert serial(tmp_path) != old


def test_a_certificate_of_a_wrong_clock_is_made_again(
    tmp_path: Path, clock: Clock, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that is a year ahead makes one for then; a minute after it is right there is a new one."""
    wrong = timedelta(days=365)
    for module in ("running", "certificates"):
        monkeypatch.setattr(f"securechat.app.{module}._now", lambda: datetime.now(UTC) + wrong)
    old = serial(tmp_path)
    clock.seconds += 60
    running.renew_certificate()
    ahead = serial(tmp_path)
    assert ahead != old
    wrong = timedelta()
    clock.seconds += 59
    running.renew_certificate()
    assert serial(tmp_path) == ahead
    clock.seconds += 1
    running.renew_certificate()
    (leaf, _) = read_certificates(ServerFiles.under(tmp_path).certificate)
    assert leaf.serial_number != ahead
    assert leaf.not_valid_before_utc <= datetime.now(UTC)


def test_the_end_of_a_configured_certificate_is_said(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """At the start, then once a day, and at a reload of the same one not again; `status` says it, too."""
    now = datetime.now(UTC)
    root = make("root", now)
    certificate, key = write(tmp_path, server(now, root, end=20), root)
    environment = {"SECURECHAT_TLS__CERTIFICATE": str(certificate), "SECURECHAT_TLS__KEY": str(key)}

    def configured() -> Loaded:
        return load(None, environment, {})

    running = Running(tmp_path / "data", configured, configured().config, 1024)
    for _ in range(49):
        clock.seconds += HOUR
        running.renew_certificate()
    told = [line for line in caplog.messages if "ends in 19 days" in line]
    assert len(told) == 3
    assert f"renew {certificate} where it came from, then run `securechat reload`" in told[0]
    assert running.facts()["certificate.state"] == "ends in 19 days"
