"""A row of a command table: of what clients send, and of what people write to the pseudo-user."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from securechat.chat.limits import TARGETS
from securechat.chat.turn.context import Context

FIRST: Final = slice(0, 1)
SECOND: Final = slice(1, 2)
LAST: Final = slice(-1, None)
EVERY: Final = slice(None)
"""Parameters of a command that are lists."""

Turn = TypeVar("Turn")
"""What a handler is given: a `Context`, or what the pseudo-user was asked."""


@dataclass(frozen=True, slots=True)
class Described(Generic[Turn]):
    """A command and its handler, whose docstring begins with the syntax, which is what help prints."""

    name: str
    handler: Callable[[Turn], None]

    @property
    def syntax(self) -> str:
        """The command's syntax: the first line of its handler's docstring."""
        return (self.handler.__doc__ or self.name).strip().split("\n", 1)[0]

    @property
    def help(self) -> list[str]:
        """The lines of the handler's docstring after the syntax."""
        lines = [line.strip() for line in (self.handler.__doc__ or "").strip().split("\n")[1:]]
        return [line for line in lines if line]


@dataclass(frozen=True, slots=True)
class Command(Described[Context]):
    """A command of the protocol.

    `before_login` lets it through on an unregistered session, `early` on one that negotiated this capability.
    `operators` are the only ones who may use it. `cost` is in tokens of flood control, for each target where
    the parameters in `listed` are lists of targets, up to as many as it takes.
    """

    min_params: int = 0
    before_login: bool = False
    early: int = 0
    cost: float = 1.0
    operators: bool = False
    listed: slice | None = None

    def cost_of(self, params: Sequence[str]) -> float:
        """Return what it costs with these parameters."""
        if self.listed is None:
            return self.cost
        number = 0
        for param in params[self.listed]:
            number += 1 + param.count(",")
        # What is left out costs nothing: it is answered, and done by nobody.
        return self.cost * max(1, min(number, TARGETS.get(self.name, 1)))
