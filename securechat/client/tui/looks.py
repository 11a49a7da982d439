"""What the person wants to see of a conversation, and how: one for the whole app, as `/set` has it."""

from dataclasses import dataclass

from securechat.client.tui.settings import Settings


@dataclass(slots=True)
class Looks:
    """`folds`: replies stand under the first message of their thread. `presence`: who comes and goes is told
    in one row together (fold), each in a row (show), or not at all (hide). `bare`: nothing stands beside a
    text, so that the terminal can mark it.
    """

    folds: bool = True
    presence: str = "fold"
    bare: bool = False

    def take(self, settings: Settings) -> None:
        """Look as is set."""
        self.folds = settings["threads"] == "folded"
        self.presence = settings["presence"]
