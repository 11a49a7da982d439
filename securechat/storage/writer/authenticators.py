"""Facts about second factors, as changes of rows."""

from sqlalchemy import Connection, delete, insert

from securechat.chat.records import AuthenticatorSet
from securechat.storage.schema import authenticators


def write(connection: Connection, record: AuthenticatorSet) -> None:
    """Execute what the record means."""
    connection.execute(delete(authenticators).where(authenticators.c.account == record.account))
    new = record.authenticator
    if new is not None:
        row = {"secret": new.secret, "since": new.since, "step": new.step, "recovery": " ".join(new.recovery)}
        connection.execute(insert(authenticators).values(account=record.account, **row))
