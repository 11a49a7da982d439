"""What Alembic runs for every upgrade, on the connection and in the transaction that it is given."""

from alembic import context
from sqlalchemy import Connection


def run() -> None:
    """Run the migrations on the connection that the caller passes in."""
    connection = context.config.attributes["connection"]
    assert isinstance(connection, Connection) and connection.in_transaction()
    context.configure(connection=connection)
    context.run_migrations()


run()
