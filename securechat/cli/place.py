"""Which server a command is about: its data directory and its configuration."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from securechat.app.directory import NoHome, default_directory
from securechat.cli.exits import CommandFailed
from securechat.cli.files import is_stdin, refuse_pipe

if TYPE_CHECKING:
    from securechat.app.configuration import Loaded
    from securechat.config import Config

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
        help="Where the server keeps everything; by default $XDG_DATA_HOME/securechat, and for root what "
        "`securechat service install` has made.",
    ),
]


@dataclass(frozen=True)
class Place:
    """The data directory of a server (absolute; it may not exist yet) and its configuration file, if any.

    It has no slots, since it keeps the configuration.
    """

    directory: Path
    file: Path | None

    @cached_property
    def loaded(self) -> "Loaded":
        """The configuration with where each key was set, read once. Raises CommandFailed."""
        from securechat.app.configuration import ConfigError, load

        try:
            return load(self.file, os.environ, {})
        except ConfigError as error:
            raise CommandFailed(str(error)) from error

    @property
    def config(self) -> "Config":
        """The configuration. Raises CommandFailed."""
        return self.loaded.config

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
    """Return the place that the options name, or the default one. Raises CommandFailed when there is none."""
    if is_stdin(config):
        raise CommandFailed(
            "the configuration cannot come from standard input: name a file, or check it with "
            "`securechat config check -`"
        )
    try:
        directory = (data_dir or default_directory(environment)).absolute()
        named = config.absolute() if config is not None else None
    except NoHome as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        raise CommandFailed(f"there is no working directory: {error.strerror}") from error
    usual = directory / "securechat.toml"
    there = _is_there(usual, directory)
    if named is None and there:
        # Whatever it is, it is read, which says what is wrong with it. The defaults would make another server
        # than the one that somebody has configured.
        refuse_pipe(usual, "which would be waited for")
        named = usual
    return Place(directory, named)


def _is_there(file: Path, directory: Path) -> bool:
    """Return whether anything has this name in a data directory. Raises CommandFailed."""
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError as error:
        raise CommandFailed(f"{directory} belongs to another user: run this as the server's user") from error
    except OSError as error:
        raise CommandFailed(f"the data directory {directory} cannot be used: {error.strerror}") from error
    return True


def existing_place(config: Path | None, data_dir: Path | None) -> Place:
    """As `find_place`, of a server that has kept something there. Raises CommandFailed."""
    place = find_place(config, data_dir)
    place.require()
    return place
