"""Five hundred devices that come back at the same moment, after a restart: no password is hashed for them."""

import os
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509 import load_der_x509_certificate

from securechat.chat.requests import AddDevice
from securechat.chat.tokens import digest
from securechat.storage.passwords import generate_token
from securechat.tls.devices import DeviceAuthority
from tests.faults.conftest import Serve
from tests.faults.test_reconnect import DEFAULT
from tests.system.crowd import Crowd
from tests.system.server_process import ServerProcess, add_accounts, administer_stopped

DEVICES = int(os.environ.get("FAULT_DEVICES", "500"))
SECONDS = 5.0


def _tokens(server: ServerProcess, names: list[str], _place: Path) -> Crowd:
    tokens = {name: generate_token() for name in names}
    administer_stopped(server.data, [AddDevice(name, "x", digest(token)) for name, token in tokens.items()])
    return Crowd(server, passwords=tokens)


def _keys(server: ServerProcess, names: list[str], place: Path) -> Crowd:
    authority, contexts, requests = DeviceAuthority(server.data), {}, []
    for name in names:
        key, file = ec.generate_private_key(ec.SECP256R1()), place / f"{name}.pem"
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        signed, known_as = authority.certify(name, public)
        requests.append(AddDevice(name, "x", known_as, "key"))
        certificate = load_der_x509_certificate(signed).public_bytes(Encoding.PEM)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate)
        contexts[name] = _showing(server, file)
    administer_stopped(server.data, requests)
    return Crowd(server, contexts=contexts)


def _showing(server: ServerProcess, file: Path) -> ssl.SSLContext:
    context = server.client_context()
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize("make", [_tokens, _keys], ids=["tokens", "keys"])
def test_all_devices_come_back_at_once(
    serve: Serve,
    report: Callable[[str], None],
    tmp_path: Path,
    make: Callable[[ServerProcess, list[str], Path], Crowd],
) -> None:
    """All are in within five seconds, with the default argon2."""
    names = [f"member{number}" for number in range(DEVICES)]
    server = serve(DEFAULT)
    server.stop()
    add_accounts(server.data, names)
    arrived: list[float] = []
    with make(server, names, tmp_path) as crowd:
        server.start()
        began = time.monotonic()
        crowd.log_in(
            names,
            60.0,
            at_once=len(names),
            welcomed=lambda member: arrived.append(time.monotonic() - began),
        )
    half, last = arrived[len(arrived) // 2], arrived[-1]
    report(f"{len(arrived)} logins; half of them after {half:.1f} s, the last after {last:.1f} s")
    assert last < SECONDS
