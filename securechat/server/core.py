"""The chat as the server uses it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from securechat.chat.clock import Now
from securechat.chat.items import Item
from securechat.chat.outcome import Outcome
from securechat.chat.settings import Settings


class Core(Protocol):
    """The chat, which the hub drives; what any thread may call says so there: `chat.core.Core`."""

    late: Callable[[], bool]
    lacks: Callable[[int, Sequence[str]], bool]

    def handle(self, item: Item, now: Now) -> None: ...

    def take(self) -> list[Outcome]: ...

    def revert(self, outcomes: Sequence[Outcome], why: str) -> None: ...

    def next_due(self) -> float | None: ...

    def counts(self) -> Mapping[str, int]: ...

    def refused(self) -> Mapping[int, int]: ...

    def talk(self) -> Mapping[str, int]: ...

    def reconfigure(self, settings: Settings) -> None: ...
