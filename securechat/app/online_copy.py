"""What a running server does for a command that copies its database's file: `storage.lending`.

The command asks on the control socket, and each answer is made by the hub, between two turns. A command that
asks nothing more for a minute is taken for gone.
"""

import sqlite3
import time
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Final

from securechat.chat.requests import Answer, Done, Refused
from securechat.storage.errors import StorageError
from securechat.storage.lending import Lending
from securechat.storage.spans import encode_spans

_PATIENCE: Final = 60.0
_ANSWER_SECONDS: Final = 5.0

Row = Mapping[str, str | int | bool | None]


class OnlineCopy:
    """Answers the commands `copy-…`. `call` has the hub's thread do something; `lending` is its own."""

    def __init__(
        self,
        lending: Lending | None,
        call: Callable[[Callable[[], None]], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        self._lending = lending
        self._call = call
        self._clock = clock
        self._answer_seconds = answer_seconds
        self._asked: float | None = None

    def commands(self) -> Mapping[str, Callable[[], Answer]]:
        """Return what the control thread answers, by name."""
        return {
            "copy-begin": lambda: self._ask(lambda lending: {"pages": lending.begin()}),
            "copy-changes": lambda: self._ask(_changes),
            "copy-settled": lambda: self._ask(lambda lending: {"settled": lending.settled()}),
            "copy-end": self._end,
        }

    def look(self) -> None:
        """Forget a command that is gone. The main thread calls, about once a second."""
        asked, lending = self._asked, self._lending
        if lending is not None and asked is not None and self._clock() - asked > _PATIENCE:
            self._asked = None
            self._call(lending.end)

    def _end(self) -> Answer:
        answer = self._ask(_end)
        self._asked = None
        return answer

    def _ask(self, work: Callable[[Lending], Row]) -> Answer:
        lending = self._lending
        if lending is None:
            return Refused("NOT_POSSIBLE", "this server's database is not a file")
        self._asked = self._clock()
        answers: SimpleQueue[Answer] = SimpleQueue()

        def do() -> None:
            try:
                answers.put(Done([work(lending)]))
            except (StorageError, OSError, sqlite3.Error) as error:
                answers.put(Refused("COPY_FAILED", str(error)))

        self._call(do)
        try:
            return answers.get(timeout=self._answer_seconds)
        except Empty:
            return Refused("BUSY", "the server is too busy, or it stops: try again")


def _changes(lending: Lending) -> Row:
    found = lending.changes()
    return {"pages": found.pages, "complete": found.complete, "changed": encode_spans(found.changed)}


def _end(lending: Lending) -> Row:
    lending.end()
    return {}
