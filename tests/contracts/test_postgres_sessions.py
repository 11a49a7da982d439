"""Our sessions in PostgreSQL: what a role's settings do to them, and locks that somebody else holds."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection

from securechat.chat.ports import StoreUnavailable
from securechat.storage import postgres
from securechat.storage.errors import StorageError
from securechat.storage.postgres import open_reader, open_store
from tests.contracts.facts import CHANNELS, PEOPLE, message
from tests.support.postgres import PostgresPlace, execute, server_url

HARSH = {
    "statement_timeout": "'150ms'",
    "lock_timeout": "'150ms'",
    "idle_session_timeout": "'150ms'",
    "idle_in_transaction_session_timeout": "'150ms'",
    "default_transaction_isolation": "serializable",
    "synchronous_commit": "off",
    "search_path": "attic, public",
}
"""What an administrator may give a role that people use, and what would end a server."""


def shown(connection: Connection, name: str) -> object:
    """A setting in force."""
    return connection.exec_driver_sql(f"SHOW {name}").scalar()


def test_the_settings_of_a_role_do_not_reach_our_sessions(
    place: PostgresPlace, role: str, tmp_path: Path
) -> None:
    """Neither its deadlines nor its schemas: what was silent for longer than they allow works."""
    url = place.url_for(role)
    open_store(url, tmp_path).close()
    place.execute(f"CREATE SCHEMA attic AUTHORIZATION {role}")
    place.execute("CREATE TABLE attic.messages (id int)")
    for name, value in HARSH.items():
        place.execute(f"ALTER ROLE {role} SET {name} = {value}")
    with closing(open_store(url, tmp_path)) as store, closing(open_reader(url)) as reader:
        store.commit([*PEOPLE, *CHANNELS])
        place.execute("SELECT pg_sleep(0.4)")  # the others' deadlines pass
        store.commit([message(5)])
        with store._connection.begin():
            store._connection.exec_driver_sql("SELECT pg_sleep(0.2)")
            assert shown(store._connection, "synchronous_commit") == "on"
            assert shown(store._connection, "transaction_isolation") == "read committed"
            assert shown(store._connection, "lock_timeout") == "2s"
        assert reader.message(5) is not None
        assert shown(reader._connection, "statement_timeout") == "15s"
        assert shown(reader._connection, "idle_session_timeout") == "0"


@pytest.mark.parametrize("scope", ["ROLE {role}", "DATABASE {database}"])
def test_a_read_only_database_is_refused(place: PostgresPlace, role: str, tmp_path: Path, scope: str) -> None:
    """Before anything is done to it; the error says what to change."""
    ((database,),) = place.execute("SELECT current_database()")
    place.execute(
        f"ALTER {scope.format(role=role, database=database)} SET default_transaction_read_only = on"
    )
    with pytest.raises(StorageError, match=r"is read-only: set default_transaction_read_only to off"):
        open_store(place.url_for(role), tmp_path)
    ((tables,),) = execute(
        server_url(), f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"
    )
    assert tables == 0, "no connection is left"


def test_a_standby_is_refused(place: PostgresPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers that it is in recovery; the error says that it wants the primary server."""
    place.execute(
        "CREATE SCHEMA standby; CREATE FUNCTION standby.pg_is_in_recovery() RETURNS boolean "
        "LANGUAGE sql AS 'SELECT true'"
    )
    monkeypatch.setattr(postgres, "_STANDBY", "SELECT standby.pg_is_in_recovery()")
    with pytest.raises(StorageError, match=r"is a standby.*name the primary server"):
        open_store(place.url, tmp_path)


def test_a_table_that_somebody_holds_is_a_refusal(place: PostgresPlace, tmp_path: Path) -> None:
    """Nothing of the transaction stays, readings are refused, too, and all works when the table is free."""
    with closing(open_store(place.url, tmp_path)) as store:
        store.commit([*PEOPLE, *CHANNELS])
        store._connection.exec_driver_sql("SET lock_timeout = '50ms'")
        store._connection.commit()
        with psycopg.connect(place.url) as other:
            other.execute("LOCK TABLE messages, channels IN ACCESS EXCLUSIVE MODE")
            for _ in range(2):
                with pytest.raises(StoreUnavailable, match="keeps a table locked"):
                    store.commit([message(5)])
            for reading in (store.load, store.retention):
                with pytest.raises(StoreUnavailable, match="keeps a table locked"):
                    reading()
            with pytest.raises(StoreUnavailable, match="keeps a table locked"):
                store.index(10)
        store.commit([message(6)])
    assert place.execute("SELECT id FROM messages") == [(6,)]


def test_a_right_that_was_withdrawn_is_a_refusal(place: PostgresPlace, role: str, tmp_path: Path) -> None:
    """So is a statement that somebody cancels, and a transaction that may not write any more."""
    with closing(open_store(place.url_for(role), tmp_path)) as store:
        store.commit([*PEOPLE, *CHANNELS])
        place.execute(f"REVOKE INSERT ON messages FROM {role}")
        with pytest.raises(StoreUnavailable, match="may not write"):
            store.commit([message(5)])
        place.execute(f"GRANT INSERT ON messages TO {role}")
        store._connection.exec_driver_sql("SET default_transaction_read_only = on")
        store._connection.commit()
        with pytest.raises(StoreUnavailable, match="read-only"):
            store.commit([message(5)])
        store._connection.exec_driver_sql("SET default_transaction_read_only = off")
        store._connection.commit()
        store.commit([message(6)])


def test_a_commit_that_the_database_refuses_is_a_refusal(place: PostgresPlace, tmp_path: Path) -> None:
    """An error that comes as the answer to COMMIT, from a trigger that waits for it."""
    with closing(open_store(place.url, tmp_path)) as store:
        store.commit([*PEOPLE, *CHANNELS])
        place.execute(
            "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'could not serialize' USING ERRCODE = '40001'; END $$; "
            "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION late()"
        )
        with pytest.raises(StoreUnavailable, match="in the way"):
            store.commit([message(5)])
        place.execute("DROP TRIGGER late ON messages")
        store.commit([message(6)])
    assert place.execute("SELECT id FROM messages") == [(6,)]


def test_a_reader_knows_that_its_connection_is_lost(place: PostgresPlace, tmp_path: Path) -> None:
    """After an error of the connection, and after no other; a new one reads what was stored."""
    with closing(open_store(place.url, tmp_path)) as store:
        store.commit([*PEOPLE, *CHANNELS, message(5)])
        reader = open_reader(place.url)
        with pytest.raises(Exception, match="does not exist"):
            reader._connection.exec_driver_sql("SELECT nothing")
        assert not reader.lost and reader.message(5) is not None
        place.end_readers()
        with pytest.raises(Exception, match=r"terminating|closed"):
            reader.message(5)
        assert reader.lost
        reader.close()
        with closing(open_reader(place.url)) as again:
            assert again.message(5) is not None and not again.lost
