"""A local ACME authority: pebble, and a DNS server for which every name is this machine."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from securechat.tls.authority import create_authority, issue_server
from securechat.tls.keys import create_key, encode_key

DEADLINE = 20.0
_NEEDED = ("pebble", "pebble-challtestsrv")


def require_pebble() -> None:
    """Skip a test where there is no authority."""
    for name in _NEEDED:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")


class LocalAuthority:
    """An authority that looks for answers at `port`; `ca` is who has signed for its own address."""

    def __init__(self, place: Path) -> None:
        place.mkdir()
        self._place = place
        self.port, self._listen, self._manage, self._dns, self._dns_manage = free_ports(5)
        self.ca = place / "ca.pem"
        self.directory = f"https://localhost:{self._listen}/dir"
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._write()
        self._start(
            *("pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""),
            *("-dns01", f"127.0.0.1:{self._dns}", "-management", f"127.0.0.1:{self._dns_manage}"),
            *("-http01", "", "-https01", "", "-tlsalpn01", ""),
        )
        config = str(self._place / "pebble.json")
        self._start("pebble", "-config", config, "-dnsserver", f"127.0.0.1:{self._dns}")
        for port in (self._dns_manage, self._listen):
            wait_for(port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def root(self) -> str:
        """Return the certificate that everything it issues leads to (PEM)."""
        context = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(f"https://localhost:{self._manage}/roots/0", context=context) as answer:
            text: bytes = answer.read()
        return text.decode()

    def _start(self, *command: str) -> None:
        with (self._place / "log").open("ab") as log:
            environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0"}
            # So many nonces of a hundred are refused by chance. The client tries once more, and five in a
            # hundred, as it is without this, are two in a row in one run of twenty.
            environment["PEBBLE_WFE_NONCEREJECT"] = "1"
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self._processes.append(process)

    def _write(self) -> None:
        now = datetime.now(UTC)
        key = create_key()
        authority = create_authority("the authority of a test", now, key=create_key())
        issued = issue_server(authority, ["localhost", "127.0.0.1"], now, key=key)
        self.ca.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
        certificate, private = self._place / "pebble.pem", self._place / "pebble.key"
        certificate.write_bytes(issued.certificate.public_bytes(Encoding.PEM))
        private.write_bytes(encode_key(key))
        configuration = {
            "listenAddress": f"127.0.0.1:{self._listen}",
            "managementListenAddress": f"127.0.0.1:{self._manage}",
            "certificate": str(certificate),
            "privateKey": str(private),
            "httpPort": self.port,
            "tlsPort": self.port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
        }
        (self._place / "pebble.json").write_text(json.dumps({"pebble": configuration}))


def free_ports(number: int) -> list[int]:
    """Return ports that nobody uses now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def wait_for(port: int) -> None:
    """Wait until something listens."""
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=DEADLINE).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, f"nothing listens on port {port}"
        else:
            return
