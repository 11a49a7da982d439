"""What `config check` passes, the server starts with: every key that takes text, with nonsense."""

import os
import socket
from pathlib import Path

import pytest

from securechat.app.certificates import make_context, prepare
from securechat.app.checks import check_machine
from securechat.app.composition import core_settings, server_name, transport_limits
from securechat.app.configuration import ConfigError, load
from securechat.config import fields
from securechat.server.listener import bind
from securechat.tls.errors import CertificateProblem
from tests.unit.conftest import Command

NONSENSE = [
    "a..b", ".", "..", "a.", ".a", "-a.b", "a-.b", "*", "*.*", "*.a", "*.a.b", "a.*.b", "a b", "1.2", "::g",
    "0", "10.0.0.256", "[::1]", "::1%lo", "1.2.3.4", "a" * 64, f"{'a' * 64}.b", "a:b", "http://a", "ä..b",
    "a/b", "a#b", "ä.example", "\u2028", "\U0001f600.example", "xn--a.example", "_a._b", "#", "##", "#a*b",
    "#a,b", "#а1lice", "#\u200b", "#" + "é" * 32, "postgresql://[", "postgresql://a:b:c/",
    "postgresql://%zz/", "/dev/null", "/", "postgresql://h/d?nonsense=1", "nonsense", "~", "~nobody/x",
]  # fmt: skip
FREE = {"server.network", "server.motd", "server.admin_name", "server.admin_location", "server.admin_email"}
TEXTS = [name for name, field in fields().items() if isinstance(field.default, str)]
LISTS = [name for name, field in fields().items() if isinstance(field.default, tuple)]


@pytest.fixture(autouse=True)
def no_lookups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask no name server: names have no address here."""
    look_up = socket.getaddrinfo

    def numeric_only(host: str, port: int, **options: int) -> object:
        options["flags"] = options.get("flags", 0) | socket.AI_NUMERICHOST
        return look_up(host, port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", numeric_only)


@pytest.mark.parametrize("key", [*TEXTS, *LISTS])
def test_what_is_passed_can_be_used(key: str, tmp_path: Path) -> None:
    """Nonsense is refused with the key's name, or everything that the server makes of it can be made."""
    variable = fields()[key].variable
    refused = 0
    for text in NONSENSE:
        value = text if key in TEXTS else f'["{text}"]'
        other = {"tls.certificate": "tls.key", "tls.key": "tls.certificate"}.get(key)
        environment = {variable: value} | ({fields()[other].variable: value} if other else {})
        try:
            config = load(None, environment, {}).config
            check_machine(config, tmp_path)
        except (ConfigError, CertificateProblem, ValueError) as error:
            assert str(error)
            refused += 1
            continue
        core_settings(config)
        transport_limits(config, 1024)
        assert server_name(config)
        prepare(config, tmp_path)
        make_context(config, tmp_path)
        for sock in bind(config.server.host, 0):
            sock.close()
        for file in tmp_path.iterdir():
            file.unlink()
    free = {
        "server.network",
        "server.motd",
        "server.admin_name",
        "server.admin_location",
        "server.admin_email",
    }
    assert refused or key in free


@pytest.mark.parametrize("host", ["a..b", "ä..b", "10.0.0.256", "*.example.org", "a" * 64])
def test_a_host_that_cannot_be_is_refused(command: Command, host: str) -> None:
    """By the server and by the check, with the option's name."""
    ended = command("server", "--host", host)
    assert ended.code == 1
    assert ended.err.startswith("securechat: server.host must be an address, a host name")
    assert "(--host)" in ended.err
    os.environ["SECURECHAT_SERVER__HOST"] = host
    try:
        assert command("config", "check").code == 1
    finally:
        del os.environ["SECURECHAT_SERVER__HOST"]


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_a_host_that_this_machine_has_not_is_refused(command: Command, host: str) -> None:
    """An address that is not ours, and a name that does not exist; both are named."""
    ended = command("server", "--host", host)
    assert ended.code == 1
    assert f"server.host: this machine cannot listen on {host}: " in ended.err


def test_a_password_in_a_url_is_not_shown(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also not in the reason why the URL cannot be used."""
    monkeypatch.setenv("SECURECHAT_STORAGE__URL", "postgresql://me:hunter2hunter@h/d?nonsense=1")
    ended = command("config", "check")
    assert ended.code == 1
    assert "hunter2" not in ended.err
