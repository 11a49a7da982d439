"""As whom to log in: by this computer's key, if it has one for the account and server, or by a password."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from securechat.client.account.credentials import PasswordSource, read_password
from securechat.client.account.profiles import Profile
from securechat.client.errors import CredentialError
from securechat.client.network.devices import DeviceFiles, Kept
from securechat.client.network.enrolment import Enrolment
from securechat.client.network.trust import Trust
from securechat.client.paths import Places
from securechat.client.protocol.registration import Credentials

_ONE_PASSWORD: Final = "give exactly one of password, password_file and password_command"
_NO_KEY: Final = (
    f"{_ONE_PASSWORD}: this computer has no key for this account (`securechat connect` offers to make one)"
)


@dataclass(frozen=True, slots=True)
class Login:
    """All that a connection needs: whom to trust, as whom to log in, and what this computer is there."""

    trust: Trust
    credentials: Credentials
    enrolment: Enrolment
    profile: Profile | None = None
    """What may be kept for the next time, if anything."""


def log_in(
    trust: Trust,
    account: str,
    places: Places,
    password: Callable[[], str],
    *,
    by_key: bool,
    profile: Profile | None = None,
) -> Login:
    """Log in by this computer's key if it has one and that is wanted, else by a password.

    Raises CredentialError, and TrustError when it cannot be read what the trust stands on.
    """
    files = DeviceFiles(places.devices)
    kept = files.find(trust.address, account) if by_key else None
    if kept is not None and kept.fits(trust):
        return by_its_key(trust, account, files, kept, profile)
    return Login(trust, Credentials(account, password()), Enrolment(files, trust, account, None), profile)


def log_in_unasked(
    trust: Trust, account: str, places: Places, password: str | None, source: PasswordSource
) -> Login:
    """Log in by a password that is given in one way, or by this computer's key when none is.

    Raises CredentialError, and TrustError when it cannot be read what the trust stands on.
    """
    given = source.given + (password is not None)

    def one_password() -> str:
        if given != 1:
            raise CredentialError(_ONE_PASSWORD if given else _NO_KEY)
        return password if password is not None else read_password(source, "")

    return log_in(trust, account, places, one_password, by_key=not given)


def by_its_key(
    trust: Trust, account: str, files: DeviceFiles, kept: Kept, profile: Profile | None = None
) -> Login:
    """Log in by this computer's key, which is shown to the trusted server only."""
    trust.certificate = files.path(trust.address, account)
    credentials = Credentials(account, device=trust.certificate)
    return Login(trust, credentials, Enrolment(files, trust, account, kept), profile)
