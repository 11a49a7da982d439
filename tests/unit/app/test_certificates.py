"""The server's certificate on the command line: what is shown, and what is to be typed with it."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from securechat.app.certificates import (
    Identity,
    certificates_of,
    connect_line,
    make_context,
    prepare,
    read_identity,
)
from securechat.app.configuration import load
from securechat.cli.exits import ExitCode
from securechat.config import Config
from securechat.tls.authority import create_authority, issue_server
from securechat.tls.pins import pin, read_certificates
from tests.support.chains import make, server, write
from tests.unit.conftest import Command

PIN = f"sha256:{'A' * 43}"


def config(**variables: str) -> Config:
    """Return a configuration from variables without their prefix."""
    return load(None, {f"SECURECHAT_{name}": value for name, value in variables.items()}, {}).config


def identity(*names: str) -> Identity:
    """Return the identity of a certificate for these names."""
    return Identity(PIN, names, datetime.now(UTC), datetime.now(UTC))


def test_the_own_certificate_holds_the_configured_names(tmp_path: Path) -> None:
    """The server's name and `tls.names`, besides this host's own."""
    settings = config(SERVER__NAME="chat.example.org", TLS__NAMES='["irc.example.org", "192.0.2.7"]')
    assert prepare(settings, tmp_path)
    assert not prepare(settings, tmp_path)
    found = read_identity(tmp_path / "server.pem")
    assert {"localhost", "127.0.0.1", "chat.example.org", "irc.example.org", "192.0.2.7"} <= set(found.names)
    assert found.pin == pin(read_certificates(tmp_path / "ca.pem")[0])
    assert prepare(config(TLS__NAMES='["new.example.org"]'), tmp_path)
    assert read_identity(tmp_path / "server.pem").pin == found.pin


def test_a_certificate_of_the_operator_is_used_as_it_is(tmp_path: Path) -> None:
    """Nothing is made then; a name that it does not hold is found out before it is used."""
    prepare(config(), tmp_path / "made")
    files = {
        "TLS__CERTIFICATE": str(tmp_path / "made/server.pem"),
        "TLS__KEY": str(tmp_path / "made/server.key"),
    }
    settings = config(**files)
    assert not prepare(settings, tmp_path / "data")
    assert not (tmp_path / "data").exists()
    assert not certificates_of(settings, tmp_path / "data").own
    make_context(settings, tmp_path / "data")
    with pytest.raises(Exception, match=r"does not stand for chat\.example\.org"):
        make_context(config(**files, TLS__NAMES='["chat.example.org"]'), tmp_path / "data")


@pytest.mark.parametrize(
    ("variables", "names", "port", "host"),
    [
        ({"SERVER__NAME": "chat.example.org"}, ["localhost", "chat.example.org"], 6697, "chat.example.org"),
        ({"TLS__NAMES": '["a.example.org"]'}, ["localhost", "a.example.org"], 6698, "a.example.org:6698"),
        ({"SERVER__NAME": "chat.example.org"}, ["other.example.org"], 6697, "other.example.org"),
        ({"SERVER__HOST": "::1"}, ["localhost", "::1"], 6697, "[::1]"),
        ({"SERVER__HOST": "::1"}, ["localhost", "::1"], 7000, "[::1]:7000"),
        ({}, ["pc", "localhost"], 6697, "pc"),
        ({}, [], 6697, "localhost"),
    ],
)
def test_the_connect_line(
    variables: dict[str, str], names: list[str], port: int, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best name that the certificate holds, the port when it is not the usual one, and the pin."""
    uname = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((uname[0], "PC", *uname[2:])))
    line = connect_line(config(**variables), identity(*names), port)
    assert line == f"securechat connect --host {host} --user NAME --pin {PIN}"


def test_show_before_there_is_a_certificate(command: Command) -> None:
    """It says when there will be one."""
    ended = command("certs", "show")
    assert ended.code == ExitCode.ERROR
    assert "the server makes one when it starts" in ended.err


def test_show(command: Command, home: Path) -> None:
    """For people and for programs: the file, the pin, the names, the end and the connect line."""
    prepare(config(), home)
    expected = read_identity(home / "server.pem")
    shown = command("certs", "show").out
    for part in (str(home / "server.pem"), expected.pin, *expected.names, f"{expected.expires:%Y-%m-%d}"):
        assert part in shown
    facts = json.loads(command("certs", "show", "--json").out)
    assert facts["pin"] == expected.pin
    assert facts["names"] == list(expected.names)
    assert facts["own"] is True
    assert facts["valid"] is True
    assert datetime.fromisoformat(facts["starts"]) == expected.starts
    assert datetime.fromisoformat(facts["expires"]) == expected.expires
    assert facts["connect"].endswith(f" --pin {expected.pin}")


