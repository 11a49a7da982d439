"""What the app wants of the session: functions for the I/O thread, with labels to know the answers by."""

from collections.abc import Callable, Sequence
from itertools import count

from securechat.client.protocol.sendable import check_target
from securechat.client.protocol.session import Session
from securechat.client.tui.mailbox import Item, Lag, Mailbox, Snapshot

Submit = Callable[[Callable[[Session], object]], None]


class Line:
    """`submit` has a function called on the I/O thread."""

    submit: Submit

    def __init__(self, submit: Submit, mailbox: Mailbox) -> None:
        self.submit = submit
        self._mailbox = mailbox
        self._numbers = count(1)

    def ask(self, command: str, *params: str) -> str:
        """Send a command; return the label of its answer."""
        label = f"a{next(self._numbers)}"
        match command, params:
            case "JOIN", [channel]:
                self.submit(lambda session: session.join(channel, label))
            case "PART", [channel, *reason]:
                self.submit(lambda session: session.part(channel, "".join(reason), label))
            case _:
                self.submit(lambda session: session.request(command, *params, label=label))
        return label

    def write(self, target: str, text: str, answers: str = "", edits: str = "") -> None:
        """Send a message. Raises Refused for a target that no line can carry."""
        check_target(target)
        self.submit(lambda session: session.write(target, text, answers=answers, edits=edits))

    def signal(self, target: str, tags: dict[str, str]) -> None:
        """Send tags without a text. Raises Refused for a target that no line can carry."""
        check_target(target)
        self.submit(lambda session: session.signal(target, tags))

    def look(self) -> None:
        """Have a snapshot of the session put into the mailbox."""
        put: Callable[[Sequence[Item]], None] = self._mailbox.put
        self.submit(lambda session: put([Snapshot.of(session), Lag(session.lag)]))

    def measure(self) -> None:
        """Have it put into the mailbox how quick the server is."""
        put: Callable[[Sequence[Item]], None] = self._mailbox.put
        self.submit(lambda session: put([Lag(session.lag)]))
