"""Lists that the app asks for: collected row by row until the answer is complete."""

from collections.abc import Callable
from dataclasses import dataclass, field

from securechat.client.errors import Refused
from securechat.client.events import Person, Pin, Talked

Row = Person | Pin | Talked
Done = Callable[[list[Row], Refused | None], None]


@dataclass(slots=True)
class _List:
    done: Done
    rows: list[Row] = field(default_factory=list)


class Lists:
    """The answers that are coming. `send` sends a command and returns its label."""

    def __init__(self, send: Callable[..., str]) -> None:
        self._send = send
        self._open: dict[str, _List] = {}

    def ask(self, done: Done, command: str, *params: str) -> None:
        """Ask for a list; `done` gets it, or why there is none."""
        self._open[self._send(command, *params)] = _List(done)

    def is_open(self, label: str) -> bool:
        """Whether this is the label of a list that is coming."""
        return label in self._open

    def take(self, row: Row) -> bool:
        """Take a row; return whether it belongs to a list that is coming."""
        found = self._open.get(row.asked)
        if found is not None:
            found.rows.append(row)
        return found is not None

    def answered(self, label: str, refused: Refused | None) -> None:
        """A list is complete."""
        found = self._open.pop(label)
        found.done(found.rows, refused)

    def lost(self) -> None:
        """The connection is lost, and the answers with it."""
        lists, self._open = list(self._open.values()), {}
        for each in lists:
            each.done([], Refused("CONNECTION_LOST", "the connection was lost"))
