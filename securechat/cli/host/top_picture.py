"""What `securechat top` shows: who costs what, as lines that fit into a terminal."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from securechat.app.health import reasons
from securechat.chat.requests import Row
from securechat.client.safe import safe
from securechat.client.width import columns


class Sample(NamedTuple):
    """What the server said at one moment: the totals, and rows by their kind; `at` is in seconds."""

    at: float
    total: Row
    rows: Mapping[str, Sequence[Row]]


class Column(NamedTuple):
    """A column: its heading, its width, and what a row has in it."""

    heading: str
    width: int
    show: Callable[[Row], str]


KINDS: Final = ("account", "session", "channel")
"""The tables, in the order in which Tab shows them."""
ORDERS: Final[Mapping[str, str]] = {
    "h": "hub",
    "l": "lines",
    "i": "received",
    "o": "queued",
    "s": "queue",
    "w": "waiting",
    "r": "refused",
    "m": "messages",
}
"""The keys by which rows are ordered."""
ORDER_WORDS: Final[Mapping[str, str]] = {
    "hub": "the hub's time",
    "lines": "lines",
    "received": "bytes in",
    "queued": "bytes out",
    "queue": "SendQ",
    "waiting": "what waits",
    "refused": "refusals",
    "messages": "messages",
}


def number(row: Row, name: str) -> int:
    """Return a number of a row; 0 where it has none."""
    value = row.get(name)
    return value if isinstance(value, int) else 0


def size(count: float) -> str:
    """Write a number of bytes in at most six characters: "512", "1.5K", "33.0M"."""
    if count < 1024:
        return f"{count:.0f}"
    units = "KMGT"
    while (count := count / 1024) >= 1024 and len(units) > 1:
        units = units[1:]
    return f"{count:.1f}{units[0]}"


def _size_of(name: str) -> Callable[[Row], str]:
    return lambda row: size(number(row, name))


def _per_second(name: str) -> Callable[[Row], str]:
    return lambda row: f"{number(row, name) / 60:.1f}"


_COSTS: Final = (
    Column("HUB%", 6, lambda row: f"{number(row, 'hub_permille') / 10:.1f}"),
    Column("LINES/s", 8, _per_second("lines_per_minute")),
    Column("IN/s", 7, _size_of("received_per_second")),
    Column("OUT/s", 7, _size_of("queued_per_second")),
    Column("SENDQ", 7, _size_of("queue")),
    Column("WAITING", 7, _size_of("waiting")),
)
TABLES: Final[Mapping[str, tuple[str, Sequence[Column]]]] = {
    "account": (
        "ACCOUNT",
        (
            Column("SESS", 4, lambda row: str(number(row, "sessions"))),
            *_COSTS,
            Column("REFUSED/s", 9, _per_second("refused_per_minute")),
        ),
    ),
    "session": (
        "SESSION OF",
        (Column("ID", 6, lambda row: str(number(row, "serial"))), *_COSTS),
    ),
    "channel": (
        "CHANNEL",
        (
            Column("MSGS/s", 8, _per_second("messages_per_minute")),
            Column("MESSAGES", 10, lambda row: str(number(row, "messages"))),
        ),
    ),
}
"""The heading of the first column, and the others."""


def picture(
    sample: Sample | None, before: Sample | None, problem: str, kind: str, order: str, room: tuple[int, int]
) -> list[str]:
    """Return the lines for a terminal of so many columns and rows.

    `sample` is what the server said last, `before` what it said earlier; `problem` is why it says nothing
    now, "" when it does.
    """
    width, height = room
    head = [f"! {problem}"] if problem else []
    if sample is not None:
        head += summary(sample, before)
    foot = f"Tab: other tables | {' '.join(ORDERS)}: order, now {ORDER_WORDS[order]} | q: quit"
    body = [] if sample is None else table(sample.rows[kind], kind, width)
    lines = [*head, "", *body][: max(1, height - 1)]
    lines += [""] * (height - 1 - len(lines))
    return [clip(line, width) for line in (*lines, foot)][:height]


def summary(sample: Sample, before: Sample | None) -> list[str]:
    """Return the totals, in a few lines."""
    row = sample.total
    found = reasons(row)
    state = f"! {'; '.join(reason.text for reason in found)}" if found else "ready"
    minutes = number(row, "uptime") // 60
    rates = _rates(sample, before)
    logins, failed = number(row, "logins.ok"), number(row, "logins.wrong") + number(row, "logins.unknown")
    waiting = " ".join(
        f"{name.removeprefix('memory.')} {size(number(row, name))}"
        for name in row
        if name.startswith("memory.")
    )
    return [
        safe(
            f"securechat up {minutes // 1440} d {minutes // 60 % 24} h {minutes % 60} min, "
            f"disk free {size(number(row, 'disk_free'))}: {state}"
        ),
        f"sessions {number(row, 'sessions')}, connections {number(row, 'connections')} of "
        f"{number(row, 'connections_most')}, without a login {number(row, 'unauthenticated')}; "
        f"logins {logins}, wrong {failed}",
        f"{rates['messages']} messages/s, {rates['lines']} lines/s, {rates['refusals']} refused/s; "
        f"p99 commit {number(row, 'latency.commit_p99_ms')}, "
        f"delivery {number(row, 'latency.delivery_p99_ms')} ms",
        f"waiting: {waiting} passwords {number(row, 'password_jobs_waiting')}",
    ]


def table(rows: Sequence[Row], kind: str, width: int) -> list[str]:
    """Return a table of rows; the first column has the room that the others leave."""
    heading, others = TABLES[kind]
    first = max(8, width - sum(column.width + 1 for column in others))
    lines = [pad(heading, first) + "".join(f" {column.heading:>{column.width}}" for column in others)]
    for row in rows:
        cells = "".join(f" {column.show(row):>{column.width}}" for column in others)
        lines.append(pad(name_of(row), first) + cells)
    return lines


def name_of(row: Row) -> str:
    """Return how a row is called, safe on a terminal."""
    name = safe(str(row.get("name") or "(no login yet)"))
    address = row.get("address")
    return f"{name} {safe(str(address))}" if address else name


def clip(text: str, width: int) -> str:
    """Return as much of a text as fits into so many columns."""
    used = 0
    for index, char in enumerate(text):
        used += columns(char)
        if used > width:
            return text[:index]
    return text


def pad(text: str, width: int) -> str:
    """Return a text with exactly so many columns."""
    kept = clip(text, width)
    return kept + " " * (width - sum(map(columns, kept)))


def _rates(sample: Sample, before: Sample | None) -> Mapping[str, str]:
    """How much happened in a second since the sample before."""
    if before is None or sample.at <= before.at:
        return dict.fromkeys(("messages", "lines", "refusals"), "-")
    seconds = sample.at - before.at

    def grown(total: Callable[[Row], int]) -> str:
        return f"{max(0, total(sample.total) - total(before.total)) / seconds:.1f}"

    return {
        "messages": grown(lambda row: number(row, "messages")),
        "lines": grown(lambda row: number(row, "lines")),
        "refusals": grown(lambda row: sum(number(row, name) for name in row if name.startswith("refusals."))),
    }
