"""This computer as a device of an account: how it gets a key of its own, keeps it, and has it renewed.

Theory of operation. The front end offers it (`offered`), and hands `begin` to the I/O thread. That makes a
key and asks the server to let it in; the answer comes as an event, which `watch` takes before the front end
sees it: it keeps key and certificate, and lets the next connection log in with them. What is told of it are
`Enrolled` and `NotEnrolled`. A computer that has logged in with its key has that renewed at a login, once a
month has gone, so that its end comes only when it is not used for a year.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from securechat.client.device_events import Certified, Enrolled, NotEnrolled
from securechat.client.errors import ClientError, CredentialError
from securechat.client.events import Answered, Event, Failed, Ready
from securechat.client.network.devices import DeviceFiles, Kept, names, own_name
from securechat.client.network.trust import Trust
from securechat.client.protocol.registration import DURABLE
from securechat.client.protocol.session import Session

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

MONTH_MS: Final = 30 * 24 * 3600 * 1000
YEAR_MS: Final = 365 * 24 * 3600 * 1000
_LABEL: Final = "device"
_TAKEN: Final = "DEVICE_EXISTS"


class Enrolment:
    """What this computer is for one account on one server. `begin` and `watch` are the I/O thread's."""

    def __init__(self, files: DeviceFiles, trust: Trust, account: str, kept: Kept | None) -> None:
        self.kept = kept
        self.offered = self.wanted = False
        """Whether the person is to be asked, and whether it is to be done without that."""
        self._files = files
        self._trust = trust
        self._account = account
        self._key: EllipticCurvePrivateKey | None = None
        self._code = ""
        self._name = ""
        self._names: Iterator[str] = iter(())
        self._asking = False

    def declined(self) -> bool:
        """Whether the person did not want it before. Raises CredentialError."""
        kept = self._files.find(self._trust.address, self._account)
        return kept is not None and not kept.device

    def decline(self) -> None:
        """The person does not want it, and is not to be asked again. Raises CredentialError."""
        self._files.decline(self._trust.address, self._account)
        self.offered, self.kept = False, None

    def begin(self, session: Session, code: str = "") -> None:
        """Ask for it; `code` is that of an authenticator, for an account that has one."""
        from cryptography.hazmat.primitives.asymmetric import ec

        self.offered = self.wanted = False
        self._key, self._code, self._names = ec.generate_private_key(ec.SECP256R1()), code, names()
        self._ask(session, next(self._names))

    def watch(self, session: Session, events: Sequence[Event]) -> list[Event]:
        """Take the events that are for this, and return those that are for the front end."""
        return [told for event in events for told in self._watch(session, event)]

    def _watch(self, session: Session, event: Event) -> list[Event]:
        match event:
            case Certified():
                return self._certified(session, event)
            case Failed() if event.label == _LABEL:
                return []  # the request's end says the same
            case Answered() if event.label == _LABEL:
                return self._answered(session, event)
            case Ready():
                if DURABLE not in session.granted:  # another server: it takes no keys of ours
                    self.offered = self.wanted = False
                self._renew(session)
        return [event]

    def _ask(self, session: Session, name: str) -> None:
        from base64 import b64encode

        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        assert self._key is not None, "it was made"
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        code = (self._code,) if self._code else ()
        key = b64encode(public).decode()
        self._name, self._asking = name, True
        session.request("DEVICE", "KEY", self._name, key, *code, label=_LABEL)

    def _answered(self, session: Session, answer: Answered) -> list[Event]:
        self._asking = False
        if answer.refused is None:
            return []
        following = next(self._names, None) if self._key is not None else None
        if answer.refused.code == _TAKEN and following is not None:
            self._ask(session, following)
            return []
        return self._given_up(answer.refused)

    def _given_up(self, reason: ClientError) -> list[Event]:
        asked, self._key = self._key is not None, None
        return [NotEnrolled(reason)] if asked else []

    def _renew(self, session: Session) -> None:
        """Have the server let this computer in for longer, if it came in by its key and a month has gone."""
        used = session.credentials.device is not None
        if used and self.kept is not None and self.kept.until - session.now.wall < YEAR_MS - MONTH_MS:
            self._name, self._asking = self.kept.device, True
            session.request("DEVICE", "RENEW", label=_LABEL)

    def _certified(self, session: Session, event: Certified) -> list[Event]:
        if not self._asking or event.name.lower() != self._name.lower():
            return []
        try:
            if self._key is None:
                return self._renewed(event)
            path = self._files.keep(self._device(event), _pem(self._key, event.certificate))
        except CredentialError as error:
            return self._given_up(error)
        self._key = None
        self._trust.certificate = path
        session.credentials = replace(session.credentials, password="", device=path)
        return [Enrolled(self._name, event.until)]

    def _renewed(self, event: Certified) -> list[Event]:
        if self.kept is not None:
            self._files.renew(self.kept, event.until)
            self.kept = replace(self.kept, until=event.until)
        return []

    def _device(self, event: Certified) -> Kept:
        server, account = str(self._trust.address), own_name(self._account)
        self.kept = Kept(server, account, self._name, event.until, self._trust.anchors)
        return self.kept


def _pem(key: "EllipticCurvePrivateKey", certificate: bytes) -> bytes:
    """Return certificate and key as a file has them. Raises CredentialError unless they are of each other."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    try:
        signed = x509.load_der_x509_certificate(certificate)
        if signed.public_key() != key.public_key():
            raise ValueError("it is for another key")
    except ValueError as error:
        raise CredentialError(f"the certificate that the server made cannot be used: {error}") from error
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return signed.public_bytes(Encoding.PEM) + secret
