"""Bookmarks on disk, so that a client that is started again begins where it ended.

A JSON object of mode 0600: `host:port account` → `{"time": "2026-11-22T11:45:00.123Z", "last": {conversation:
msgid}}`. It holds no text. A file that cannot be read counts as empty: then the server tells what was missed.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

from securechat.client.address import Address
from securechat.client.paths import write_own
from securechat.client.protocol.history import Bookmarks
from securechat.irc import timestamp
from securechat.irc.names import fold


class _Entry(TypedDict):
    time: str
    last: dict[str, str]


class BookmarkFile:
    """The bookmarks of every account that is used from here."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, address: Address, account: str) -> Bookmarks:
        """Return an account's bookmarks; new ones when there are none."""
        entry = self._entries().get(_key(address, account))
        if entry is None:
            return Bookmarks()
        return Bookmarks(timestamp.parse(entry["time"]), dict(entry["last"]))

    def store(self, address: Address, account: str, bookmarks: Bookmarks) -> None:
        """Keep an account's bookmarks. Raises OSError."""
        if bookmarks.time:
            entries = self._entries()
            time = timestamp.format_ms(bookmarks.time)
            entries[_key(address, account)] = _Entry(time=time, last=bookmarks.last)
            write_own(self._path, json.dumps(entries, ensure_ascii=False, indent=1).encode())

    def _entries(self) -> dict[str, _Entry]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        entries: dict[str, _Entry] = {}
        for key, entry in found.items() if isinstance(found, dict) else ():
            with suppress(TypeError, KeyError, ValueError):
                timestamp.parse(entry["time"])
                last = {str(name): str(msgid) for name, msgid in dict(entry["last"]).items()}
                entries[key] = _Entry(time=entry["time"], last=last)
        return entries


def _key(address: Address, account: str) -> str:
    return f"{address} {fold(account)}"
