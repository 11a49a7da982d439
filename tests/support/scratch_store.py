"""A real store in a directory of its own, for tests of the chat; it can be told to be full."""

import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from securechat.chat.ports import Reader, Snapshot, StoreFull
from securechat.chat.records import Record
from securechat.storage.sqlite import open_reader, open_store


@cache
def _template() -> tempfile.TemporaryDirectory[str]:
    """An empty database of the newest schema: to copy it is much faster than to make one."""
    directory = tempfile.TemporaryDirectory(prefix="securechat-template-")
    open_store(Path(directory.name)).close()
    return directory


class ScratchStore:
    """Implements `ports.Store`; `reader` is a `ports.Reader` of the same database. To be closed."""

    def __init__(self) -> None:
        self.full = False
        self._directory = tempfile.TemporaryDirectory(prefix="securechat-scratch-")
        place = Path(self._directory.name)
        shutil.copytree(_template().name, place, dirs_exist_ok=True)
        self._store = open_store(place)
        self.reader: Reader = open_reader(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def load(self) -> Snapshot:
        return self._store.load()

    def commit(self, records: Sequence[Record]) -> None:
        if self.full:
            raise StoreFull("no room")
        self._store.commit(records)

    def lacks(self, account: int, nonces: Sequence[str]) -> bool:
        return self._store.lacks(account, nonces)

    def close(self) -> None:
        self.reader.close()
        self._store.close()
        self._directory.cleanup()
