"""Which data directory and which configuration file a command is about."""

import os
from pathlib import Path

import pytest

from securechat.app.directory import data_dir_option, default_directory
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.place import Place, find_place
from tests.unit.conftest import Command


def test_the_default_is_that_of_the_xdg_specification(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """$XDG_DATA_HOME, which counts only when it is absolute, else ~/.local/share."""
    monkeypatch.setenv("HOME", str(tmp_path))
    usual = tmp_path / ".local" / "share" / "securechat"
    assert default_directory({"XDG_DATA_HOME": "/x"}) == Path("/x/securechat")
    assert default_directory({"XDG_DATA_HOME": "relative"}) == usual
    assert default_directory({"XDG_DATA_HOME": ""}) == usual
    assert default_directory({}) == usual


def test_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home directory is told which option to use."""

    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    with pytest.raises(CommandFailed, match="--data-dir"):
        find_place(None, None, {})


def test_the_configuration_is_looked_for_in_the_data_directory(tmp_path: Path) -> None:
    """securechat.toml there, if it is there; a file that is named is taken as it is."""
    assert find_place(None, tmp_path) == Place(tmp_path, None)
    (tmp_path / "securechat.toml").touch()
    assert find_place(None, tmp_path) == Place(tmp_path, tmp_path / "securechat.toml")
    assert find_place(tmp_path / "other", tmp_path) == Place(tmp_path, tmp_path / "other")


@pytest.mark.parametrize("what", ["directory", "link to nowhere", "link to itself", "pipe"])
def test_what_is_no_file_is_no_configuration(command: Command, home: Path, what: str) -> None:
    """It is an error that names it: the defaults hold only where there is nothing of the name."""
    home.mkdir(parents=True)
    file = home / "securechat.toml"
    if what == "directory":
        file.mkdir()
    elif what == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("nowhere" if "nowhere" in what else "securechat.toml")
    for arguments in (("config", "show"), ("users",), ("server", "--port", "0")):
        ended = command(*arguments)
        assert (ended.code, str(file) in ended.err) == (ExitCode.ERROR, True), ended.err
    (home / "other.toml").touch()
    assert command("config", "show", "--config", str(home / "other.toml")).code == 0


def test_a_data_directory_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is too long; and a relative one when the working directory is gone."""
    for config in (None, tmp_path / "c"):
        with pytest.raises(CommandFailed, match="cannot be used: File name too long"):
            find_place(config, tmp_path / ("x" * 300))
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for config, data_dir in ((Path("c"), tmp_path), (None, Path("d"))):
        with pytest.raises(CommandFailed, match="there is no working directory"):
            find_place(config, data_dir)


def test_paths_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They mean the same whatever the working directory is later."""
    monkeypatch.chdir(tmp_path)
    assert find_place(Path("c"), Path("d")) == Place(tmp_path / "d", tmp_path / "c")


def test_the_option_for_another_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command line that is shown names the directory if it is not the default one, quoted for a shell."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_dir_option(tmp_path / "securechat") == ""
    assert data_dir_option(Path("/a b")) == " --data-dir '/a b'"
