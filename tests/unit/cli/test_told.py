"""What commands tell people: whatever a name or value holds, a terminal shows it and obeys nothing of it."""

import ast
import tomllib
from pathlib import Path

import msgspec
import pytest

from securechat.app.announcement import say_to_people
from securechat.cli import table, telling
from securechat.config import Config
from tests.unit.cli.test_json_output import ALL, NAME, is_safe
from tests.unit.conftest import Command

TEXT = "".join(char for char in ALL if char != "\0" and not "\ud800" <= char <= "\udfff")
PRINTS = {"echo", "confirm", "prompt", "print"}


def lines_are_safe(text: str) -> bool:
    """Return whether a text is lines of what a terminal shows as it is."""
    return all(map(is_safe, text.removesuffix("\n").split("\n")))


def quoted(text: str) -> str:
    """Write a text as TOML, with nothing but ASCII in it."""
    return '"' + "".join(f"\\U{ord(char):08x}" for char in text) + '"'


def test_values_of_the_configuration(command: Command, home: Path) -> None:
    """They are shown as TOML that has the same values."""
    home.mkdir(parents=True)
    written = f"[tls]\ncertificate = {quoted(f'/{TEXT}')}\nkey = '/x'\n"
    (home / "securechat.toml").write_text(written)
    ended = command("config", "show")
    assert ended.code == 0, ended.err
    shown = ended.out
    assert lines_are_safe(shown), ascii(shown)
    assert tomllib.loads(shown)["tls"]["certificate"] == f"/{TEXT}"
    assert "grüße 👍🏽 日本語" in shown


def test_where_a_value_came_from(command: Command, tmp_path: Path) -> None:
    """The name of a file is a comment behind the value, and cannot be more."""
    file = tmp_path / f"a\n[server]\nport = 1\n#{NAME}"
    file.write_text("[server]\nport = 7000\n")
    shown = command("config", "show", "--config", str(file)).out
    assert lines_are_safe(shown), ascii(shown)
    assert tomllib.loads(shown)["server"]["port"] == 7000


def test_what_was_done_and_where(command: Command, tmp_path: Path) -> None:
    """The names that a person, or a backup, gave are in what the commands say of it."""
    home = tmp_path / f"home{NAME}"
    place = ("--data-dir", str(home))
    saved, copy = tmp_path / f"saved{NAME}", tmp_path / f"copy{NAME}"
    for arguments in (
        ("adduser", "alice", "--generate", *place),
        ("users", *place),
        ("disable", "alice", *place),
        ("channel", "set", "#general", "founder", "alice", *place),
        ("channel", "list", *place),
        ("channel", "drop", "#none*", "--dry-run", *place),
        ("backup", str(saved), *place),
        ("restore", str(saved), "--data-dir", str(copy)),
        ("export", str(tmp_path / f"lines{NAME}"), "--all", *place),
        ("config", "check", *place),
        ("audit", "show", *place),
        ("deluser", "alice", "--yes", *place),
    ):
        done = command(*arguments)
        assert done.code == 0, done.err
        assert lines_are_safe(done.out) and lines_are_safe(done.err), (arguments, ascii(done))


def test_the_server_tells_people_where_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    """It names its directory, and the line to connect with."""
    text = msgspec.structs.replace(Config().log, format="text")
    say_to_people(msgspec.structs.replace(Config(), log=text), f"keeps everything in {NAME}")
    told = capfd.readouterr().err
    assert "keeps everything in a\\x1b]52" in told and lines_are_safe(told)


def test_no_command_goes_around_it() -> None:
    """What is not written in the program is printed by `tell`, or by what prints tables, JSON and secrets."""
    around: list[str] = []
    for path in sorted(Path(table.__file__).parent.glob("*.py")):
        if path.name in (Path(telling.__file__).name, "table.py", "secret.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and not isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
                if name in PRINTS:
                    around.append(f"{path.name}:{node.lineno}")
    assert not around
