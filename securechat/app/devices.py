"""What devices log in with: tokens, and certificates of this server's own authority; and second factors."""

from securechat.app import authenticators
from securechat.chat.jobs import AuthenticatorMade, CodeChecked, KeyCertified, TokenMade
from securechat.storage.passwords import generate_token
from securechat.tls.devices import DeviceAuthority
from securechat.tls.errors import CertificateProblem

_LONGEST_SUBJECT = 64


class DeviceMaker:
    """Makes them. Any thread may call."""

    def __init__(self, authority: DeviceAuthority) -> None:
        self._authority = authority

    def token(self) -> TokenMade:
        """Return a new token."""
        return TokenMade(generate_token())

    def certify(self, account: str, device: str, key: bytes) -> KeyCertified:
        """Sign a certificate for a public key, in DER, or say why not."""
        try:
            return KeyCertified(*self._authority.certify(f"{account} {device}"[:_LONGEST_SUBJECT], key))
        except CertificateProblem as problem:
            return KeyCertified(b"", "", str(problem))

    def authenticator(self, account: str, issuer: str) -> AuthenticatorMade:
        """Return a new secret for a second factor, and recovery codes."""
        return authenticators.make(account, issuer)

    def check_code(self, secret: str, code: str, at: int) -> CodeChecked:
        """Look which step's code this is at a time in milliseconds."""
        return authenticators.check(secret, code, at)
