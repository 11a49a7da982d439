"""Invitation codes as people write them."""

from hashlib import sha256
from typing import Final

_READ: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})


def digest(code: str) -> str:
    """Return the hash by which a code is known, whatever its case and its hyphens; O is 0, I and L are 1.

    A code has more than 256 random bits, so a fast hash hides it.
    """
    return sha256(code.lower().translate(_READ).encode()).hexdigest()
