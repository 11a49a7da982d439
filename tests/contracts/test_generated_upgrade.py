"""From the first schema to the newest with whatever a server may have kept, and back by the copy.

tests/system/test_upgrade.py does it once with servers that run, as docs/operations.md says.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from securechat.storage.lock import DATABASE_NAME
from securechat.storage.migration import MIGRATIONS, Migrations
from securechat.storage.schema import HEAD
from securechat.storage.sqlite import open_store

FIRST = Path(__file__).parent / "schema_0001.sql"
NOON = 1_763_200_800_000
KEPT = (
    "SELECT id, name, folded, phc, role, disabled, created, last_login FROM accounts ORDER BY id",
    "SELECT id, name, folded, created, topic, topic_setter, topic_at FROM channels ORDER BY id",
    "SELECT channel, account FROM memberships ORDER BY 1, 2",
    "SELECT id, at, command, sender, nick, channel, recipient, text, tags, nonce FROM messages ORDER BY id",
    "SELECT account, message FROM undelivered ORDER BY 1, 2",
    "SELECT account, source, at FROM login_sources ORDER BY 1, 2",
)
"""What no upgrade may change."""
ACCOUNTS = 3
CHANNELS = 2

Row = tuple[object, ...]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=40)
tags = st.none() | st.dictionaries(st.sampled_from(["+typing", "+draft/react", "+x"]), texts, max_size=2)


@st.composite
def messages(draw: st.DrawFn) -> list[Row]:
    """Draw what was said: in channels and to people, with any texts, in the order of its ids."""
    rows: list[Row] = []
    for number in range(draw(st.integers(0, 12))):
        sender = draw(st.integers(1, ACCOUNTS))
        channel = draw(st.none() | st.integers(1, CHANNELS))
        recipient = draw(st.integers(1, ACCOUNTS)) if channel is None else None
        tagged = draw(tags)
        rows.append(
            (
                *((NOON + number << 20) + number, NOON + draw(st.integers(-5, 99))),
                *(
                    draw(st.sampled_from(["PRIVMSG", "NOTICE"])),
                    sender,
                    f"person{sender}",
                    channel,
                    recipient,
                ),
                *(f"#room{channel}" if channel else f"person{recipient}", draw(texts)),
                json.dumps(tagged) if tagged else None,
                draw(st.none() | st.just(f"nonce {number}")),
            )
        )
    return rows


def fill(path: Path, said: Sequence[Row], members: set[tuple[int, int]], topic: str) -> None:
    """Write the database of a server of the first version."""
    waiting = [(row[6], row[0]) for row in said if row[6] is not None]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(FIRST.read_text("utf-8"))
        for table, rows in (
            ("alembic_version", [("0001",)]),
            (
                "accounts",
                [(n, f"person{n}", f"person{n}", "x", "member", n == 2, n, None) for n in range(1, 4)],
            ),
            ("channels", [(n, f"#room{n}", f"#room{n}", n, n, topic, "person1", n) for n in (1, 2)]),
            ("memberships", [(*pair, 1) for pair in members]),
            ("messages", said),
            ("undelivered", waiting),
            ("login_sources", [(1, "192.0.2.0/24", NOON)]),
        ):
            for row in rows:
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def ask(path: Path, *queries: str) -> list[list[Row]]:
    """Ask a database that nobody has open."""
    with closing(sqlite3.connect(path)) as connection:
        return [connection.execute(query).fetchall() for query in queries]


@settings(
    max_examples=5,
    deadline=None,
    # Each example is four databases: making a failing one small would take minutes.
    phases=[Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(messages(), st.sets(st.tuples(st.integers(1, 2), st.integers(1, 3))), texts)
def test_whatever_was_kept_is_kept(said: list[Row], members: set[tuple[int, int]], topic: str) -> None:
    """The new database has every row; the copy beside it is the old one, and is taken by the old program."""
    with TemporaryDirectory() as place:
        directory = Path(place)
        database = directory / DATABASE_NAME
        fill(database, said, members, topic)
        before = ask(database, *KEPT)
        open_store(directory).close()
        sound = (
            "PRAGMA integrity_check",
            "PRAGMA foreign_key_check",
            "SELECT version_num FROM alembic_version",
        )
        assert ask(database, *sound) == [[("ok",)], [], [(HEAD,)]]
        assert ask(database, *KEPT) == before
        (copy,) = directory.glob(f"{DATABASE_NAME}.before-*")
        for left in directory.glob(f"{DATABASE_NAME}-*"):
            left.unlink()
        copy.replace(database)
        assert ask(database, *KEPT) == before
        open_store(directory, migrations=Migrations(MIGRATIONS.directory, "0001")).close()
        open_store(directory).close()
        assert ask(database, *KEPT) == before
