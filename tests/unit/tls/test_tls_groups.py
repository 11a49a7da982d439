"""The restriction of key exchange groups. It acts on a whole process, so each test starts one."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from securechat.tls.files import ServerFiles
from securechat.tls.groups import configuration

ROOT = Path(__file__).resolve().parents[3]
RESTRICT = "from securechat.tls.groups import restrict_groups; in_time = restrict_groups()\n"

# Which groups a server with our context agrees to, each offered alone; and what a client offers, in order.
PROBE = """
import json, ssl, sys
from datetime import UTC, datetime
from pathlib import Path
from securechat.tls.context import server_context

server = server_context(Path(sys.argv[1]), Path(sys.argv[2]), now=datetime.now(UTC))

def client():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context

def agrees(group):
    context = client()
    context.set_ecdh_curve(group)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [context.wrap_bio(down, up), server.wrap_bio(up, down, server_side=True)]
    for end in ends * 3:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            return False
    return True

def offered():
    out = ssl.MemoryBIO()
    try:
        client().wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = out.read()[43:]                    # record and handshake header, version, random
    for width in (1, 2, 1):                    # session id, suites, compression methods
        hello = hello[width + int.from_bytes(hello[:width], "big"):]
    hello = hello[2:]
    while hello:
        kind, size = (int.from_bytes(hello[at:at + 2], "big") for at in (0, 2))
        body, hello = hello[4:4 + size], hello[4 + size:]
        if kind == 10:                         # supported_groups (RFC 8446 section 4.2.7)
            return [body[at:at + 2].hex() for at in range(2, size, 2)]

print(json.dumps({"in_time": in_time, "offered": offered(), "agreed": [
    group for group in ("X25519", "prime256v1", "secp384r1", "secp521r1", "X448") if agrees(group)]}))
"""


def _run(code: str, *arguments: str | Path, configuration_file: str | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "OPENSSL_CONF"}
    if configuration_file is not None:
        environment["OPENSSL_CONF"] = configuration_file
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


def test_groups_in_force(valid_today: ServerFiles) -> None:
    """A server agrees to X25519, P-256 and P-384 only; the hybrid group comes first where OpenSSL has it."""
    seen = json.loads(_run(RESTRICT + PROBE, valid_today.certificate, valid_today.key))
    assert seen["in_time"] is True
    assert seen["agreed"] == ["X25519", "prime256v1", "secp384r1"]
    hybrid = ["11ec"] if ssl.OPENSSL_VERSION_INFO >= (3, 5) else []
    assert seen["offered"] == [*hybrid, "001d", "0017", "0018"]


def test_groups_without_restriction(valid_today: ServerFiles) -> None:
    """Called after ssl, it says that it is too late, and the probe sees what OpenSSL allows by itself."""
    code = "import ssl\n" + RESTRICT + PROBE
    seen = json.loads(_run(code, valid_today.certificate, valid_today.key))
    assert seen["in_time"] is False
    assert "secp521r1" in seen["agreed"]


def test_restriction_is_cheap() -> None:
    """Restricting imports neither ssl, hashlib nor cryptography, and nothing of ours but itself."""
    code = RESTRICT + "import sys; print(*sys.modules)"
    modules = set(_run(code).split())
    assert not modules & {"ssl", "hashlib", "_hashlib", "secrets", "random", "cryptography", "socket"}
    ours = {name for name in modules if name.startswith("securechat.")}
    assert ours == {"securechat.tls", "securechat.tls.groups"}


def test_own_configuration_is_kept() -> None:
    """An OPENSSL_CONF that the administrator has set stays."""
    code = RESTRICT + "import os; print(os.environ['OPENSSL_CONF'])"
    assert _run(code, configuration_file="/etc/own.cnf").strip() == "/etc/own.cnf"


@pytest.mark.parametrize(
    ("version", "hybrid"),
    [((3, 0, 0, 19, 0), False), ((3, 4, 0, 9, 0), False), ((3, 5, 0, 0, 0), True), ((4, 0, 0, 0, 0), True)],
)
def test_hybrid_group_by_version(version: tuple[int, ...], hybrid: bool) -> None:
    """X25519MLKEM768 is asked for from OpenSSL 3.5 on: an older one would drop the whole list."""
    [groups] = [line for line in configuration(version).read_text().splitlines() if line.startswith("Groups")]
    assert ("X25519MLKEM768" in groups) is hybrid
    assert groups.endswith("X25519:prime256v1:secp384r1")
