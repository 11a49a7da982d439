"""The configuration that each server gets."""

import tomllib
from pathlib import Path

from scripts.bench.ircbench import configurations

CHAIN, KEY = Path("/x/server.pem"), Path("/x/server.key")


def test_securechat_gets_no_limits_and_cheap_hashes() -> None:
    """Flood control and admission are off, each session is a user, argon2 is at the floor."""
    settings = tomllib.loads(configurations.securechat(None))
    assert settings["identity"] == {"nicknames": "free"}
    assert settings["auth"]["argon2"] == {"time_cost": 2, "memory_cost": 19456, "parallelism": 1}
    assert settings["limits"] == {
        "connections_per_source": 0,
        "connections_window": 0,
        "sessions_per_account": 0,
        "flood": False,
        "sendq": configurations.SENDQ,
    }
    assert "workers" not in settings["server"]


def test_workers_are_passed_on() -> None:
    """--workers is server.workers."""
    assert tomllib.loads(configurations.securechat(3))["server"]["workers"] == 3


def test_ngircd_listens_with_tls_alone() -> None:
    """No plaintext port, TLS 1.3, only loopback, no penalties."""
    lines = [line.strip() for line in configurations.ngircd(4711, CHAIN, KEY, Path("/x/none")).splitlines()]
    assert lines.count("Ports =") == 1
    for wanted in ("Ports = 4711", "Listen = 127.0.0.1", "MaxPenaltyTime = 0", "MaxConnectionsIP = 0"):
        assert wanted in lines
    assert "CipherList = SECURE128:-VERS-ALL:+VERS-TLS1.3" in lines


def test_inspircd_has_the_queue_of_securechat() -> None:
    """Both queues are as large as securechat's, and the one listener has TLS."""
    text = configurations.inspircd(4711, CHAIN, KEY)
    assert f'hardsendq="{configurations.SENDQ}" softsendq="{configurations.SENDQ}"' in text
    assert text.count("<bind ") == 1
    assert '<bind address="127.0.0.1" port="4711" type="clients" sslprofile="clients">' in text
