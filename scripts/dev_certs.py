#!/usr/bin/env python3
"""Make or renew the certificates for development: a private CA and a server certificate.

Run it from anywhere, with a Python that has the project's dependencies. It uses the clone that it lies in,
whether or not securechat is installed, and by default fills its certs/. See certs/README.md for the files.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    options = _parser().parse_args(arguments)
    sys.path.insert(0, str(CLONE))
    try:
        from securechat.tls.errors import CertificateProblem
        from securechat.tls.files import default_names
    except ModuleNotFoundError as error:
        print(
            f"dev_certs: {error.name} is not installed for {sys.executable}: "
            "run this script with the Python of the project's virtual environment",
            file=sys.stderr,
        )
        return 1
    try:
        _make(options.directory.resolve(), [*default_names(), *options.name])
    except CertificateProblem as problem:
        print(f"dev_certs: {problem}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Make ca.pem, ca.key, server.pem and server.key for development, or renew them in time."
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="NAME",
        help="a further host name or IP address of the server; may be repeated",
    )
    parser.add_argument(
        "--directory", type=Path, default=CLONE / "certs", help="where the files go (default: %(default)s)"
    )
    return parser


def _make(directory: Path, names: Sequence[str]) -> None:
    from securechat.tls.files import ServerFiles, ensure
    from securechat.tls.names import alternative_names
    from securechat.tls.pins import pin, read_certificates

    files = ServerFiles.under(directory)
    before = {path: path.read_bytes() for path in (files.ca, files.certificate) if path.is_file()}
    ensure(directory, names, datetime.now(UTC), authority_name="securechat development CA")
    authority, leaf = read_certificates(files.ca)[0], read_certificates(files.certificate)[0]
    covered = ", ".join(str(name.value) for name in alternative_names(leaf))
    print(f"{_outcome(files.ca, before)}: CA, until {authority.not_valid_after_utc:%Y-%m-%d}")
    print(f"{_outcome(files.certificate, before)}: until {leaf.not_valid_after_utc:%Y-%m-%d}, for {covered}")
    print(f"CA pin: {pin(authority)}")


def _outcome(path: Path, before: dict[Path, bytes]) -> str:
    if path not in before:
        return f"made {path}"
    return f"{'still good' if path.read_bytes() == before[path] else 'renewed'} {path}"


if __name__ == "__main__":
    sys.exit(main())
