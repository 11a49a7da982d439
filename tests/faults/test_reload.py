"""Certificates are exchanged while people connect and chat: nobody notices."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from securechat.chat.requests import Done, Refused
from securechat.server.control_client import ask
from securechat.tls.authority import create_authority, issue_server
from securechat.tls.keys import create_key, encode_key
from tests.faults.conftest import Serve
from tests.faults.probe import Probe
from tests.system.person import Person

RELOADS = int(os.environ.get("FAULT_RELOADS", "1000"))


@pytest.mark.timeout(120 + RELOADS)
def test_a_thousand_reloads(serve: Serve, report: Callable[[str], None], tmp_path: Path) -> None:
    """Every tenth certificate is bad and refused; no handshake fails and no session ends."""
    now = datetime.now(UTC)
    authority = create_authority("test", now)
    names = ["127.0.0.1", "localhost"]
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    sent = authority.certificate.public_bytes(Encoding.PEM)
    pairs = []
    for _ in range(2):
        leaf_key = create_key()
        leaf = issue_server(authority, names, now, key=leaf_key)
        pairs.append((leaf.certificate.public_bytes(Encoding.PEM) + sent, encode_key(leaf_key)))
    long_ago = now - timedelta(days=1000)
    old = issue_server(create_authority("old", long_ago), names, long_ago)
    expired = (old.certificate.public_bytes(Encoding.PEM), encode_key(old.key))
    alone = (pairs[0][0].removesuffix(sent), pairs[0][1])
    bad = [alone, (pairs[0][0], pairs[1][1]), expired, (b"no certificate", pairs[0][1]), (pairs[0][0], b"")]

    def place(pair: tuple[bytes, bytes]) -> None:
        for path, content in zip((certificate, key), pair, strict=True):
            path.write_bytes(content)
            path.chmod(0o600)

    place(pairs[0])
    settings = {"tls.certificate": str(certificate), "tls.key": str(key), "tls.names": ["127.0.0.1"]}
    server = serve(settings, accounts=["alice", "bob"])
    server.ca.touch(0o600)
    server.ca.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    refused = 0
    with Person(server, "alice") as alice, Person(server, "bob") as bob:
        with Probe(server, "handshake", every=0.02) as probe:
            for number in range(RELOADS):
                wrong = number % 10 == 7
                place(bad[number // 10 % len(bad)] if wrong else pairs[number % 2])
                answer = ask(server.data, "reload")
                assert isinstance(answer, Refused if wrong else Done), f"reload {number}: {answer}"
                refused += wrong
                time.sleep(0.01)  # let a handshake begin with this one
        alice.say("#general", "still here")
        bob.hear("still here")
    report(f"{RELOADS} reloads, {refused} of them refused; handshakes meanwhile: {probe.figures}")
    assert not probe.figures.failures
