"""Jobs about what proves a person, and their results: passwords, devices, second factors."""

from dataclasses import dataclass, field

from securechat.chat.link import Link


@dataclass(frozen=True, slots=True, eq=False)
class CheckPassword:
    """Verify `password` against `phc`; None is an account that does not exist and costs the same time.

    `familiar` says that people log in from this network, whatever account this is about.
    """

    link: Link
    phc: str | None
    password: str = field(repr=False)
    familiar: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class HashPassword:
    """Hash a new password, if it is one that may be set."""

    link: Link
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class MakeToken:
    """Make a token for a device."""

    link: Link


@dataclass(frozen=True, slots=True, eq=False)
class CertifyKey:
    """Sign a certificate for a device's public key: `key` is its SubjectPublicKeyInfo, in DER.

    The names of account and device are for people who look at the certificate.
    """

    link: Link
    account: str
    device: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class MakeAuthenticator:
    """Make what an account's second factor needs. `account` and `issuer` are for the list of the phone."""

    link: Link
    account: str
    issuer: str


@dataclass(frozen=True, slots=True, eq=False)
class CheckCode:
    """Look which step's code this is: that of the wall time `at` (milliseconds), or of one next to it."""

    link: Link
    secret: str = field(repr=False)
    code: str = field(repr=False)
    at: int


PasswordJob = CheckPassword | HashPassword | MakeToken | CertifyKey | MakeAuthenticator | CheckCode


@dataclass(frozen=True, slots=True)
class PasswordChecked:
    """`rehash` is a new PHC string when the password is right and its hash has outdated parameters."""

    correct: bool
    rehash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PasswordHashed:
    """`phc` is the hash of a new password, or None when it may not be set: `problem` tells the person why."""

    phc: str | None = field(repr=False)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class TokenMade:
    """A new token."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyCertified:
    """`certificate`, in DER, is for the key of which `key` is the SHA-256 in hex; or there is a `problem`."""

    certificate: bytes
    key: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AuthenticatorMade:
    """A new secret, as text (base32) and as a link, and new recovery codes."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    codes: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodeChecked:
    """The step whose code it was, None for a wrong one."""

    step: int | None
