"""The tokens of devices: what they look like, and by what they are known.

A token goes where a password goes, so no password may look like one.
"""

import re
from hashlib import sha256
from typing import Final

PREFIX: Final = "sct_"
LENGTH: Final = 52
"""Letters behind the prefix, of Crockford's base32: 260 random bits, which nobody guesses."""

_TOKEN: Final = re.compile(f"{PREFIX}[0-9a-hjkmnp-tv-z]{{{LENGTH}}}")


def is_token(password: str) -> bool:
    """Return whether this is a token and not a password."""
    return _TOKEN.fullmatch(password) is not None


def digest(token: str) -> str:
    """Return the key by which a token is known. A fast hash is enough to hide it."""
    return sha256(token.encode()).hexdigest()
