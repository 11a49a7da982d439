"""What can be wrong with certificates, names and pins. Every text is for the person who runs the program."""

from __future__ import annotations

from typing import Final

UNKNOWN_ISSUER: Final = frozenset({2, 18, 19, 20, 21, 27})
"""OpenSSL's verify codes for "no authority that is trusted here has signed this": x509_vfy.h."""


class CertificateProblem(Exception):
    """A certificate, key or file of them cannot be used; the text says which, why, and what to do."""


class InvalidName(CertificateProblem):
    """A text is neither a host name nor an IP address that a certificate could be made for."""


class InvalidPin(ValueError):
    """A text is not a pin."""
