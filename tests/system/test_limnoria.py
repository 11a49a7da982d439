"""Limnoria, the bot, as Debian ships it: it reads 1,024 bytes and then waits for its socket."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import DEADLINE, PASSWORD, ServerProcess, clean_environment

Enter = Callable[..., Person]
PROGRAM = "supybot"


@contextmanager
def limnoria(server: ServerProcess, home: Path) -> Iterator[None]:
    """Run the bot with an account of the name guest."""
    home.mkdir()
    network = "supybot.networks.securechat"
    settings = {
        "supybot.nick": "guest",
        "supybot.networks": "securechat",
        f"{network}.servers": f"127.0.0.1:{server.port}",
        f"{network}.ssl": True,
        f"{network}.ssl.authorityCertificate": server.ca,
        f"{network}.channels": "#lobby",
        f"{network}.sasl.username": "guest",
        f"{network}.sasl.password": PASSWORD,
        f"{network}.sasl.mechanisms": "plain",
        f"{network}.sasl.required": True,
        "supybot.protocols.ssl.verifyCertificates": True,
    }
    plugins = ("Config", "Misc", "Network", "Owner", "User", "Utilities", "Channel")
    settings |= {f"supybot.plugins.{plugin}": True for plugin in plugins}
    (home / "bot.conf").write_text("".join(f"{name}: {value}\n" for name, value in settings.items()))
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, "--allow-root", "--disable-multiprocessing", "bot.conf"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=home,
            env=clean_environment(home, {"LANG": "C.UTF-8", "PATH": os.defpath}),
        )
    try:
        yield
    except BaseException:
        print((home / "output").read_text())
        raise
    finally:
        process.terminate()
        try:
            process.wait(DEADLINE)
        finally:
            process.kill()


@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="limnoria is not installed")
def test_limnoria_reads_a_long_welcome(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """It logs in with SASL PLAIN, reads a welcome of several kilobytes, and is in #general and #lobby."""
    motd = "\n".join(f"line {number} of what everybody has to read {'x' * 40}" for number in range(80))
    server = serve({"server.motd": motd}, accounts=["alice", "guest"])
    alice = enter(server, "alice")
    alice.join("#lobby")
    with limnoria(server, tmp_path / "limnoria"):
        alice.expect("JOIN", "#general")
        assert alice.expect("JOIN", "#lobby").source == "guest!guest@chat.test"
        alice.send("PRIVMSG guest :ping")
        answer = alice.until(lambda line: line.params[-1:] == ("pong",))[-1]
        assert answer.source == "guest!guest@chat.test"
