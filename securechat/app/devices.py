"""What devices log in with: tokens, and certificates of this server's own authority."""

from securechat.chat.jobs import KeyCertified, TokenMade
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
