"""What a person has chosen: a TOML file that the app writes at `/set`, and that can be edited.

    theme = "light"
    [keys]
    switcher = "ctrl+g"

What is not known, or has no such value, is left out and said; the rest counts.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from securechat.client.paths import write_own
from securechat.client.tui.language import _

THEMES: Final = ("dark", "light", "ansi-dark", "ansi-light")
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "theme": THEMES,
    "language": ("auto", "en", "ru"),
    "threads": ("folded", "inline"),
    "presence": ("fold", "show", "hide"),
    "notify": ("auto", "osc9", "osc777", "bell", "off"),
    "typing": ("send", "keep"),
    "sidebar": ("auto", "hide"),
    "mouse": ("on", "off"),
}
"""The values that each setting can have, its default first."""
HEAD: Final = "# The settings of `securechat connect`. /set in the app writes this file anew.\n"


def wrong(name: str) -> str:
    """Say what a setting can be, or which settings there are."""
    if name in CHOICES:
        return _("{name} can be {values}").format(name=name, values=", ".join(CHOICES[name]))
    return _("{name} is no setting; there are {names}").format(name=name, names=", ".join(CHOICES))


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices by their names, and other keys for actions."""

    chosen: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.chosen.get(name, CHOICES[name][0])

    def with_choice(self, name: str, value: str) -> "Settings":
        """Return the settings with another choice. Raises ValueError, which says what can be chosen."""
        if name not in CHOICES or value not in CHOICES[name]:
            raise ValueError(wrong(name))
        return replace(self, chosen={**self.chosen, name: value})


class SettingsFile:
    """The file. `problems` says what of it was left out."""

    def __init__(self, path: Path) -> None:
        self.problems: list[str] = []
        self._path = path

    def load(self, actions: frozenset[str]) -> Settings:
        """Read the file; `actions` are those that keys can be given to."""
        try:
            found = tomllib.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Settings()
        except (OSError, ValueError) as error:
            self.problems.append(f"{self._path}: {error}")
            return Settings()
        return Settings(dict(self._choices(found)), dict(self._keys(found.get("keys", {}), actions)))

    def save(self, settings: Settings) -> None:
        """Write the file. Raises OSError."""
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.chosen.items()]
        if settings.keys:
            lines += ["\n[keys]\n", *(f"{name} = {json.dumps(key)}\n" for name, key in settings.keys.items())]
        write_own(self._path, (HEAD + "".join(lines)).encode())

    def _choices(self, found: dict[str, object]) -> Iterator[tuple[str, str]]:
        for name, value in found.items():
            if name == "keys":
                continue
            if name in CHOICES and value in CHOICES[name]:
                yield name, str(value)
            else:
                self.problems.append(f"{self._path}: {wrong(name)}")

    def _keys(self, found: object, actions: frozenset[str]) -> Iterator[tuple[str, str]]:
        for name, key in found.items() if isinstance(found, dict) else [("", found)]:
            if name in actions and isinstance(key, str) and key:
                yield name, key
            else:
                text = _("[keys] has actions and their keys; the actions are {names}")
                self.problems.append(f"{self._path}: {text.format(names=', '.join(sorted(actions)))}")
