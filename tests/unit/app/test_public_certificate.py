"""When a public certificate is due, and orders that are kept."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from securechat.app import acme
from securechat.app.acme import AcmeFailed, Order, certificate_key, keep_order, read_order
from securechat.app.certificates import PUBLIC, certificates_of, how_to_renew, prepare
from securechat.app.public_certificate import due
from securechat.cli.exits import ExitCode
from securechat.config import Config
from securechat.tls.errors import CertificateProblem
from tests.support.chains import make, server, write
from tests.unit.conftest import Command

NOW = datetime.now(UTC).replace(microsecond=0)


def test_a_third_of_the_time_is_left(tmp_path: Path) -> None:
    """It is the same for certificates of 90 days and of six."""
    for days in (90, 6):
        chain, _ = write(tmp_path, server(NOW, make("Root", NOW), begin=0, end=days))
        (tmp_path / PUBLIC).write_bytes(chain.read_bytes())
        assert due(tmp_path) == NOW + timedelta(days=days * 2 / 3)
        (tmp_path / "chain.key").unlink()
    (tmp_path / PUBLIC).unlink()
    with pytest.raises(CertificateProblem):
        due(tmp_path)


def test_an_order_is_kept(tmp_path: Path) -> None:
    """It is read as it was written, by nobody else, and one that is damaged is an error."""
    assert read_order(tmp_path) is None
    order = Order(
        "https://authority.test/dir", ("chat.example.org",), "a@example.org", webroot="/www", port=81
    )
    keep_order(tmp_path, order)
    assert read_order(tmp_path) == order
    assert (tmp_path / acme.ORDER).stat().st_mode & 0o777 == 0o600
    (tmp_path / acme.ORDER).write_text("{}")
    with pytest.raises(AcmeFailed, match=r"acme\.json cannot be read"):
        read_order(tmp_path)


def test_the_key_stays(tmp_path: Path) -> None:
    """What people may have pinned is used again; a new one is made where there is none that can be."""
    path = tmp_path / PUBLIC
    key = certificate_key(path)
    path.touch(0o600)
    path.write_bytes(key)
    assert certificate_key(path) == key
    path.unlink()
    assert certificate_key(path) != key


def test_the_servers_own_certificate_comes_back(tmp_path: Path) -> None:
    """The public one is used where there is one and the configuration names none; without it the own one."""
    assert certificates_of(Config(), tmp_path).own
    (tmp_path / PUBLIC).touch()
    assert not certificates_of(Config(), tmp_path).own
    assert not prepare(Config(), tmp_path) and "certs acme --renew" in how_to_renew(Config(), tmp_path)
    (tmp_path / PUBLIC).unlink()
    assert prepare(Config(), tmp_path)


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        ((), ExitCode.USAGE, "say for which with --name"),
        (("--name", "no host"), ExitCode.USAGE, "no host"),
        (("--name", "a.test", "--directory", "http://a.test"), ExitCode.USAGE, "https://"),
        (("--name", "a.test", "--webroot", "/nowhere"), ExitCode.USAGE, "is not a directory"),
        (("--name", "a.test", "--ca", "/nowhere"), ExitCode.ERROR, "/nowhere cannot be read"),
        (("--renew",), ExitCode.REFUSED, "nothing was fetched before"),
        (
            ("--name", "a.test", "--directory", "https://127.0.0.1:1/dir"),
            ExitCode.ERROR,
            "nothing was changed: https://127.0.0.1:1/dir cannot be asked: Connection refused",
        ),
    ],
)
def test_mistakes(command: Command, home: Path, words: tuple[str, ...], code: ExitCode, text: str) -> None:
    """What cannot be is said, and nothing is kept."""
    home.mkdir(parents=True)
    ended = command("certs", "acme", *words)
    assert ended.code == code and text in ended.err.replace("\n", " "), ended.err
    assert {path.name for path in home.iterdir()} <= {acme.KEY}


def test_without_the_extra_it_says_what_to_install(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody needs the library who has another client."""
    home.mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "acme", None)
    ended = command("certs", "acme", "--name", "a.test")
    assert ended.code == ExitCode.ERROR and "the extra `acme`" in ended.err
