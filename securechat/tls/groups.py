"""Which key exchange groups TLS may use.

Theory of operation: CPython before 3.15 cannot set a list of groups on an ``SSLContext``; OpenSSL takes one
only from its configuration file, which it reads once, when ``ssl`` or ``_hashlib`` sets it up. So the
program's entry point names our file in ``OPENSSL_CONF`` before it imports either.

The file depends on OpenSSL's version: X25519MLKEM768 exists from 3.5, and an older OpenSSL answers an unknown
group by dropping the *whole* list without a word and leaving an error on its queue for every context made, so
one file cannot serve both. ``_ssl`` knows the version, and importing it (unlike ``ssl``) does not yet read
the configuration. Should that change, the file for older versions, which is set first, is the one in force:
less preferred, never weaker.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_HYBRID_SINCE = (3, 5)


def restrict_groups() -> bool:
    """Restrict this process's TLS to X25519MLKEM768 (OpenSSL 3.5 and later), X25519, P-256 and P-384.

    Call it first in the program, in the main thread, before anything imports ``ssl``, ``hashlib`` or
    ``secrets``. Returns False when one of them was there already, so that the call came too late. An
    ``OPENSSL_CONF`` that is set in the environment is kept: it is how an administrator brings a FIPS provider
    or a policy of their own.
    """
    in_time = "ssl" not in sys.modules and "_hashlib" not in sys.modules
    if "OPENSSL_CONF" not in os.environ:
        os.environ["OPENSSL_CONF"] = str(configuration((3, 0)))
        os.environ["OPENSSL_CONF"] = str(configuration(_openssl_version()))
    return in_time


def configuration(version: tuple[int, ...]) -> Path:
    """The OpenSSL configuration file for this version of OpenSSL."""
    return _HERE / ("openssl-3.5.cnf" if version >= _HYBRID_SINCE else "openssl.cnf")


def _openssl_version() -> tuple[int, ...]:
    import _ssl  # not ssl, which would read the configuration now

    return _ssl.OPENSSL_VERSION_INFO
