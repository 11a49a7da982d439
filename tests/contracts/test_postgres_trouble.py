"""What is said when PostgreSQL is away, lets nobody in or breaks off: what is wrong, and what to do."""

import socket
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from securechat.chat.ports import StoreLost, StoreUnavailable
from securechat.storage.databases import Database
from securechat.storage.errors import DatabaseAway, StorageError
from securechat.storage.postgres import open_reader, open_store
from tests.contracts.facts import CHANNELS, PEOPLE, message
from tests.support.postgres import PostgresPlace


def refused(url: str, directory: Path) -> StorageError:
    """Return what the writer and a reader are refused with, which is the same line."""
    with pytest.raises(StorageError) as writing:
        open_store(url, directory)
    with pytest.raises(StorageError) as reading:
        open_reader(url)
    assert str(writing.value) == str(reading.value)
    assert "\n" not in str(writing.value)
    return writing.value


def test_a_role_that_may_have_no_more_connections_is_told(
    place: PostgresPlace, role: str, tmp_path: Path
) -> None:
    """How many are needed, and where the limit is; it may pass by itself, and then all works."""
    url = place.url_for(role)
    place.execute(f"ALTER ROLE {role} CONNECTION LIMIT 1")
    with closing(open_store(url, tmp_path)) as store:
        store.commit([*PEOPLE, *CHANNELS, message(5)])
        with pytest.raises(DatabaseAway, match=r"too many connections for role.*three.*CONNECTION LIMIT"):
            open_reader(url)
        place.execute(f"ALTER ROLE {role} CONNECTION LIMIT -1")
        with closing(open_reader(url)) as reader:
            assert reader.message(5) is not None
    place.execute(f"ALTER ROLE {role} CONNECTION LIMIT 0")
    assert isinstance(refused(url, tmp_path), DatabaseAway)


def test_a_role_that_may_not_log_in_is_told(place: PostgresPlace, role: str, tmp_path: Path) -> None:
    """Waiting does not change it; so with a database that takes no connections, or that is not there."""
    url = place.url_for(role)
    place.execute(f"ALTER ROLE {role} NOLOGIN")
    error = refused(url, tmp_path)
    assert not isinstance(error, DatabaseAway) and "ALTER ROLE … LOGIN" in str(error)
    missing = refused(place.url.replace("securechat_test_", "securechat_nothing_"), tmp_path)
    assert not isinstance(missing, DatabaseAway) and "createdb" in str(missing)
    place.let_in(False)
    error = refused(place.url, tmp_path)
    assert not isinstance(error, DatabaseAway) and "ALLOW_CONNECTIONS true" in str(error)