def test_show_what_the_server_would_use(
    command: Command, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configured certificate instead of the own one, and that of --cert instead of both."""
    prepare(config(), home)
    for name in ("first", "second"):
        prepare(config(TLS__NAMES=f'["{name}.example.org"]'), tmp_path / name)
    file = tmp_path / "securechat.toml"
    file.write_text('tls.certificate = "first/server.pem"\ntls.key = "first/server.key"\n')
    configured = json.loads(command("certs", "show", "--json", "--config", str(file)).out)
    monkeypatch.chdir(tmp_path)
    options = ["--config", str(file), "--cert", "second/server.pem"]
    given = json.loads(command("certs", "show", "--json", *options).out)
    for facts, name in ((configured, "first"), (given, "second")):
        expected = read_identity(tmp_path / name / "server.pem")
        assert facts["certificate"] == str(tmp_path / name / "server.pem")
        assert facts["own"] is False
        assert facts["pin"] == expected.pin
        assert f"{name}.example.org" in facts["names"]
    missing = command("certs", "show", "--cert", "third.pem")
    assert missing.code == ExitCode.ERROR
    assert str(tmp_path / "third.pem") in missing.err


def test_show_one_that_has_expired(command: Command, home: Path, tmp_path: Path) -> None:
    """What cannot be used is shown, and that it cannot be used."""
    long_ago = datetime.now(UTC) - timedelta(days=1000)
    old = issue_server(create_authority("old", long_ago), ["chat.example.org"], long_ago)
    file = tmp_path / "old.pem"
    file.write_bytes(old.certificate.public_bytes(Encoding.PEM))
    shown = command("certs", "show", "--cert", str(file)).out
    assert f"{old.certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC (not now" in shown
    assert json.loads(command("certs", "show", "--json", "--cert", str(file)).out)["valid"] is False


def test_renew_keeps_the_keys(command: Command, home: Path) -> None:
    """A new certificate of the same key and the same authority; without a running server, too."""
    prepare(config(), home)
    before = read_certificates(home / "server.pem")
    ended = command("certs", "renew")
    assert ended.code == 0
    after = read_certificates(home / "server.pem")
    assert after[0].serial_number != before[0].serial_number
    assert after[0].public_key() == before[0].public_key()
    assert after[1] == before[1]
    assert pin(after[1]) in ended.out


def test_renew_that_fails_takes_nothing_away(command: Command, home: Path) -> None:
    """The certificate that is there stays until there is another one."""
    prepare(config(), home)
    before = (home / "server.pem").read_bytes()
    (home / "ca.key").rename(home / "elsewhere")
    ended = command("certs", "renew")
    assert (ended.code, "ca.key is missing" in ended.err) == (ExitCode.ERROR, True)
    assert (home / "server.pem").read_bytes() == before


def test_renew_is_for_the_own_certificate(
    command: Command, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that came from elsewhere is not touched."""
    prepare(config(), tmp_path / "made")
    content = (tmp_path / "made/server.pem").read_bytes()
    monkeypatch.setenv("SECURECHAT_TLS__CERTIFICATE", str(tmp_path / "made/server.pem"))
    monkeypatch.setenv("SECURECHAT_TLS__KEY", str(tmp_path / "made/server.key"))
    ended = command("certs", "renew")
    assert ended.code == ExitCode.ERROR
    assert "renew it where it came from" in ended.err
    assert (tmp_path / "made/server.pem").read_bytes() == content


def test_a_broken_file_is_one_line(command: Command, home: Path) -> None:
    """The error names the file."""
    prepare(config(), home)
    (home / "server.pem").write_text("nonsense")
    ended = command("certs", "show")
    assert ended.code == ExitCode.ERROR
    assert ended.err.startswith(f"securechat: {home / 'server.pem'} ")
    assert ended.err.count("\n") == 1


def test_the_check_says_what_only_some_clients_accept(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that a certificate ends soon; it is right all the same."""
    now = datetime.now(UTC)
    middle = make("intermediate", now, make("private root", now))
    certificate, key = write(tmp_path, server(now, middle, end=8), middle)
    monkeypatch.setenv("SECURECHAT_TLS__CERTIFICATE", str(certificate))
    monkeypatch.setenv("SECURECHAT_TLS__KEY", str(key))
    ended = command("config", "check")
    assert ended.code == 0
    assert 'Note: this system does not know "CN=private root"' in ended.err
    assert f"Note: {certificate} ends in 7 days" in ended.err
    assert json.loads(command("certs", "show", "--json").out)["state"] == "ends in 7 days"
