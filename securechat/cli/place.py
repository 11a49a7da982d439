"""Which server a command is about: its data directory and its configuration."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from securechat.cli.exits import CommandFailed

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar="SECURECHAT_CONFIG",
        help="The configuration; without it securechat.toml in the data directory, if there is one.",
    ),
]
DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        envvar="SECURECHAT_DATA_DIR",
        help="Where the server keeps everything; by default $XDG_DATA_HOME/securechat.",
    ),
]


@dataclass(frozen=True, slots=True)
class Place:
    """The data directory of a server (absolute; it may not exist yet) and its configuration file, if any."""

    directory: Path
    file: Path | None

    def require(self) -> None:
        """Raise CommandFailed when no server has ever kept anything here."""
        if not self.directory.is_dir():
            raise CommandFailed(
                f"there is no data directory {self.directory}: name the server's with --data-dir, "
                "or make an account with `securechat adduser`, which makes the directory"
            )


def find_place(
    config: Path | None, data_dir: Path | None, environment: Mapping[str, str] = os.environ
) -> Place:
    """Return the place that the options name, or the default one."""
    directory = (data_dir or default_directory(environment)).absolute()
    if config is None:
        usual = directory / "securechat.toml"
        return Place(directory, usual if usual.is_file() else None)
    return Place(directory, config.absolute())


def default_directory(environment: Mapping[str, str]) -> Path:
    """Return $XDG_DATA_HOME/securechat, or ~/.local/share/securechat. Raises CommandFailed when there is no
    home.

    The XDG base directory specification has relative paths ignored.
    """
    base = Path(environment.get("XDG_DATA_HOME", ""))
    if base.is_absolute():
        return base / "securechat"
    try:
        return Path.home() / ".local" / "share" / "securechat"
    except RuntimeError as error:
        raise CommandFailed("this user has no home directory: use --data-dir") from error


def data_dir_option(directory: Path) -> str:
    """Return what a command line needs to be about this directory: nothing when it is the default one."""
    try:
        usual = default_directory(os.environ)
    except CommandFailed:
        usual = None
    return "" if directory == usual else f" --data-dir {shlex.quote(str(directory))}"
