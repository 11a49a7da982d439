"""The contract suite runs once for every database."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.chat.ports import Store
from securechat.storage.sqlite import open_store
from tests.contracts.databases import (
    Database,
    DurableDatabase,
    PrunedStore,
    SqliteDatabase,
)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an empty database of the newest schema."""
    directory = tmp_path_factory.mktemp("migrated")
    open_store(directory).close()
    return directory


def _made(kind: str, migrated: Path, directory: Path) -> SqliteDatabase:
    assert kind == "sqlite"
    shutil.copytree(migrated, directory)
    return SqliteDatabase(directory)


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[Database]:
    """An empty database."""
    database = _made(str(request.param), migrated, tmp_path / "chat")
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> Store:
    """The open store of an empty database."""
    return database.store()


@pytest.fixture(params=["sqlite"])
def durable(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[DurableDatabase]:
    """An empty database."""
    database = _made(str(request.param), migrated, tmp_path / "chat")
    yield database
    database.close()


@pytest.fixture
def durable_store(durable: DurableDatabase) -> PrunedStore:
    """The open store of an empty database."""
    return durable.store()
