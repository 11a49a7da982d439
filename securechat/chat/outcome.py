"""What handling one thing leads to, until the hub has committed and performed it."""

from securechat.chat.effects import Effect
from securechat.chat.records import Record


class Outcome:
    """What one command caused. `cause` is for the core alone, which answers it when there is no room."""

    __slots__ = ("cause", "effects", "records")

    def __init__(self, cause: object) -> None:
        self.cause = cause
        self.records: list[Record] = []
        self.effects: list[Effect] = []
