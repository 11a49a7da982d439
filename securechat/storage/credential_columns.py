"""The columns of what people prove themselves by, besides the passwords of `accounts`."""

from sqlalchemy import BigInteger, Column, Named, Text, TypedColumns


class InvitationColumns(TypedColumns):
    """Codes with which accounts can still be made; `code` is the code's hash."""

    code: Named[str] = Column(Text, primary_key=True)
    uses: Named[int] = Column(BigInteger)
    expires: Named[int] = Column(BigInteger)
    created: Named[int] = Column(BigInteger)


class DeviceColumns(TypedColumns):
    """What may log in to an account without its password; `key` is the hash of its token or public key."""

    key: Named[str] = Column(Text, primary_key=True)
    account: Named[int] = Column(BigInteger)
    name: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    created: Named[int] = Column(BigInteger)
    expires: Named[int] = Column(BigInteger)
    used: Named[int] = Column(BigInteger)


class AuthenticatorColumns(TypedColumns):
    """An account's second factor (TOTP), as in `records.Authenticator`; `recovery` has blanks between."""

    account: Named[int] = Column(BigInteger, primary_key=True)
    secret: Named[str] = Column(Text)
    since: Named[int] = Column(BigInteger)
    step: Named[int] = Column(BigInteger)
    recovery: Named[str] = Column(Text)
