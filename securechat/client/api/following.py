"""Following conversations for scripts: what was said before, and then what is said, each message once.

Theory of operation. The client is logged in before anything is asked for, so what is said meanwhile comes as
an event, and may be in the answer, too: a message that was shown is not shown again. After a lost connection
the session itself asks for what it missed. What is dropped because nobody took it (`Missed`) is read anew.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from securechat.client.api.client import Client
from securechat.client.events import Gap, Message, Missed, Reacted, Redacted
from securechat.irc.names import fold, is_channel

_REMEMBERED: Final = 20_000
Followed = Message | Redacted | Reacted | Gap


class Following:
    """Some conversations of a client."""

    def __init__(self, chat: Client, targets: Sequence[str]) -> None:
        self._chat = chat
        self._targets = {fold(target): target for target in targets}
        self._last: dict[str, str] = {}
        self._order: deque[str] = deque()
        self._shown: set[str] = set()

    def before(self, number: int, after: int) -> Iterator[Followed]:
        """Yield what was said: the last `number` of each conversation, of those after a time if it is not 0.

        Raises Refused, OutcomeUnknown.
        """
        for target in self._targets.values():
            for message in self._chat.history(target, max(1, number), since=after):
                if self._is_new(message) and number:
                    yield message

    def from_now(self) -> Iterator[Followed]:
        """Yield what happens. Raises what ended the connection."""
        for event in self._chat.events():
            match event:
                case Missed():
                    yield from self._fill()
                case Message() if event.asked:
                    pass  # it was yielded when it was asked for
                case Message() | Redacted() | Reacted() if self._is_followed(event):
                    if not isinstance(event, Message) or self._is_new(event):
                        yield event
                case Gap() if not event.target or fold(event.target) in self._targets:
                    yield event
                case _:
                    pass

    def _fill(self) -> Iterator[Followed]:
        for key, target in self._targets.items():
            last = self._last.get(key, "")
            found = self._chat.history(target, _REMEMBERED, after=last) if last else ()
            yield from (message for message in found if self._is_new(message))

    def _is_followed(self, event: Message | Redacted | Reacted) -> bool:
        return self._conversation(event) in self._targets

    def _conversation(self, event: Message | Redacted | Reacted) -> str:
        target = event.target.lstrip("~&@%+")
        if is_channel(target) or event.own:
            return fold(target)
        return fold(event.by if isinstance(event, Redacted) else event.sender)

    def _is_new(self, message: Message) -> bool:
        """Whether a message was not shown yet; it counts as shown then."""
        if not message.id:
            return True
        if message.id in self._shown:
            return False
        self._last[self._conversation(message)] = message.id
        self._shown.add(message.id)
        self._order.append(message.id)
        if len(self._order) > _REMEMBERED:
            self._shown.discard(self._order.popleft())
        return True
