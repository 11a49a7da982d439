"""A short dialogue with a server, on a connection of its own, that ends as soon as its purpose is reached.

`Dialogue` is the part without I/O, as `joining` and `renewing` have one; `talk` has it with a server.
"""

import time
from collections.abc import Callable
from typing import Final, Protocol

from securechat.client.errors import ClientError
from securechat.client.network import dialing
from securechat.client.network.transport import ConnectionLost, Transport
from securechat.client.network.trust import Trust, connect
from securechat.irc.framing import Framer, Rejected
from securechat.irc.message import Message, encode

_SECONDS: Final = 40.0
"""For all of it: the server gives up after 30."""
_TAGS: Final = 8191
_LINE: Final = 4096


class Dialogue(Protocol):
    """It is over when `done` is true or `failure` is set."""

    done: bool
    failure: ClientError | None

    def begin(self) -> None:
        """Send what starts it."""

    def feed(self, message: Message) -> None:
        """Take a message from the server."""

    def lost(self, how: str) -> ClientError:
        """Return the error for a connection that has gone before this was over."""


def talk(
    trust: Trust, make: Callable[[Callable[[Message], None]], Dialogue], seconds: float = _SECONDS
) -> None:
    """Have a dialogue with the server that is trusted; `make` is given what sends a message. Blocks.

    Raises what went wrong: ClientError, also TrustError and Unreachable.
    """
    output = bytearray()
    dialogue = make(lambda message: output.extend(encode(message)))
    transport = Transport(connect(trust))
    try:
        dialogue.begin()
        _converse(transport, dialogue, output, time.monotonic() + seconds)
    except ConnectionLost as lost:
        if not dialogue.done:
            raise dialogue.lost(str(lost)) from lost
    finally:
        transport.close()
    if dialogue.failure is not None:
        raise dialogue.failure


def _converse(transport: Transport, dialogue: Dialogue, output: bytearray, until: float) -> None:
    framer = Framer(_TAGS, _LINE, most_tags=_TAGS)
    more = False
    while dialogue.failure is None:
        transport.write(bytes(output))
        output.clear()
        if dialogue.done and transport.idle:
            return
        left = until - time.monotonic()
        if left <= 0:
            raise ConnectionLost("the server did not answer in time")
        if not more:
            dialing.wait({transport.socket: transport.interest}, left)
        data, more = transport.advance()
        for item in framer.feed(data):
            if not isinstance(item, Rejected) and not dialogue.done and dialogue.failure is None:
                dialogue.feed(item)
