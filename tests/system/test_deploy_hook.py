"""`securechat certs install`: what the hook of an ACME client calls. A bad one never replaces a good one."""

import json
import socket
import ssl
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from securechat.cli.exits import ExitCode
from tests.support.chains import Made, make, server
from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import DEADLINE, ServerProcess

NOW = datetime.now(UTC)
ROOT = make("Root", NOW)
BETWEEN = make("Intermediate", NOW, ROOT)


def pem(*made: Made) -> str:
    """Write certificates one after the other."""
    return "".join(each.certificate.public_bytes(Encoding.PEM).decode() for each in made)


def key_of(made: Made) -> str:
    """Write a key."""
    return made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def files(place: Path, chain: str, key: str) -> Sequence[str]:
    """Write a chain and its key as an ACME client does; return the options that name them."""
    place.mkdir(exist_ok=True)
    (place / "fullchain.pem").write_text(chain)
    (place / "privkey.pem").write_text(key)
    (place / "privkey.pem").chmod(0o600)
    return ["--cert", str(place / "fullchain.pem"), "--key", str(place / "privkey.pem")]


def serial(chat: ServerProcess) -> int:
    """Return the serial number of the certificate that a new connection gets."""
    context = ssl.create_default_context(cadata=pem(ROOT))
    with (
        socket.create_connection(("127.0.0.1", chat.port), timeout=DEADLINE) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wire,
    ):
        found = wire.getpeercert()
        assert found is not None
        return int(str(found["serialNumber"]), 16)


def test_a_good_one_is_used_and_bad_ones_change_nothing(
    serve: Serve, enter: Callable[..., Person], tmp_path: Path
) -> None:
    """New connections have the good one, also after each bad one, and nobody who is there loses anything."""
    chat = serve(accounts=["alice", "bob"])
    bob = enter(chat, "bob")
    good = server(NOW, BETWEEN)
    options = files(tmp_path / "a", pem(good, BETWEEN), key_of(good))
    facts = json.loads(chat.administer("certs", "install", *options, "--json"))
    assert facts["used"] is True and facts["names"] == ["localhost", "chat.example.org"]
    kept = (chat.data / "public.pem").read_bytes()
    for chain, key, reason in bad_ones(good):
        ended = chat.run("certs", "install", *files(tmp_path / "b", chain, key))
        assert ended.returncode == ExitCode.REFUSED, (reason, ended.stderr)
        assert reason in ended.stderr
        assert (chat.data / "public.pem").read_bytes() == kept
        assert serial(chat) == good.certificate.serial_number
    bob.say("#general", "still here")
    shown = json.loads(chat.administer("certs", "show", "--json"))
    assert shown["own"] is False and shown["certificate"] == str(chat.data / "public.pem")


def bad_ones(good: Made) -> Sequence[tuple[str, str, str]]:
    """Chains and keys that are wrong in one thing, and what is said of them."""
    expired, early = server(NOW, BETWEEN, begin=-90, end=-1), server(NOW, BETWEEN, begin=2)
    other = server(NOW, make("Another", NOW, ROOT))
    return [
        (pem(good, BETWEEN), key_of(other), "is not the key of the first certificate"),
        (pem(expired, BETWEEN), key_of(expired), "expired on"),
        (pem(early, BETWEEN), key_of(early), "valid only from"),
        (pem(good), key_of(good), "ends with a certificate of"),
        (pem(other, BETWEEN), key_of(other), "did not issue certificate 1"),
        (pem(BETWEEN, ROOT), key_of(BETWEEN), "nothing was changed"),
        ("nothing", key_of(good), "is not a file of PEM certificates"),
        ("", "", "is not a file of PEM certificates"),
        (pem(good, BETWEEN), "nothing", "is not a PEM private key"),
    ]


def test_a_server_that_refuses_keeps_what_it_had(serve: Serve, tmp_path: Path) -> None:
    """Where the configuration has become wrong meanwhile the certificate from before comes back."""
    chat = serve()
    first, second = server(NOW, BETWEEN), server(NOW, BETWEEN)
    chat.administer("certs", "install", *files(tmp_path / "a", pem(first, BETWEEN), key_of(first)))
    kept = (chat.data / "public.pem").read_bytes()
    chat.configure(tls__names=["localhost"])
    right = chat.config.read_text()
    chat.configure(tls__names=["localhost", "elsewhere.example.org"])
    wrong = chat.config.read_text()
    ended = chat.run("certs", "install", *files(tmp_path / "b", pem(second, BETWEEN), key_of(second)))
    assert ended.returncode == ExitCode.REFUSED and "does not stand for elsewhere" in ended.stderr
    assert (chat.data / "public.pem").read_bytes() == kept
    # The command finds nothing wrong, but the server reads what only it was told.
    chat.config.write_text(wrong)
    mine = tmp_path / "mine.toml"
    mine.write_text(right)
    options = files(tmp_path / "c", pem(second, BETWEEN), key_of(second))
    words = chat.command("certs", "install", *options)
    words = [str(mine) if word == str(chat.config) else word for word in words]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert ended.returncode == ExitCode.REFUSED and "from before is in its place" in ended.stderr, (
        ended.stderr
    )
    assert (chat.data / "public.pem").read_bytes() == kept
    chat.config.write_text(right)


@pytest.mark.parametrize("mode", [0o640, 0o644])
def test_a_key_that_others_can_read(serve: Serve, tmp_path: Path, mode: int) -> None:
    """It is refused, with the command that mends it."""
    chat = serve()
    made = server(NOW, BETWEEN)
    options = files(tmp_path / "a", pem(made, BETWEEN), key_of(made))
    Path(options[-1]).chmod(mode)
    ended = chat.run("certs", "install", *options)
    assert ended.returncode == ExitCode.REFUSED and "chmod 600" in ended.stderr
    assert not (chat.data / "public.pem").exists()


def test_a_certificate_of_the_configuration_comes_first(serve: Serve, tmp_path: Path) -> None:
    """Two places for one certificate would be one too many."""
    made = server(NOW, BETWEEN)
    options = files(tmp_path / "a", pem(made, BETWEEN), key_of(made))
    chat = serve({"tls.certificate": options[1], "tls.key": options[3]})
    ended = chat.run("certs", "install", *options)
    assert ended.returncode == ExitCode.REFUSED and "take tls.certificate and tls.key out" in ended.stderr
