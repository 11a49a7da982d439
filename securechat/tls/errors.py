"""What can be wrong with certificates, names and pins. Every text is for the person who runs the program."""

from __future__ import annotations


class CertificateProblem(Exception):
    """A certificate, key or file of them cannot be used; the text says which, why, and what to do."""


class InvalidName(CertificateProblem):
    """A text is neither a host name nor an IP address that a certificate could be made for."""


class InvalidPin(ValueError):
    """A text is not a pin."""
