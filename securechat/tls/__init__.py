"""Certificates: the private CA, the server's leaf, pins, and the server's TLS context.

This file imports nothing, and has to stay so: ``groups.restrict_groups()`` takes effect only before OpenSSL
is set up, that is before anything imports ``ssl``, ``hashlib`` or ``secrets``.
"""
