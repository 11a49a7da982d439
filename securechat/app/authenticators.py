"""Second factors: time-based one-time passwords (RFC 6238), as every authenticator app makes them.

Six digits, SHA-1 and steps of 30 seconds, since some apps know nothing else and ignore what a link says.
"""

from hmac import compare_digest
from typing import Final

import pyotp

from securechat.chat.jobs import AuthenticatorMade, CodeChecked
from securechat.storage.passwords import generate

STEP_S: Final = 30
RECOVERY_CODES: Final = 10
_GROUPS: Final = 4
"""Of four letters of base32, which are 20 bits: 80 in all, which nobody guesses."""
_DRIFT: Final = (0, -1, 1)


def make(account: str, issuer: str) -> AuthenticatorMade:
    """Return a new secret (160 bits), and recovery codes."""
    secret = pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)
    return AuthenticatorMade(secret, uri, tuple(generate(_GROUPS) for _ in range(RECOVERY_CODES)))


def check(secret: str, code: str, at: int) -> CodeChecked:
    """Look which step's code this is: of the time `at` (milliseconds since 1970), or of one next to it."""
    totp, now, found = pyotp.TOTP(secret), at // 1000 // STEP_S, None
    for step in (now + drift for drift in _DRIFT):
        if step >= 0 and compare_digest(totp.at(step * STEP_S).encode(), code.encode()) and found is None:
            found = step
    return CodeChecked(found)
