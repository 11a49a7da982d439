"""Which server is the right one. A wrong answer here gives the password away.

Theory of operation. These decide, in this order: the CA file that the person names; the pin that the
person names; `known_servers`; and only for a server that is in none of these the authorities of this system
and, on the machine itself, the CA of a server that this user runs. When a terminal is there and the issuer is
unknown to all of them, the person may compare the pin and trust the server, which makes it a known one.

`settle` picks a `Trust` before any password is asked for. Every connection, also each one after a lost one,
gets its context from it and is fully verified by OpenSSL: chain, host name, dates. A pin is a key's: it says
which of the certificates that the server sends is the anchor, so its certificate is looked up on a connection
of its own (`chain.look`) and kept in the directory `pinned`, to be looked up again only when it does not fit
any more.
"""

import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from securechat.client.address import Address
from securechat.client.errors import DeviceRefused, TrustError
from securechat.client.kept.known_servers import KnownServers
from securechat.client.network import chain, dialing
from securechat.client.paths import Places, write_own
from securechat.tls.errors import CertificateProblem
from securechat.tls.pins import pin_of_der

WHERE_THE_PIN_IS: Final = (
    "Compare its pin with the one that this command prints on the server's host:",
    "  securechat certs show --data-dir DIR  (DIR is where the server keeps its data)",
    "If scripts/quickstart runs the server, in its clone:",
    "  .venv/bin/securechat certs show --data-dir .quickstart",
)
"""How a person finds the pin to compare, line by line."""


@dataclass(frozen=True, slots=True)
class UnknownServer:
    """A server whose issuer nobody here knows, with the pin that a person should compare."""

    address: Address
    pin: str


Ask = Callable[[UnknownServer], bool]
"""Ask the person whether this is the right server."""


