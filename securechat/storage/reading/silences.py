"""Whom accounts ignore, from the database."""

from sqlalchemy import Connection, select

from securechat.storage.schema import silences


def read_silences(connection: Connection) -> dict[int, dict[str, int]]:
    """Return the masks that each account ignores, and since when, the oldest first."""
    found: dict[int, dict[str, int]] = {}
    s = silences.c
    for account, mask, since in connection.execute(
        select(s.account, s.mask, s.since).order_by(s.since, s.account, s.mask)
    ):
        found.setdefault(account, {})[mask] = since
    return found
