"""What the hub does unasked: retention, erasing, the index. Asked of the store itself, without a server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from securechat.chat.reading import first_id_at
from securechat.storage import upkeep
from securechat.storage.sqlite import open_store
from securechat.storage.store import SqlStore
from securechat.storage.upkeep import Erasure, Sweep

from .measuring import Figure
from .people import BEGIN, SPAN, Place, Probe

_TIMES = 50
_LOOKED_AT = 25
_ERASED = 50
"""Messages of a step, as the server takes them (`app.retention`)."""


class _Undone(Exception):
    """Rolls a transaction back."""


def chores(directory: Path) -> Iterator[Figure]:
    """Measure one step of each; nothing of it stays."""
    store = open_store(directory)
    try:
        for name, work in _steps(store):
            yield _figure(name, partial(_undone, store, work))
    finally:
        store.close()


def _undone(store: SqlStore, work: Callable[[Connection], object]) -> None:
    try:
        with store.transaction() as connection:
            work(connection)
            raise _Undone
    except _Undone:
        pass


def _steps(store: SqlStore) -> Iterator[tuple[str, Callable[[Connection], object]]]:
    index, erasure, late = store.search_index, Erasure(Probe.LEAVER, "delete"), BEGIN + SPAN
    deep = Sweep(first_id_at(BEGIN + SPAN // 2))
    yield "chore: which channels keep how long", upkeep.retention
    yield "chore: what is to be erased", upkeep.erasures
    yield (
        "chore: 25 old messages go",
        lambda connection: upkeep.prune(connection, index, late, _LOOKED_AT, replace(deep)),
    )
    yield (
        "chore: 25 old messages of a channel go",
        lambda connection: upkeep.prune_channel(
            connection, index, Place.BUSY, late, _LOOKED_AT, replace(deep)
        ),
    )
    yield (
        "chore: erasing, 50 messages looked at",
        lambda connection: upkeep.erase(connection, index, erasure, _ERASED, replace(deep)),
    )


def _figure(name: str, step: Callable[[], object]) -> Figure:
    step()
    times, began = list[float](), time.process_time()
    for _ in range(_TIMES):
        at = time.perf_counter()
        step()
        times.append((time.perf_counter() - at) * 1000)
    spent = (time.process_time() - began) * 1000 / _TIMES
    return Figure(name, tuple(times), spent, 0, min(times))
