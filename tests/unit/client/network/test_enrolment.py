"""How this computer becomes a device, and stays one: with a server that is played line by line."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from cryptography.x509.oid import NameOID

from securechat.client.address import Address
from securechat.client.device_events import Enrolled, NotEnrolled
from securechat.client.errors import CredentialError, DeviceRefused, LoginFailed, Refused
from securechat.client.events import Event
from securechat.client.network.devices import DeviceFiles, Kept
from securechat.client.network.enrolment import MONTH_MS, YEAR_MS, Enrolment
from securechat.client.network.trust import Trust, settle
from securechat.client.paths import Places
from securechat.client.protocol.registration import WANTED, Credentials
from securechat.irc.sasl import chunks
from securechat.irc.timestamp import format_ms
from tests.unit.client.certificates import Workshop
from tests.unit.client.wire import START, Wire

HERE = Address("chat.example.org")
NEXT_YEAR = START.wall + YEAR_MS
OFFER = " ".join(sorted(WANTED))


def certificate_for(key: str) -> bytes:
    """A certificate for a public key that was sent, in DER."""
    public = load_der_public_key(b64decode(key))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alice laptop")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, public, 1, now, now + timedelta(days=1))
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.DER)


class Stage:
    """Alice, who has logged in, and her computer."""

    def __init__(self, trust: Trust, files: DeviceFiles, kept: Kept | None = None) -> None:
        self.trust, self.files = trust, files
        self.wire = Wire()
        self.enrolment = Enrolment(files, trust, "alice", kept)
        if kept is not None:
            self.wire.session.credentials = Credentials("alice", device=files.path(HERE, "alice"))

    def log_in(self) -> list[Event]:
        """Complete the login."""
        self.wire.log_in()
        return self.watched()

    def begin(self, code: str = "") -> list[str]:
        """Ask for a key; return what is sent, in words."""
        self.enrolment.begin(self.wire.session, code)
        return self.wire.sent()[-1].split(" ")

    def answer(self, *lines: str) -> list[Event]:
        """The server answers with lines; return what the front end is told."""
        batch = (
            "@label=device :s BATCH +b labeled-response",
            *(f"@batch=b {line}" for line in lines),
            ":s BATCH -b",
        )
        self.wire.says(*batch)
        return self.watched()

    def watched(self) -> list[Event]:
        return self.enrolment.watch(self.wire.session, self.wire.events())


def certified(certificate: bytes, name: str, until: int = NEXT_YEAR) -> list[str]:
    """What the server says when it has signed."""
    pieces = [f":s DEVICE CERTIFICATE {name} {piece}" for piece in chunks(certificate)]
    return [*pieces, f":s DEVICE UNTIL {name} {format_ms(until)}"]


@pytest.fixture(autouse=True)
def computer(monkeypatch: pytest.MonkeyPatch) -> None:
    """This computer is called laptop."""
    monkeypatch.setattr("socket.gethostname", lambda: "laptop")


@pytest.fixture
def stage(workshop: Workshop, places: Places) -> Callable[..., Stage]:
    trust = settle(HERE, places, ca=workshop.ca_file())
    return lambda kept=None: Stage(trust, DeviceFiles(places.devices), kept)


def test_a_key_is_made_certified_and_kept(stage: Callable[..., Stage]) -> None:
    """From then on the connection shows it, and the password is not even in memory any more."""
    alice = stage()
    alice.log_in()
    alice.wire.sent()
    _, command, subcommand, name, key = alice.begin()
    assert (command, subcommand, name) == ("DEVICE", "KEY", "laptop")
    assert alice.answer(*certified(certificate_for(key), "laptop")) == [Enrolled("laptop", NEXT_YEAR)]
    kept = alice.files.find(HERE, "alice")
    assert kept == Kept(str(HERE), "alice", "laptop", NEXT_YEAR, alice.trust.anchors)
    path = alice.files.path(HERE, "alice")
    assert alice.trust.certificate == path
    assert alice.wire.session.credentials == Credentials("alice", device=path)
    private = path.read_bytes()
    assert b"PRIVATE KEY" in private and b"BEGIN CERTIFICATE" in private


def test_a_name_that_is_taken_gets_a_number(stage: Callable[..., Stage]) -> None:
    """The person is not bothered with it; the key stays the same."""
    alice = stage()
    alice.log_in()
    alice.wire.sent()
    first = alice.begin("123456")
    assert alice.answer(":s FAIL DEVICE DEVICE_EXISTS laptop :alice has a device") == []
    second = alice.wire.sent()[0].split(" ")
    assert second[1:] == ["DEVICE", "KEY", "laptop-2", first[4], "123456"]


def test_a_server_that_takes_no_name_is_not_asked_for_ever(stage: Callable[..., Stage]) -> None:
    """It is refused in the end, as by any other server, and the connection goes on."""
    alice = stage()
    alice.log_in()
    alice.begin()
    told: list[Event] = []
    for _ in range(200):
        told += alice.answer(":s FAIL DEVICE DEVICE_EXISTS laptop :alice has a device")
        if told:
            break
    (refused,) = told
    assert isinstance(refused, NotEnrolled) and isinstance(refused.reason, Refused)


def test_what_the_server_refuses_is_told(stage: Callable[..., Stage]) -> None:
    """Nothing is kept then."""
    alice = stage()
    alice.log_in()
    alice.begin()
    (told,) = alice.answer(":s FAIL DEVICE LIMIT_REACHED laptop :You have 50 devices")
    assert isinstance(told, NotEnrolled) and isinstance(told.reason, Refused)
    assert told.reason.code == "LIMIT_REACHED"
    assert alice.files.all() == []


def test_a_certificate_of_another_key_is_not_kept(stage: Callable[..., Stage]) -> None:
    """Nor is what is none."""
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    wrong = b64encode(other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    for certificate in (certificate_for(wrong), b"nothing"):
        alice = stage()
        alice.log_in()
        alice.begin()
        (told,) = alice.answer(*certified(certificate, "laptop"))
        assert isinstance(told, NotEnrolled) and isinstance(told.reason, CredentialError)
        assert alice.files.all() == [] and alice.trust.certificate is None


def test_what_nobody_asked_for_changes_nothing(stage: Callable[..., Stage]) -> None:
    """A server that speaks of devices unasked makes no file."""
    alice = stage()
    alice.log_in()
    alice.wire.says(
        *certified(b"x" * 900, "laptop"), ":s DEVICE UNTIL laptop nonsense", ":s DEVICE", ":s DEVICE X"
    )
    alice.wire.says(f":s DEVICE CERTIFICATE laptop {'x' * 401}", ":s DEVICE CERTIFICATE laptop ===")
    assert alice.watched() == []
    assert alice.files.all() == []


def test_a_disk_that_is_full(stage: Callable[..., Stage], places: Places) -> None:
    """The key is not used, since the next start would not have it."""
    places.devices.parent.mkdir(parents=True, exist_ok=True)
    places.devices.write_text("no directory")
    alice = stage()
    alice.log_in()
    alice.wire.sent()
    key = alice.begin()[4]
    (told,) = alice.answer(*certified(certificate_for(key), "laptop"))
    assert isinstance(told, NotEnrolled) and "cannot be kept" in str(told.reason)
    assert alice.wire.session.credentials.password == "secret"


@pytest.mark.parametrize(("left", "renews"), [(YEAR_MS, False), (YEAR_MS - MONTH_MS - 1, True)])
def test_a_key_is_renewed_once_a_month(stage: Callable[..., Stage], left: int, renews: bool) -> None:
    """When the computer logs in with it; the new end is kept."""
    kept = Kept(str(HERE), "alice", "laptop", START.wall + left, ("sha256:a",))
    alice = stage(kept)
    alice.files.keep(kept, b"PEM\n")
    alice.log_in()
    assert any("DEVICE RENEW" in line for line in alice.wire.sent()) is renews
    alice.wire.says(f"@label=device :s DEVICE UNTIL laptop {format_ms(NEXT_YEAR + 5)}")
    assert alice.watched() == []
    found = alice.files.find(HERE, "alice")
    assert found is not None and (found.until == NEXT_YEAR + 5) is renews


def test_a_server_that_renews_nothing(stage: Callable[..., Stage]) -> None:
    """Nobody has to know that."""
    kept = Kept(str(HERE), "alice", "laptop", START.wall, ("sha256:a",))
    alice = stage(kept)
    alice.files.keep(kept, b"PEM\n")
    alice.log_in()
    alice.wire.says("@label=device :s 421 alice DEVICE :Unknown command")
    assert alice.watched() == []


# The login itself


def coming(*lines: str) -> Wire:
    """A login by key, up to these lines of the server."""
    wire = Wire()
    wire.session.credentials = Credentials("alice@work", device=Path("key.pem"))
    wire.reconnect()
    wire.sent()
    wire.says(*lines)
    return wire


def test_a_login_by_key() -> None:
    """SASL EXTERNAL names the account and the session, and no secret is sent."""
    wire = coming(f":s CAP * LS :{OFFER} sasl=PLAIN,EXTERNAL", f":s CAP * ACK :{OFFER}")
    assert wire.sent()[-1] == "AUTHENTICATE EXTERNAL"
    wire.says("AUTHENTICATE +")
    assert wire.sent() == [f"AUTHENTICATE {b64encode(b'alice@work').decode()}"]
    wire.says(":s 903 alice :ok")
    assert wire.sent() == ["CAP END"]


@pytest.mark.parametrize(
    "lines",
    [
        (f":s CAP * LS :{OFFER} sasl=PLAIN",),
        (f":s CAP * LS :{OFFER}", f":s CAP * ACK :{OFFER}", ":s 908 * PLAIN :are available"),
        (f":s CAP * LS :{OFFER}", f":s CAP * ACK :{OFFER}", "AUTHENTICATE +", ":s 904 * :No such device"),
    ],
)
def test_a_key_that_is_not_taken(lines: tuple[str, ...]) -> None:
    """The person is told what may be the matter, and it is no failure that passes by waiting."""
    failure = coming(*lines).session.failure
    assert isinstance(failure, DeviceRefused) and isinstance(failure, LoginFailed)
    assert "revoked" in str(failure) and not failure.temporary
