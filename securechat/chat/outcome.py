"""What handling one thing leads to, until the hub has committed and performed it."""

from securechat.chat.effects import Effect
from securechat.chat.records import Record
from securechat.chat.turn.context import Context


class Outcome:
    """What one command caused. `cause` is its context, or the ticket of an administrator's request."""

    __slots__ = ("cause", "effects", "records")

    def __init__(self, cause: Context | int | None) -> None:
        self.cause = cause
        self.records: list[Record] = []
        self.effects: list[Effect] = []
