"""What lay on the desk when the app ended: drafts, people one talks with, what is muted, and what was open.

A JSON file of mode 0600 for each account. A file that cannot be read counts as empty.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from securechat.client.address import Address
from securechat.client.paths import write_own
from securechat.irc.names import fold

_PLAIN: Final = re.compile("[^0-9A-Za-z.-]")
MOST_PEOPLE: Final = 100


@dataclass(slots=True)
class Desk:
    """Names are as they are shown; a draft's is folded."""

    drafts: dict[str, str] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    muted: list[str] = field(default_factory=list)
    current: str = ""
    closed: dict[str, int] = field(default_factory=dict)
    """When a conversation with a person was closed: milliseconds since the epoch, by folded name."""
    notify: dict[str, str] = field(default_factory=dict)
    """What of a conversation notifies, where that was chosen, by folded name."""

    def draft(self, name: str, text: str) -> None:
        """Keep a draft; an empty one goes."""
        self.drafts.pop(fold(name), None)
        if text.strip():
            self.drafts[fold(name)] = text


class DeskFile:
    """The file of one account."""

    def __init__(self, state: Path, address: Address, account: str) -> None:
        key = f"{address} {fold(account)}"
        name = _PLAIN.sub(lambda char: "".join(f"_{byte:02x}" for byte in char[0].encode()), key)
        self._path = state / "desk" / f"{name}.json"

    def load(self) -> Desk:
        """Read it."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return Desk()
        if not isinstance(found, dict):
            return Desk()
        return Desk(
            _texts(found.get("drafts")),
            _names(found.get("people"))[:MOST_PEOPLE],
            _names(found.get("muted")),
            str(found.get("current", "")),
            {name: int(time) for name, time in _texts(found.get("closed")).items() if time.isdecimal()},
            _texts(found.get("notify")),
        )

    def save(self, desk: Desk) -> None:
        """Write it. Raises OSError."""
        write_own(self._path, json.dumps(asdict(desk), ensure_ascii=False, indent=1).encode())


def _texts(found: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}


def _names(found: object) -> list[str]:
    return [str(name) for name in found] if isinstance(found, list) else []
