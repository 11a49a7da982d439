"""The contract suite runs once for every database: SQLite, and PostgreSQL where a server is reachable."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from securechat.chat.ports import Store
from securechat.storage import postgres
from securechat.storage.sqlite import open_store
from tests.contracts.databases import (
    NOWHERE,
    Database,
    DurableDatabase,
    PostgresDatabase,
    PrunedStore,
    SqliteDatabase,
)
from tests.support.postgres import PostgresPlace, require_server

KINDS = ["sqlite", "postgres"]


@pytest.fixture
def place() -> Iterator[PostgresPlace]:
    """A database without anything in it."""
    require_server()
    place = PostgresPlace()
    yield place
    place.drop()


@pytest.fixture
def role(place: PostgresPlace) -> Iterator[str]:
    """A role of its own, which owns the database."""
    name = place.add_role()
    yield name
    place.drop_with(name)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an empty database of the newest schema."""
    directory = tmp_path_factory.mktemp("migrated")
    open_store(directory).close()
    return directory


@pytest.fixture(scope="session")
def migrated_postgres() -> Iterator[PostgresPlace]:
    """An empty PostgreSQL database of the newest schema; each test leaves it empty, making one takes long."""
    require_server()
    place = PostgresPlace()
    try:
        postgres.open_store(place.url, NOWHERE).close()
        yield place
    finally:
        place.drop()


def _maker(request: pytest.FixtureRequest) -> Callable[[Path], DurableDatabase]:
    """Return what makes an empty database of a kind; a directory that does not exist is for its files."""
    if request.param == "postgres":
        place = request.getfixturevalue("migrated_postgres")
        return lambda directory: PostgresDatabase(place)
    migrated: Path = request.getfixturevalue("migrated")

    def made(directory: Path) -> DurableDatabase:
        shutil.copytree(migrated, directory)
        return SqliteDatabase(directory)

    return made


@pytest.fixture(scope="session", params=KINDS)
def make_durable(request: pytest.FixtureRequest) -> Callable[[Path], DurableDatabase]:
    """What makes empty databases, for a test that needs several."""
    return _maker(request)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    database = _maker(request)(tmp_path / "chat")
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> Store:
    """The open store of an empty database."""
    return database.store()


@pytest.fixture(params=KINDS)
def durable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DurableDatabase]:
    """An empty database."""
    database = _maker(request)(tmp_path / "chat")
    yield database
    database.close()


@pytest.fixture
def durable_store(durable: DurableDatabase) -> PrunedStore:
    """The open store of an empty database."""
    return durable.store()
