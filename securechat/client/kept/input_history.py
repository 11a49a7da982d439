"""What a person entered, across starts: a file of mode 0600, one JSON text a line.

What may hold a secret is not kept: commands for the server's own user (`/msg securechat password …`), and the
code of an authenticator.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from securechat.client.paths import write_own

_MOST: Final = 500
_SECRET: Final = ("/msg securechat ", "/query securechat ", "/device yes ", "/oper ", "/join ")


class InputHistory:
    """The file. Where it cannot be read or written, the history begins anew: nothing depends on it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> list[str]:
        """Return what was entered, the newest last; the file is made shorter when it is long."""
        found: list[str] = []
        with suppress(OSError, ValueError):
            for line in self._path.read_text(encoding="utf-8").split("\n"):
                text = json.loads(line) if line else None
                if isinstance(text, str):
                    found.append(text)
        if len(found) > 2 * _MOST:
            with suppress(OSError):
                write_own(self._path, "".join(map(_line, found[-_MOST:])).encode())
        return found[-_MOST:]

    def add(self, text: str) -> None:
        """Keep what was entered."""
        if not text.strip() or f"{text.lower()} ".startswith(_SECRET):
            return
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(self._path, "a", encoding="ascii", opener=_opened) as stream:
                stream.write(_line(text))


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _line(text: str) -> str:
    return json.dumps(text) + "\n"
