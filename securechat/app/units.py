"""The units of systemd that the package brings, made for this installation of it."""

import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

USER: Final = "securechat"
BACKUPS: Final = Path("/var/backups/securechat")
UNITS: Final = (
    "securechat.service",
    "securechat.socket",
    "securechat-backup.service",
    "securechat-backup.timer",
    "securechat-acme.service",
    "securechat-acme.timer",
)
MARK: Final = "# Written by `securechat service install`."
SYSUSERS: Final = "sysusers.conf"
_HIDDEN: Final = (Path("/home"), Path("/root"), Path("/run/user"))
"""What a service with ProtectHome does not see."""


def units(port: int) -> Mapping[str, str]:
    """Return the units by their names; the server listens on `port`."""
    sandbox = _text("sandbox.conf").strip()
    words = {"@sandbox@": sandbox, "@program@": _quoted(program()), "@port@": str(port)}
    found = {}
    for name in UNITS:
        text = _text(name)
        for word, value in words.items():
            text = text.replace(word, value)
        found[name] = f"{MARK} Changes belong into a drop-in: systemctl edit {name}\n{text}"
    return found


def sysusers() -> str:
    """Return the configuration of systemd-sysusers that makes the user of the service."""
    return f"{MARK}\n{_text(SYSUSERS)}"


def program() -> Path:
    """Return the command of this installation."""
    return Path(sys.prefix) / "bin" / "securechat"


def out_of_reach() -> Path | None:
    """Return what of this installation a service cannot use: it is in a home, or others may not read it."""
    for path in (program(), Path(sys.executable).resolve(), Path(__file__).resolve()):
        if any(path.is_relative_to(place) for place in _HIDDEN) or not _open_to_all(path):
            return path
    return None


def _open_to_all(path: Path) -> bool:
    if not path.exists() or not path.stat().st_mode & 0o004:
        return False
    return all(above.stat().st_mode & 0o001 for above in path.parents)


def _text(name: str) -> str:
    return (files("securechat") / "units" / name).read_text("utf-8")


def _quoted(path: Path) -> str:
    """Write a path as systemd.service(5) has it: in quotes, and without specifiers and variables."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if text != str(path) or " " in text else text
