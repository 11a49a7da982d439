"""`securechat status`: whether the running server is well, and what it counts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from securechat.cli.host.control import command
from securechat.cli.place import ConfigOption, DataDirOption, find_place
from securechat.cli.table import JsonOption, minute, print_json
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.chat.requests import Row, Value


_WORDS: Final = str.maketrans("_.", "  ")
_MOST: Final = 5
"""How many counts of a kind are told; the others are in `--all`."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(status)


def status(
    everything: Annotated[bool, typer.Option("--all", help="Print every counter.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Print whether the running server takes logins and messages, and how it is.

    The exit code is 0 when it runs, 1 when no server answers in the data directory, 7 when it took the
    question and did not answer.
    """
    from securechat.app.health import reasons

    (row,) = command(find_place(config, data_dir), "status").rows
    found = reasons(row)
    if as_json:
        why = [{"code": reason.code, "text": reason.text} for reason in found]
        print_json({"ready": not found, "not_ready": why, **nested(row)})
        return
    for reason in found:
        tell(f"NOT READY: {reason.text}", out=True)
    lines = {"ready": "no" if found else "yes"} | dict(_counters(row) if everything else picture(row))
    width = max(map(len, lines))
    for name, text in lines.items():
        tell(f"{name:{width}}  {text}".rstrip(), out=True)
    if not everything:
        tell("`securechat status --all` prints every counter, --json is for programs.")


def nested(row: "Row") -> "dict[str, Value | dict[str, Value]]":
    """Return a row whose counts with a group, GROUP.NAME, are in an object of that group."""
    groups: dict[str, dict[str, Value]] = {}
    for name, value in row.items():
        group, _, own = name.rpartition(".")
        groups.setdefault(group, {})[own] = value
    return {**groups.pop("", {}), **groups}


def picture(row: "Row") -> Iterator[tuple[str, str]]:
    """Yield what matters of a server's counters, as a name and a text for people.

    What the row of an older server does not have is left out.
    """
    from securechat.cli.host.top_picture import number, size

    yield "running for", _duration(number(row, "uptime"))
    yield (
        "connections",
        f"{number(row, 'connections'):,} of {number(row, 'connections_most'):,}: "
        f"{number(row, 'sessions'):,} logged in, {number(row, 'unauthenticated'):,} not",
    )
    messages, read = (number(row, name) for name in ("messages", "lines"))
    yield "since start", f"{messages:,} {_of('message', messages)} stored, {read:,} {_of('line', read)} read"
    if "latency.commit_p99_ms" in row:
        commit, delivery = (number(row, f"latency.{what}_p99_ms") for what in ("commit", "delivery"))
        yield "latency", f"commit {commit} ms, delivery {delivery} ms (99 of 100 took less)"
    yield "busiest", str(row.get("busiest") or "nobody")
    yield (
        "waiting",
        f"{number(row, 'inbox'):,} for the hub, {number(row, 'password_jobs_waiting'):,} passwords, "
        f"{number(row, 'queries_waiting'):,} queries",
    )
    waits = sum(number(row, name) for name in row if name.startswith("memory."))
    yield "memory", f"{size(waits)} of {size(number(row, 'memory_limit'))} for what waits"
    yield "disk", f"{size(number(row, 'disk_free'))} free{_database(row)}"
    yield "readers", f"{number(row, 'readers_working')} of {number(row, 'readers')} working"
    if "certificate.ends" in row:
        yield "certificate", f"{row.get('certificate.state')}, until {str(row['certificate.ends'])[:10]}"
    yield "last backup", _backup(row.get("last_backup"))
    state = str(row.get("retention.state", "off"))
    yield "retention", "off: messages stay for ever" if state == "off" else state
    yield "logins", _counts(row, "logins.")
    yield "refusals", _counts(row, "refusals.")
    yield "version", str(row.get("version", "unknown"))


def _of(noun: str, number: int) -> str:
    return noun if number == 1 else f"{noun}s"


def _database(row: "Row") -> str:
    """Say how large the database is, where it is a file."""
    from securechat.cli.host.top_picture import number, size

    if "database_bytes" not in row:
        return ""
    return (
        f"; database {size(number(row, 'database_bytes'))}, its log {size(number(row, 'database_log_bytes'))}"
    )


def _counts(row: "Row", group: str) -> str:
    """Say what a group has counted, the most first."""
    counted = [
        (value, name.removeprefix(group).translate(_WORDS))
        for name, value in row.items()
        if name.startswith(group) and isinstance(value, int) and value
    ]
    counted.sort(key=lambda each: -each[0])
    told = [f"{name} {value:,}" for value, name in counted[:_MOST]]
    rest = sum(value for value, _ in counted[_MOST:])
    return ", ".join([*told, f"others {rest:,}"] if rest else told) or "none"


def _duration(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _counters(row: "Row") -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        text = _backup(value) if name == "last_backup" else "none" if value is None else str(value)
        yield name.translate(_WORDS), text


def _backup(at: "Value") -> str:
    return f"{minute(at)} UTC" if at else "never"
