"""Facts about accounts, as changes of rows."""

from typing import Final, assert_never

from sqlalchemy import Connection, bindparam, delete, insert, update

from securechat.chat.limits import REMEMBERED_SOURCES
from securechat.chat.records import (
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    AccountRecord,
    AccountRemoved,
    AccountRenamed,
    AccountSeen,
    AccountSpent,
    LoginRemembered,
    PasswordDue,
    PasswordSet,
    RoleSet,
)
from securechat.irc.names import fold
from securechat.storage.schema import accounts, former_names, login_sources, positions, spendings, undelivered
from securechat.storage.writer.checks import expect_one

Value = int | str | None

# Made once: SQLAlchemy's objects for a list of values refer to each other, and would be garbage of every
# login; and what busy accounts have spent is noted often.
_FORGET_OTHERS: Final = delete(login_sources).where(
    login_sources.c.account == bindparam("of_account"),
    login_sources.c.source.not_in(bindparam("kept", expanding=True)),
)

_NOTE_SPENDING: Final = (
    update(spendings)
    .where(spendings.c.account == bindparam("of_account"))
    .values(stored=bindparam("stored"), channels=bindparam("channels"), at=bindparam("at"))
)


def write(connection: Connection, record: AccountRecord) -> None:
    """Execute what the record means."""
    match record:
        case AccountAdded():
            _account_added(connection, record)
        case AccountRemoved():
            _account_removed(connection, record)
        case AccountRenamed():
            _account_renamed(connection, record)
        case PasswordSet():
            _change_account(connection, record.account, phc=record.phc)
        case PasswordDue():
            _change_account(connection, record.account, password_due=record.due)
        case AccountDisabled():
            _change_account(connection, record.account, disabled=True)
        case AccountEnabled():
            _change_account(connection, record.account, disabled=False)
        case RoleSet():
            _change_account(connection, record.account, role=record.role)
        case AccountSeen():
            _seen(connection, record)
        case AccountSpent():
            _spent(connection, record)
        case LoginRemembered():
            _login_remembered(connection, record)
        case _:
            assert_never(record)


def _account_added(connection: Connection, record: AccountAdded) -> None:
    connection.execute(
        insert(accounts).values(
            id=record.account,
            name=record.name,
            folded=fold(record.name),
            phc=record.phc,
            role=record.role,
            disabled=False,
            created=record.at,
        )
    )


def _account_removed(connection: Connection, record: AccountRemoved) -> None:
    """Remove also from where it logged in and what waits for it: it never logs in again."""
    erase = None if record.messages == "keep" else record.messages
    _change_account(connection, record.account, phc=None, erase=erase)
    connection.execute(delete(login_sources).where(login_sources.c.account == record.account))
    connection.execute(delete(undelivered).where(undelivered.c.account == record.account))
    connection.execute(delete(positions).where(positions.c.account == record.account))
    connection.execute(delete(spendings).where(spendings.c.account == record.account))


def _account_renamed(connection: Connection, record: AccountRenamed) -> None:
    """Keep the name before, unless only the case of its letters is another."""
    name, before = fold(record.name), fold(record.previous)
    _change_account(connection, record.account, name=record.name, folded=name)
    connection.execute(delete(former_names).where(former_names.c.folded == name))
    if before != name:
        reserve(connection, record.account, record.previous, record.at)


def reserve(connection: Connection, account: int, name: str, at: int) -> None:
    """Let a name be one that an account had before."""
    row = {"folded": fold(name), "name": name, "account": account, "at": at}
    connection.execute(insert(former_names).values(row))


def _seen(connection: Connection, record: AccountSeen) -> None:
    if not record.name:
        _change_account(connection, record.account, seen=record.seen)
        return
    forgotten = () if record.forgotten is None else (record.forgotten[0],)
    for name in (record.name, *forgotten):
        this = (positions.c.account == record.account, positions.c.name == name)
        connection.execute(delete(positions).where(*this))
    row = {"account": record.account, "name": record.name, "seen": record.seen}
    connection.execute(insert(positions).values(row))


def _spent(connection: Connection, record: AccountSpent) -> None:
    row = {"stored": record.stored, "channels": record.channels, "at": record.at}
    if not connection.execute(_NOTE_SPENDING, {"of_account": record.account, **row}).rowcount:
        connection.execute(insert(spendings).values(account=record.account, **row))


def _change_account(connection: Connection, account: int, **values: bool | Value) -> None:
    changed = connection.execute(update(accounts).where(accounts.c.id == account).values(values))
    expect_one(changed, "account", account)


def _login_remembered(connection: Connection, record: LoginRemembered) -> None:
    _change_account(connection, record.account, last_login=record.at)
    others = [source for source, _ in record.previous if source != record.source]
    kept = others[-(REMEMBERED_SOURCES - 1) :]
    connection.execute(_FORGET_OTHERS, {"of_account": record.account, "kept": kept})
    connection.execute(
        insert(login_sources).values(account=record.account, source=record.source, at=record.at)
    )