def test_a_host_that_cannot_be_looked_up_is_told(
    place: PostgresPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the host and the setting; when the name is known again, connections are made."""

    def fail(*arguments: object, **options: object) -> list[object]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    url = place.url.replace("127.0.0.1", "localhost")
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", fail)
        error = refused("postgresql://me:secret@db.example/chat?sslmode=disable", tmp_path)
        assert isinstance(error, DatabaseAway)
        assert "db.example" in str(error) and "storage.url" in str(error) and "secret" not in str(error)
        assert isinstance(refused(url, tmp_path), DatabaseAway)
    open_store(url, tmp_path).close()


def test_a_server_that_does_not_run_is_told(tmp_path: Path) -> None:
    """At a port where nobody listens, at a socket that is not there, and at one that hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = refused(f"postgresql://me@127.0.0.1:{port}/chat", tmp_path)
    assert isinstance(error, DatabaseAway) and "start PostgreSQL" in str(error)
    error = refused(f"postgresql://me@/chat?host={tmp_path}", tmp_path)
    assert isinstance(error, DatabaseAway) and "start PostgreSQL" in str(error)
    with socket.create_server(("127.0.0.1", 0)) as rude:

        def hang_up() -> None:
            for _ in range(2):
                rude.accept()[0].close()

        ends = threading.Thread(target=hang_up)
        ends.start()
        url = f"postgresql://me@127.0.0.1:{rude.getsockname()[1]}/chat?sslmode=disable&gssencmode=disable"
        assert isinstance(refused(url, tmp_path), DatabaseAway)
        ends.join()


@pytest.mark.parametrize("when", ["between", "within"])
def test_a_writer_that_lost_its_connection_says_so(place: PostgresPlace, tmp_path: Path, when: str) -> None:
    """In one line with the cause and what to do; nothing of the transaction is seen, a new start works."""
    with closing(open_store(place.url, tmp_path)) as store:
        store.commit([*PEOPLE, *CHANNELS, message(5)])
        if when == "between":
            place.disconnect()
        else:
            place.execute(
                "CREATE FUNCTION ends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NEW; END $$; "
                "CREATE TRIGGER ends AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION ends()"
            )
        for _ in range(2):
            with pytest.raises(StoreLost, match=r"connection to the database .* is lost") as lost:
                store.commit([message(6)])
            assert "\n" not in str(lost.value) and "unknown" in str(lost.value)
            with pytest.raises(StoreLost, match="is lost"):
                store.index(10)
            with pytest.raises(StoreLost, match="is lost"):
                store.seen_clock()
    place.execute("DROP TRIGGER IF EXISTS ends ON messages")
    with closing(open_store(place.url, tmp_path)) as store:
        assert store.load().last_message == 5
        store.commit([message(6)])


def test_a_start_while_a_table_is_locked_says_so(place: PostgresPlace, tmp_path: Path) -> None:
    """Whichever table it is, the error is one for the operator."""
    database = Database(tmp_path, place.url)
    store = database.open_store()
    store._connection.exec_driver_sql("SET lock_timeout = '50ms'")
    store._connection.commit()
    with closing(store), psycopg.connect(place.url) as other:
        for table in ("accounts", "clock"):
            other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
            with pytest.raises(StorageError, match="keeps a table locked"):
                database.load(store)
            other.rollback()
        assert database.load(store).snapshot.last_message == 0


def test_what_a_reader_cannot_read_is_told_in_one_line(place: PostgresPlace, tmp_path: Path) -> None:
    """A locked table, a query that takes too long, a right that was withdrawn; the connection is kept."""
    with closing(open_store(place.url, tmp_path)) as store:
        store.commit([*PEOPLE, *CHANNELS, message(5)])
    reader = open_reader(place.url)
    with closing(reader), psycopg.connect(place.url) as other:
        for setting, said in (("lock_timeout", "keeps a table locked"), ("statement_timeout", "cancelled")):
            reader._connection.exec_driver_sql(f"SET {setting} = '50ms'")
            other.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(Exception, match="canceling") as caught:
                reader.message(5)
            text = reader.trouble(caught.value)
            assert text is not None and said in text and "\n" not in text
            assert reader.trouble(ValueError("ours")) is None
            other.rollback()
            reader._connection.exec_driver_sql(f"SET {setting} = 0")
            assert not reader.lost and reader.message(5) is not None


def test_a_reader_does_not_wait_long_for_a_table(place: PostgresPlace, tmp_path: Path) -> None:
    """There are two of them: a table that somebody keeps would hold up everybody's queries."""
    open_store(place.url, tmp_path).close()
    with closing(open_reader(place.url)) as reader:
        assert reader._connection.exec_driver_sql("SHOW lock_timeout").scalar() == "3s"


def test_a_copy_that_breaks_off_says_why(place: PostgresPlace, tmp_path: Path) -> None:
    """In one line that names the database, and without a file that is left."""
    database = Database(tmp_path, place.url)
    with closing(database.open_store()) as store:
        store.commit([*PEOPLE, *CHANNELS, message(5)])

    def end(done: int, total: int) -> None:
        place.disconnect()

    with pytest.raises(StorageError, match=r"the database postgresql://.*terminating") as caught:
        database.copy(tmp_path / "copy", end)
    assert "\n" not in str(caught.value)
    place.execute("DROP TABLE pins CASCADE")
    with pytest.raises(StorageError, match=r"the database postgresql://.*does not exist"):
        database.copy(tmp_path / "copy", lambda done, total: None)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("state", ["53100", "53200", "53000", "40001", "40P01", "58030"])
def test_a_shortage_is_a_refusal_and_passes(place: PostgresPlace, tmp_path: Path, state: str) -> None:
    """No room, no memory, somebody in the way: nothing is stored then, and everything afterwards."""
    with closing(open_store(place.url, tmp_path)) as store:
        store.commit([*PEOPLE, *CHANNELS])
        place.execute(
            "CREATE FUNCTION short() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION 'short' USING ERRCODE = '{state}'; END $$; "
            "CREATE TRIGGER short BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION short()"
        )
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                store.commit([message(5)])
        place.execute("DROP TRIGGER short ON messages")
        store.commit([message(6)])
    assert place.execute("SELECT id FROM messages") == [(6,)]
