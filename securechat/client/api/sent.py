"""What became of a message that was sent."""

from dataclasses import dataclass, field

from securechat.client.api.calls import Outcome
from securechat.client.events import Message, MessageRefused, MessageTaken


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that is stored: its msgid, its time in milliseconds since the epoch, and where it went.

    One that the server took for itself and answered (`securechat`) is not stored: "" and 0.
    """

    id: str
    time: int
    target: str = field(default="", compare=False)


def stored_as(outcome: Outcome, target: str) -> Sent:
    """Return how a message is stored. Raises Refused when it is not."""
    if isinstance(outcome, MessageRefused):
        raise outcome.reason
    if isinstance(outcome, MessageTaken):
        return Sent("", 0, target)
    assert isinstance(outcome, Message), "a nonce belongs to a message"
    return Sent(outcome.id, outcome.time, target)
