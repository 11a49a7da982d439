"""What a person has set in the plain client (/set), across starts: a JSON object of mode 0600."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Final

from securechat.client.paths import write_own

NAMES: Final = {
    "joins": "who comes and goes is told",
    "bell": "the terminal's bell rings when somebody means you",
    "colour": "colours are used (also unless NO_COLOR is set)",
}


OFF: Final = {
    "joins": "who comes and goes is not told",
    "bell": "nothing rings",
    "colour": "no colours are used",
}
"""What each means when it is off."""


class Choices:
    """Each of `NAMES` is on unless it was set to off. Without a `path` nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._off: set[str] = set()
        with suppress(OSError, ValueError):
            found = json.loads(path.read_text(encoding="utf-8")) if path is not None else []
            self._off = {name for name in found if name in NAMES} if isinstance(found, list) else set()

    def on(self, name: str) -> bool:
        """Whether this is on."""
        return name not in self._off

    def set(self, name: str, on: bool) -> None:
        """Set one. Raises OSError when it cannot be kept; it holds for this run then."""
        (self._off.discard if on else self._off.add)(name)
        if self._path is not None:
            write_own(self._path, json.dumps(sorted(self._off)).encode())
