"""A session and a server that is played by the test, line by line."""

from collections.abc import Iterable
from itertools import count

from securechat.client.clock import Now
from securechat.client.events import Event
from securechat.client.protocol.history import Bookmarks
from securechat.client.protocol.outbox import Outbox
from securechat.client.protocol.registration import CHATHISTORY, WANTED, Credentials
from securechat.client.protocol.session import Session

START = Now(1_700_000_000_000, 1000.0)
TIME = "time=2026-11-22T11:45:00.123Z"


class Wire:
    """Plays the server for one session; nonces are n1, n2 …"""

    def __init__(
        self,
        *,
        channels: Iterable[str] = (),
        password: str = "secret",
        bookmarks: Bookmarks | None = None,
        replay: bool = True,
        offer: frozenset[str] = WANTED | {CHATHISTORY},
        outbox: Outbox | None = None,
    ) -> None:
        numbers = count(1)
        self.offer = " ".join(sorted(offer))
        self.session = Session(
            Credentials("alice", password),
            mint=lambda: f"n{next(numbers)}",
            channels=channels,
            bookmarks=bookmarks,
            replay=replay,
            outbox=outbox,
        )
        self.now = START
        self.session.open(self.now)

    def sent(self) -> list[str]:
        """What the session wants sent since the last call."""
        return self.session.take_output().decode().split("\r\n")[:-1]

    def events(self) -> list[Event]:
        """What the session told since the last call."""
        return self.session.take_events()

    def says(self, *lines: str) -> None:
        """The server sends lines."""
        self.session.receive("".join(f"{line}\r\n" for line in lines).encode(), self.now)

    def passes(self, seconds: float) -> None:
        """Time goes by."""
        self.now = Now(self.now.wall + int(seconds * 1000), self.now.mono + seconds)

    def granted(self) -> str:
        """The capabilities that the session asks for, of those that are offered."""
        offered = {word.partition("=")[0] for word in self.offer.split(" ")}
        return " ".join(sorted(self.session.history.wanted & offered))

    def log_in(self, *also: str) -> None:
        """Complete the registration; `also` comes before the session is ready."""
        self.come_in(*also)
        self.says(":s.test PONG s.test :ready")

    def come_in(self, *also: str) -> None:
        """Complete the registration; nothing that the session asks for then is answered yet."""
        self.says(
            f":s.test CAP * LS :{self.offer}",
            f":s.test CAP * ACK :{self.granted()}",
            "AUTHENTICATE +",
            ":s.test 903 alice :SASL authentication successful",
            ":s.test 001 alice :Welcome to Test, alice",
            ":s.test 422 alice :There is no message of the day",
            *also,
        )

    def ready(self, *also: str) -> None:
        """Complete the registration and forget what came of it."""
        self.log_in(*also)
        self.sent()
        self.events()

    def reconnect(self) -> None:
        """The connection is lost, and there is another one."""
        self.session.lose()
        self.session.open(self.now)


def in_general(*others: str) -> tuple[str, ...]:
    """What a server tells of #general at a login."""
    return (
        ":alice!alice@s.test JOIN #general",
        f":s.test 353 alice = #general :{' '.join(('alice', *others))}",
        ":s.test 366 alice #general :End of NAMES list",
    )