class Trust(ABC):
    """Makes contexts that accept one server only. Used by one thread at a time."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.looked = False
        """Whether a verified connection was made, so that it is known what a person would hear only later."""
        self.certificate: Path | None = None
        """The file with the certificate and key that the server, once it is verified, is shown."""

    @property
    @abstractmethod
    def anchors(self) -> tuple[str, ...]:
        """The pins of the keys that this trust stands on; none are the authorities of this system.

        Raises TrustError.
        """

    @abstractmethod
    def context(self) -> ssl.SSLContext:
        """Return the context for the next connection. Raises TrustError, Unreachable."""

    @abstractmethod
    def reconsider(self, error: ssl.SSLCertVerificationError) -> None:
        """A certificate was not accepted: return if another anchor may fit now, else raise TrustError."""

    def verified(self) -> None:  # noqa: B027 (most have nothing to do)
        """A connection was made and is verified."""


class FileTrust(Trust):
    """Trust in the CA file that the person named."""

    def __init__(self, address: Address, path: Path) -> None:
        super().__init__(address)
        self._path = path
        self._context = chain.file_context(path)

    @property
    def anchors(self) -> tuple[str, ...]:
        return _pins(self._path)

    def context(self) -> ssl.SSLContext:
        return self._context

    def reconsider(self, error: ssl.SSLCertVerificationError) -> None:
        reason = chain.explain(error, self.address)
        raise TrustError(
            reason or f"the certificate of {self.address} was not issued by the CA in {self._path}"
        )


class SystemTrust(Trust):
    """Trust in this system's authorities and, on the machine itself, in the CA of the user's own server."""

    def __init__(self, address: Address, own_ca: Path) -> None:
        super().__init__(address)
        self._own = [own_ca] if address.is_loopback and own_ca.is_file() else []
        self._context = chain.system_context(*self._own)

    @property
    def anchors(self) -> tuple[str, ...]:
        return tuple(pin for path in self._own for pin in _pins(path))

    def context(self) -> ssl.SSLContext:
        return self._context

    def reconsider(self, error: ssl.SSLCertVerificationError) -> None:
        reason = chain.explain(error, self.address)
        if reason is not None:
            raise TrustError(reason)
        pin = _pin(chain.anchor_to_offer(chain.look(self.address)))
        raise TrustError(
            "\n".join(
                (
                    f"the certificate of {self.address} comes from an unknown authority.",
                    *WHERE_THE_PIN_IS,
                    "If the two pins are the same, add this to your command:",
                    f"  --pin {pin}",
                )
            )
        )


class PinTrust(Trust):
    """Trust in a key: some certificate that the server sends has it, and all else is verified from there.

    `known` says that the pin comes from known_servers; `remember` is where to add the server once it is
    verified.
    """

    def __init__(
        self,
        address: Address,
        pin: str,
        pinned: Path,
        *,
        known: bool = False,
        remember: KnownServers | None = None,
    ) -> None:
        super().__init__(address)
        self._pin = pin
        self._path = pinned / f"{pin.partition(':')[2]}.pem"
        self._known = known
        self._remember = remember
        self._fresh: bytes | None = None
        self._context: ssl.SSLContext | None = self._kept()

    @property
    def anchors(self) -> tuple[str, ...]:
        return (self._pin,)

    def context(self) -> ssl.SSLContext:
        if self._context is None:
            self._fresh = self._look_up()
            self._context = chain.anchored_context(self._fresh)
        return self._context

    def reconsider(self, error: ssl.SSLCertVerificationError) -> None:
        """The certificate of a key may have been renewed since it was kept, so look it up once more."""
        if self._fresh is not None:
            reason = chain.explain(error, self.address)
            raise TrustError(
                reason or f"{self.address} sent the pinned certificate, but its own was not issued by it"
            )
        self._context = None

    def verified(self) -> None:
        if self._fresh is not None:
            # It only saves looking it up the next time; where nothing can be written, the pin is enough.
            with suppress(OSError):
                write_own(self._path, ssl.DER_cert_to_PEM_cert(self._fresh).encode())
            self._fresh = None
        if self._remember is not None:
            self._remember.add(self.address, self._pin)
            self._remember = None

    def _kept(self) -> ssl.SSLContext | None:
        try:
            return chain.anchored_context(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError):  # not there, or damaged
            return None

    def _look_up(self) -> bytes:
        sent = chain.look(self.address)
        for certificate in sent:
            if _pin(certificate) == self._pin:
                return certificate
        raise TrustError(self._changed(_pin(chain.anchor_to_offer(sent))))

    def _changed(self, sent: str) -> str:
        if not self._known:
            return f"{self.address} is not the server with this pin.\n  wanted: {self._pin}\n  sent:   {sent}"
        return (
            f"the key of {self.address} has changed.\n"
            f"  known: {self._pin}\n  sent:  {sent}\n"
            "Somebody may be between you and the server, or the server has a new CA.\n"
            "Nothing was sent to it. Ask the person who runs the server for the pin that\n"
            "`securechat certs show --data-dir DIR` prints there. If it is the one that was sent,\n"
            "forget the old one with:\n"
            f"  securechat trust remove {self.address}"
        )


def settle(
    address: Address,
    places: Places,
    *,
    ca: Path | None = None,
    pin: str | None = None,
    ask: Ask | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Trust:
    """Decide whom to trust, and ask the person if only they can know. `ask` is None where nobody can be
    asked.

    Nothing secret is sent. Raises TrustError; Unreachable when it had to look at the server and could not.
    """
    if ca is not None:
        return FileTrust(address, ca)
    if pin is not None:
        return PinTrust(address, pin, places.pinned)
    known = KnownServers(places.known_servers)
    remembered = known.pin_of(address)
    if remembered is not None:
        return PinTrust(address, remembered, places.pinned, known=True)
    trust = SystemTrust(address, places.own_ca)
    if ask is None:
        return trust
    try:
        chain.rehearse(address, trust.context())
        trust.looked = True
    except ssl.SSLCertVerificationError as error:
        if chain.explain(error, address) is not None:
            trust.reconsider(error)
        return _ask_about(address, places, known, ask, now())
    return trust


def settle_invited(address: Address, pin: str, places: Places, *, ask: Ask | None = None) -> Trust:
    """Decide whom an invitation means; `pin` is "" where it has none. As `settle`.

    Nobody is trusted by it for good: `remember` does that. Raises TrustError when another key is known.
    """
    if not pin:
        return settle(address, places, ask=ask)
    known = KnownServers(places.known_servers).pin_of(address)
    if known is not None and known != pin:
        raise TrustError(
            f"you know {address} by another key than the invitation names.\n"
            f"  known:      {known}\n  invitation: {pin}\n"
            "Nothing was sent. Ask the person who runs the server which of them is right. If it is the\n"
            f"invitation's, forget the other one with:\n  securechat trust remove {address}"
        )
    return PinTrust(address, pin, places.pinned)


def remember(address: Address, pin: str, places: Places) -> None:
    """Trust a server by its pin from now on. Raises TrustError when that cannot be kept."""
    known = KnownServers(places.known_servers)
    if pin and known.pin_of(address) is None:
        known.add(address, pin)


def _ask_about(address: Address, places: Places, known: KnownServers, ask: Ask, now: datetime) -> Trust:
    sent = chain.look(address)
    chain.check_name_and_dates(sent[0], address, now)
    pin = _pin(chain.anchor_to_offer(sent))
    if not ask(UnknownServer(address, pin)):
        raise TrustError(f"{address} is not trusted: nothing was sent to it")
    return PinTrust(address, pin, places.pinned, remember=known)


def look(trust: Trust) -> None:
    """See whether the server is the one that is trusted, before a person types a secret for it.

    Raises TrustError, Unreachable.
    """
    if not trust.looked:
        connect(trust).close()
        trust.looked = True


def connect(trust: Trust, wait: dialing.Wait = dialing.wait) -> ssl.SSLSocket:
    """Make a connection to the server that is trusted, fully verified.

    Raises TrustError, Unreachable, and DeviceRefused when the certificate to show cannot be used.
    """
    try:
        tls = dialing.connect(trust.address, _showing(trust), wait)
    except ssl.SSLCertVerificationError as error:
        trust.reconsider(error)
        tls = _connect_again(trust, wait)
    try:
        trust.verified()
    except BaseException:
        tls.close()
        raise
    return tls


def _connect_again(trust: Trust, wait: dialing.Wait) -> ssl.SSLSocket:
    try:
        return dialing.connect(trust.address, _showing(trust), wait)
    except ssl.SSLCertVerificationError as error:
        trust.reconsider(error)
        raise TrustError(f"{trust.address} keeps changing its certificates") from error


def _showing(trust: Trust) -> ssl.SSLContext:
    """Return the context for the next connection. In TLS 1.3 the server has to prove itself first."""
    made = trust.context()
    if trust.certificate is not None:
        try:
            made.load_cert_chain(trust.certificate)
        except OSError as error:  # ssl.SSLError is one
            reason = error.strerror or "it is damaged"
            raise DeviceRefused(
                f"the key of this computer in {trust.certificate} cannot be used ({reason}): "
                f"forget it with `securechat trust forget {trust.address}`"
            ) from error
    return made


def _pins(path: Path) -> tuple[str, ...]:
    from securechat.tls.pins import pin, read_certificates

    try:
        return tuple(pin(certificate) for certificate in read_certificates(path))
    except CertificateProblem as error:
        raise TrustError(str(error)) from error


def _pin(certificate: bytes) -> str:
    try:
        return pin_of_der(certificate)
    except CertificateProblem as error:
        raise TrustError(str(error)) from error
