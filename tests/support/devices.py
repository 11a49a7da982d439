"""Makes what devices log in with, for servers that are tested without an authority."""

from securechat.chat.jobs import AuthenticatorMade, CodeChecked, KeyCertified, TokenMade


class FakeDevices:
    """One token, and certificates that are none."""

    def token(self) -> TokenMade:
        return TokenMade(f"sct_{'0' * 52}")

    def certify(self, account: str, device: str, key: bytes) -> KeyCertified:
        return KeyCertified(key, f"{account} {device}") if key else KeyCertified(b"", "", "this is no key")

    def authenticator(self, account: str, issuer: str) -> AuthenticatorMade:
        return AuthenticatorMade("A" * 32, f"otpauth://totp/{issuer}:{account}", ("0000-0000-0000-0000",))

    def check_code(self, secret: str, code: str, at: int) -> CodeChecked:
        return CodeChecked(at // 30_000 if code == "123456" else None)
