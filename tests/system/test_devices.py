"""Devices log in without the password, and a lost one is revoked alone."""

import ssl
from pathlib import Path

import pytest

from tests.system.conftest import Serve
from tests.system.device import Device
from tests.system.person import Ended, Person, Wire, log_in


def test_a_device_with_a_key(serve: Serve, tmp_path: Path) -> None:
    """It logs in with its certificate, also after a restart, until it is revoked; others are left alone."""
    server = serve(accounts=["alice"])
    with Person(server, "alice") as alice:
        device = Device(alice, "laptop", tmp_path / "laptop.pem")
    server.stop()
    server.start()
    with Person(server, "alice") as alice, device.log_in(server) as laptop:
        assert "laptop" in server.administer("devices", "list", "alice")
        server.administer("devices", "revoke", "alice", "laptop")
        assert laptop.remainder()[-1].params == ("This device was revoked",)
        assert alice.sync() == []
        with Wire(server, context=device.context(server)) as wire:
            wire.send("AUTHENTICATE EXTERNAL")
            wire.expect("AUTHENTICATE", "+")
            wire.send("AUTHENTICATE +")
            assert wire.expect("904").params[-1].endswith("No such device")
            # Its certificate is still of this server, so a password lets it in.
            assert log_in(wire, "alice", "wrong-password") is not None


def test_a_token(serve: Serve) -> None:
    """It goes where the password goes, and the log never has it."""
    server = serve(accounts=["alice"])
    token = server.administer("devices", "add", "alice", "phone").strip()
    with Person(server, "alice", password=token) as phone:
        assert phone.say("#general", "from the phone")
    assert token not in server.log_text()


def test_a_certificate_of_somebody_else(serve: Serve, tmp_path: Path) -> None:
    """It is refused in the handshake, in words in the log; or let in where the configuration says so."""
    server, other = serve(accounts=["alice"]), serve(accounts=["alice"])
    with Person(other, "alice") as alice:
        device = Device(alice, "laptop", tmp_path / "laptop.pem")
    with (
        pytest.raises((ssl.SSLError, Ended, ConnectionError)),
        Wire(server, context=device.context(server)) as wire,
    ):
        wire.send("PING x")
        wire.receive()
    with Person(server, "alice"):
        assert "its certificate is not one of this server's devices" in server.log_text()
    server.configure(**{"tls.device_certificates": False})
    server.administer("reload")
    with Person(server, "alice", context=device.context(server)) as alice:
        assert alice.say("#general", "hello")
