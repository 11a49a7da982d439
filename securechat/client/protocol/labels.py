"""Which request an answer belongs to (IRCv3 `labeled-response`). A label dies with its connection.

An answer is one line with the tag `label`, or a batch of type `labeled-response` whose opening has it; lines
inside carry `batch`. An answer of no lines is an `ACK`.
"""

from dataclasses import dataclass, field

from securechat.client.errors import Refused
from securechat.irc.capabilities import END_TAG
from securechat.irc.message import Message


@dataclass(slots=True)
class Request:
    """A command that waits for its answer. `nonce` is that of a message, "" for any other command.

    `taken`: somebody answered instead of echoing the message. `quiet`: nobody but the session asked. `ended`:
    the history that it asks for has nothing more in its direction.
    """

    label: str
    nonce: str = ""
    quiet: bool = False
    refused: Refused | None = field(default=None)
    taken: bool = field(default=False)
    ended: bool = field(default=False)


class Labels:
    """The open requests of one connection, and the batches that answer them."""

    def __init__(self) -> None:
        self._open: dict[str, Request] = {}
        self._batches: dict[str, Request | None] = {}

    def add(self, request: Request) -> None:
        """Remember a request that is being sent."""
        self._open[request.label] = request

    def request_of(self, message: Message) -> Request | None:
        """Return the request that this line answers, if it is one of ours."""
        label = message.tags.get("label")
        if label is not None:
            return self._open.get(label)
        return self._batches.get(message.tags.get("batch", ""))

    def completed_by(self, message: Message) -> Request | None:
        """Take a line into account; return the request whose answer ends with it."""
        if message.command == "BATCH" and message.params:
            return self._batch(message, message.params[0])
        if "label" in message.tags:
            return self._open.pop(message.tags["label"], None)
        return None

    def _batch(self, message: Message, reference: str) -> Request | None:
        if reference.startswith("+"):
            # A batch inside a batch belongs to the same request as the one around it.
            around = self._batches[reference[1:]] = self.request_of(message)
            if around is not None and END_TAG in message.tags:
                around.ended = True
            return None
        request = self._batches.pop(reference[1:], None)
        if request is None or any(other is request for other in self._batches.values()):
            return None
        return self._open.pop(request.label, None)

    def abandon(self) -> list[Request]:
        """The connection is lost: return the requests that will not be answered."""
        requests = list(self._open.values())
        self._open.clear()
        self._batches.clear()
        return requests
