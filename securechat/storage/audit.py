"""The audit log's chain: each row carries a hash of itself and of the row before it.

A person who changes, removes or inserts a row has to make every hash after it anew. So a hash that somebody
has noted elsewhere (`securechat audit verify` prints the last one) proves everything up to its row; the chain
alone proves that nobody has touched the rows carelessly.
"""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, func, insert, select

from securechat.chat.ports import AuditEntry
from securechat.chat.records import Audited
from securechat.chat.requests import OPERATION_NAMES, NoteBackup
from securechat.storage.schema import audit

FIRST: Final = "0" * 64
"""What the first row's hash has in place of a previous one."""


class ChainBroken(ValueError):
    """The audit log is not what was written. The text says where."""


def digest(previous: str, number: int, record: Audited) -> str:
    """Return the hash of a row: SHA-256 over the previous hash and the row as JSON, in a fixed form."""
    row = [number, record.at, record.actor, record.origin, record.action, record.target, record.detail]
    canonical = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return sha256(f"{previous}\n{canonical}".encode()).hexdigest()


def append(connection: Connection, record: Audited) -> None:
    """Write a record after the last row. The transaction is the caller's."""
    last = connection.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).first()
    number, previous = (last[0] + 1, last[1]) if last is not None else (1, FIRST)
    connection.execute(
        insert(audit).values(
            id=number,
            at=record.at,
            actor=record.actor,
            origin=record.origin,
            action=record.action,
            target=record.target,
            detail=record.detail,
            hash=digest(previous, number, record),
        )
    )


def last_backup(connection: Connection) -> int:
    """Return when a backup was begun last, in milliseconds since the epoch; 0 is never."""
    action = OPERATION_NAMES[NoteBackup]
    return connection.scalar(select(func.max(audit.c.at)).where(audit.c.action == action)) or 0


def verify(entries: Iterable[AuditEntry], after: int = 0, previous: str = FIRST) -> tuple[int, str]:
    """Check rows that follow row `after`, whose hash is `previous`; return the last row's number and hash.

    Raises `ChainBroken` at the first row that is missing or was changed.
    """
    for entry in entries:
        if entry.id != after + 1:
            raise ChainBroken(f"entry {after + 1} is missing: the one after {after} is {entry.id}")
        if entry.hash != digest(previous, entry.id, entry.record):
            raise ChainBroken(f"entry {entry.id} was changed, or the one before it: its hash does not fit")
        after, previous = entry.id, entry.hash
    return after, previous
