"""The commands of a copy: each is done by the hub, and a command that is gone is forgotten."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from securechat.app.online_copy import OnlineCopy
from securechat.chat.requests import Done, Refused
from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.sqlite import SqliteStore, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A new database."""
    with closing(open_store(tmp_path)) as store:
        yield store


def now(call: Callable[[], None]) -> None:
    """Stands for the hub, which has nothing else to do."""
    call()


def test_a_copy_from_its_beginning_to_its_end(store: SqliteStore, tmp_path: Path) -> None:
    """What is answered is what the store says; afterwards it waits for nobody."""
    commands = OnlineCopy(store.lending, now).commands()
    pages = (tmp_path / DATABASE_NAME).stat().st_size // 4096
    begun = commands["copy-begin"]()
    assert isinstance(begun, Done) and begun.rows[0]["pages"] >= pages  # type: ignore[operator]
    changes = commands["copy-changes"]()
    assert isinstance(changes, Done)
    assert changes.rows[0]["complete"] is True and isinstance(changes.rows[0]["changed"], str)
    assert commands["copy-settled"]() == Done([{"settled": True}])
    assert commands["copy-end"]() == Done([{}])
    refused = commands["copy-settled"]()
    assert isinstance(refused, Refused) and "does not wait for this copy" in refused.text


def test_a_command_that_is_gone_is_forgotten(store: SqliteStore) -> None:
    """After a minute without a question; one that asks now and then is not."""
    time = 0.0
    copy = OnlineCopy(store.lending, now, clock=lambda: time)
    copy.look()
    copy.commands()["copy-begin"]()
    for _ in range(3):
        time += 50
        copy.look()
        assert copy.commands()["copy-settled"]() == Done([{"settled": False}])
    time += 61
    copy.look()
    with pytest.raises(StorageError, match="does not wait for this copy"):
        store.lending.settled()


def test_what_the_disk_has_against_it_is_told(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the hub, which has met the error, goes on."""

    def fail() -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(store.lending, "begin", fail)
    refused = OnlineCopy(store.lending, now).commands()["copy-begin"]()
    assert isinstance(refused, Refused) and "Input/output error" in refused.text


def test_a_hub_that_does_not_answer_is_not_waited_for(store: SqliteStore) -> None:
    """The control thread has others to serve; what the hub says later is nobody's answer."""
    calls: list[Callable[[], None]] = []
    commands = OnlineCopy(store.lending, calls.append, answer_seconds=0.0).commands()
    refused = commands["copy-begin"]()
    assert isinstance(refused, Refused) and refused.code == "BUSY"
    thread = threading.Thread(target=calls[0])
    store.lending.begin = lambda: 1  # type: ignore[method-assign]
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def test_a_database_that_is_no_file_is_not_lent() -> None:
    """A PostgreSQL database is copied without the server."""
    refused = OnlineCopy(None, now).commands()["copy-begin"]()
    assert isinstance(refused, Refused) and refused.code == "NOT_POSSIBLE"
