"""Where a server keeps everything when nothing else is said."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

OF_SERVICE: Final = Path("/var/lib/securechat")
"""Where `securechat service install` has the server keep everything."""


class NoHome(Exception):
    """This user has no home directory, so there is no default data directory."""


def default_directory(environment: Mapping[str, str]) -> Path:
    """Return $XDG_DATA_HOME/securechat, or ~/.local/share/securechat. Raises NoHome.

    For root it is the directory of this host's service where there is one. The XDG base directory
    specification has relative paths ignored.
    """
    base = Path(environment.get("XDG_DATA_HOME", ""))
    if base.is_absolute():
        return base / "securechat"
    if os.geteuid() == 0 and OF_SERVICE.is_dir():
        return OF_SERVICE
    try:
        return Path.home() / ".local" / "share" / "securechat"
    except RuntimeError as error:
        raise NoHome("this user has no home directory: use --data-dir") from error


def data_dir_option(directory: Path) -> str:
    """Return what a command line needs to be about this directory: nothing when it is the default one."""
    try:
        usual = default_directory(os.environ)
    except NoHome:
        usual = None
    return "" if directory == usual else f" --data-dir {shlex.quote(str(directory))}"
