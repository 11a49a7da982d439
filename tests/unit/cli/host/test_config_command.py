"""`securechat config`: showing and checking."""

import json
import tomllib
from pathlib import Path

import msgspec
import pytest

from securechat.cli.exits import ExitCode
from securechat.config import Config
from tests.unit.conftest import Command


@pytest.fixture
def file(home: Path) -> Path:
    """Return the configuration file's place, in a data directory that is there."""
    home.mkdir(parents=True)
    return home / "securechat.toml"


def test_default_is_a_file_to_start_with(command: Command, file: Path) -> None:
    """What it prints is accepted as it is."""
    file.write_text(command("config", "default").out)
    assert command("config", "check").code == 0


def test_show_is_the_configuration_in_force(command: Command, file: Path) -> None:
    """TOML with where each value came from: the file in the data directory, and the environment."""
    file.write_text('[server]\nnetwork = "Example"\n')
    shown = command("config", "show").out
    assert f'network = "Example"  # in {file}\n' in shown
    assert "time_cost = 2  # SECURECHAT_AUTH__ARGON2__TIME_COST\n" in shown
    assert tomllib.loads(shown)["server"]["port"] == 6697


def test_show_for_programs(command: Command, file: Path) -> None:
    """JSON with every key."""
    file.write_text('[channels]\nautojoin = ["#b"]\n')
    shown = json.loads(command("config", "show", "--json").out)
    assert shown["channels"]["autojoin"] == ["#b"]
    assert shown.keys() == msgspec.to_builtins(Config()).keys()


def test_check_names_the_file(command: Command, file: Path) -> None:
    """Whoever has several sees which one was checked."""
    assert "no configuration file" in command("config", "check").out
    file.touch()
    assert str(file) in command("config", "check").out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[server]\nport = 65536\n", "server.port must be a number from 0 to 65535, not 65536 (in "),
        ("[server\n", "is not valid TOML"),
        ('[channels]\nautojoin = ["#a*b"]\n', "channels.autojoin"),
        ('[tls]\ncertificate = "none.pem"\nkey = "none.key"\n', "none.pem"),
    ],
)
def test_check_finds_what_is_wrong(command: Command, file: Path, text: str, problem: str) -> None:
    """Also what only the chat or TLS can know."""
    file.write_text(text)
    ended = command("config", "check")
    assert ended.code == ExitCode.ERROR
    assert problem in ended.err


def test_the_file_can_be_named(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the option or by the variable; one that is not there is an error."""
    other = tmp_path / "other.toml"
    other.write_text("[server]\nport = 1\n")
    assert json.loads(command("config", "show", "--json", "--config", str(other)).out)["server"]["port"] == 1
    monkeypatch.setenv("SECURECHAT_CONFIG", str(other))
    assert json.loads(command("config", "show", "--json").out)["server"]["port"] == 1
    other.unlink()
    ended = command("config", "show")
    assert ended.code == ExitCode.ERROR
    assert f"the configuration {other} cannot be read: No such file" in ended.err
