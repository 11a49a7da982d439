"""Who caused a line: what the lines need to know of the command behind them."""

from typing import Protocol

from securechat.chat.line import Line
from securechat.chat.state.session import Session


class Origin(Protocol):
    """A command of a session, as far as it matters for what is shown of it."""

    session: Session
    label: str | None

    @property
    def at(self) -> int:
        """When the command is handled, in milliseconds since the epoch."""

    def reply(self, line: Line) -> None:
        """Add a line to the command's answer."""

    def flush(self) -> None:
        """Send the replies so far, unless a label keeps them together until the command's end."""
