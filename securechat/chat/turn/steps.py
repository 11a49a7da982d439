"""Many things that are done one after the other, in as many turns of the hub as that takes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from securechat.chat.requests import Row
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a session's command, or (`ctx` is None) of what belongs to no session."""

    chat: Chat
    ctx: Context | None = None

    def for_each(self, subjects: Iterable[T], action: Callable[[T], None], then: Callable[[], None]) -> None:
        """Do what `Context.for_each` does."""
        if self.ctx is not None:
            self.ctx.for_each(subjects, action, then)
        else:
            self._for_each(iter(subjects), action, then)

    def gather(self, rows: Iterable[Row | None], then: Callable[[list[Row]], None]) -> None:
        """Make the rows of an answer, which `then` gets; a None is a look at what is not shown."""
        found: list[Row] = []

        def keep(row: Row | None) -> None:
            if row is not None:
                found.append(row)

        self.for_each(rows, keep, lambda: then(found))

    def _for_each(self, rest: Iterator[T], action: Callable[[T], None], then: Callable[[], None]) -> None:
        for subject in rest:
            action(subject)
            if self.chat.tired():
                self.chat.when_stored(lambda: self._for_each(rest, action, then))
                return
        then()
