"""Where the client keeps its files.

`profiles.toml`, `known_servers`, `pinned/` and `devices/` are in `$XDG_CONFIG_HOME/securechat`
(default `~/.config/securechat`); without that variable in `~/Library/Application Support/securechat` on
macOS and `%APPDATA%\\securechat` on Windows.
The CA of a server that the same user runs is in its data directory: `$SECURECHAT_DATA_DIR`, else
`$XDG_DATA_HOME/securechat` (default `~/.local/share/securechat`). `bookmarks.json`, up to where one has seen
everything, and `last_profile` are in `$XDG_STATE_HOME/securechat` (default `~/.local/state`), on macOS and
Windows beside the others. A virtual environment may have profiles of its own below its `etc/securechat`.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securechat.tls.writing import write_private

NAME: Final = "securechat"


@dataclass(frozen=True, slots=True)
class Places:
    """The files of trust and profiles, the keys of this computer, and up to where one has seen all."""

    known_servers: Path
    pinned: Path
    own_ca: Path
    bookmarks: Path
    profiles: Path
    site_profiles: Path
    last_profile: Path

    @property
    def settings(self) -> Path:
        """The settings of the terminal app."""
        return self.known_servers.parent / "app.toml"

    @property
    def state(self) -> Path:
        """The directory of what the programs keep on their own: drafts, and what waits to be sent."""
        return self.bookmarks.parent

    @property
    def input_history(self) -> Path:
        """What was entered in the plain client."""
        return self.state / "input_history"

    @property
    def choices(self) -> Path:
        """What a person has set in the plain client."""
        return self.state / "plain.json"

    @property
    def devices(self) -> Path:
        """The directory of this computer's keys."""
        return self.known_servers.parent / "devices"


def places(environment: Mapping[str, str], platform: str = sys.platform) -> Places:
    """Find the places for this user."""
    config = _config_directory(environment, platform)
    own_ca = _data_directory(environment) / "ca.pem"
    state = _state_directory(environment, platform)
    return Places(
        known_servers=config / "known_servers",
        pinned=config / "pinned",
        own_ca=own_ca,
        bookmarks=state / "bookmarks.json",
        profiles=config / "profiles.toml",
        site_profiles=Path(sys.prefix) / "etc" / NAME / "profiles.toml",
        last_profile=state / "last_profile",
    )


def _config_directory(environment: Mapping[str, str], platform: str) -> Path:
    chosen = environment.get("XDG_CONFIG_HOME")
    if chosen and Path(chosen).is_absolute():  # the XDG specification: relative paths are to be ignored
        return Path(chosen) / NAME
    if platform == "darwin":
        return _home(environment) / "Library" / "Application Support" / NAME
    if platform == "win32" and environment.get("APPDATA"):
        return Path(environment["APPDATA"]) / NAME
    return _home(environment) / ".config" / NAME


def _state_directory(environment: Mapping[str, str], platform: str) -> Path:
    if platform in ("darwin", "win32"):
        return _config_directory(environment, platform)
    chosen = environment.get("XDG_STATE_HOME")
    base = Path(chosen) if chosen and Path(chosen).is_absolute() else _home(environment) / ".local" / "state"
    return base / NAME


def _data_directory(environment: Mapping[str, str]) -> Path:
    if environment.get("SECURECHAT_DATA_DIR"):
        return Path(environment["SECURECHAT_DATA_DIR"])
    chosen = environment.get("XDG_DATA_HOME")
    base = Path(chosen) if chosen and Path(chosen).is_absolute() else _home(environment) / ".local" / "share"
    return base / NAME


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment["HOME"]) if environment.get("HOME") else Path.home()


def write_own(path: Path, content: bytes) -> None:
    """Replace a private file of the client, in a directory (0700) that is made when it is missing. Raises
    OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, content)
