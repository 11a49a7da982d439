"""Bots written with libraries from PyPI: they connect, prove their account, join and answer."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import DEADLINE, PASSWORD, clean_environment

Enter = Callable[..., Person]

_BOTS = Path(__file__).parent / "bots"


@pytest.mark.parametrize("library", ["pydle", "irc"])
def test_a_bot_answers(serve: Serve, enter: Enter, tmp_path: Path, library: str) -> None:
    """It trusts the server's authority, joins a channel, is seen as its account, and answers there."""
    server = serve(accounts=["alice", "parrot"])
    alice = enter(server, "alice")
    alice.join("#birds")
    command = [
        sys.executable,
        str(_BOTS / f"with_{library}.py"),
        str(server.port),
        "parrot",
        PASSWORD,
        "#birds",
    ]
    environment = clean_environment(tmp_path, {"SSL_CERT_FILE": str(server.ca)})
    with (tmp_path / "bot.log").open("wb") as log:
        bot = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        assert alice.expect("JOIN", "#birds").source == "parrot!parrot@chat.test"
        for text in ("good morning", "grüße, 🎉"):
            alice.say("#birds", f"parrot: {text}")
            assert alice.hear(f"alice said: {text}").tags["account"] == "parrot"
        bot.terminate()
        assert alice.expect("QUIT").source == "parrot!parrot@chat.test"
    except BaseException:
        print((tmp_path / "bot.log").read_text(errors="replace"))
        raise
    finally:
        bot.kill()
        bot.wait(DEADLINE)
