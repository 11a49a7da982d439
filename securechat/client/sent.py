"""What became of a message that was sent."""

from dataclasses import dataclass

from securechat.client.events import Answered, Message, MessageRefused, MessageTaken


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that is stored: its msgid, and its time in milliseconds since the epoch.

    One that the server took for itself and answered (`securechat`) is not stored: "" and 0.
    """

    id: str
    time: int


def stored_as(outcome: Answered | Message | MessageRefused | MessageTaken) -> Sent:
    """Return how a message is stored. Raises Refused when it is not."""
    if isinstance(outcome, MessageRefused):
        raise outcome.reason
    if isinstance(outcome, MessageTaken):
        return Sent("", 0)
    assert isinstance(outcome, Message), "a nonce belongs to a message"
    return Sent(outcome.id, outcome.time)
