"""Makes what devices log in with, for servers that are tested without an authority."""

from securechat.chat.jobs import KeyCertified, TokenMade


class FakeDevices:
    """One token, and certificates that are none."""

    def token(self) -> TokenMade:
        return TokenMade(f"sct_{'0' * 52}")

    def certify(self, account: str, device: str, key: bytes) -> KeyCertified:
        return KeyCertified(key, f"{account} {device}") if key else KeyCertified(b"", "", "this is no key")
