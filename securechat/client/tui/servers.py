"""The servers in the window: each with its own connection, conversations and desk, and the one that is shown.

It needs no terminal. All methods belong to the app's thread.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from securechat.client.clock import Now
from securechat.client.errors import ClientError
from securechat.client.kept.desk import MOST_PEOPLE, Desk
from securechat.client.network.enrolment import Enrolment
from securechat.client.tui.chat import Chat
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.entries import Post
from securechat.client.tui.line import Line
from securechat.client.tui.looks import Looks
from securechat.client.tui.mailbox import Mailbox, Snapshot
from securechat.client.tui.places import SERVER, ordered
from securechat.irc.names import fold


def _done(reason: str) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Link:
    """How the window reaches a server, and what lay on the desk there.

    `save` keeps the desk and raises OSError. `leave` says goodbye. `close` does, too, waits for the end of
    the connection, and returns how many messages wait on disk; it raises OSError when it cannot be kept how
    far everything was told.
    """

    account: str
    line: Line
    mailbox: Mailbox
    desk: Desk
    save: Callable[[Desk], None]
    reconnect: Callable[[], None]
    leave: Callable[[str], object] = _done
    close: Callable[[str], int] = _done
    name: str = ""
    """What the server is called in this window, where there are several."""
    address: str = ""
    enrolment: Enrolment | None = None
    first: str = ""
    """The channel to begin with."""
    arrived: Callable[[], str] = str
    """What is done after the first login; what it returns is shown."""
    start: Callable[[], None] = lambda: None
    """Begin to connect."""
    problems: Sequence[str] = ()
    """What the person should know of it."""


class Server:
    """One account on one server. `called` hears when somebody has said something to this person."""

    def __init__(
        self,
        link: Link,
        called: Callable[["Server", Conversation, Post], None],
        clock: Callable[[], Now],
        looks: Looks,
    ) -> None:
        self.link = link
        self.desk = link.desk
        self.line = link.line
        self.chat = Chat(link.account, self, clock, looks)
        self.chat.server = link.address
        self.came_in = False
        """Whether there was a login."""
        self.ended = False
        """Whether there will be no more connection by itself."""
        self.failure: ClientError | None = None
        """Why, if not because this side wanted it."""
        self.lag: float | None = None
        """Seconds that the server took to answer lately."""
        self.wanted = ""
        """The channel that is shown as soon as one is in it."""
        self.leaving = ""
        """The channel that goes from the list as soon as one has left it."""
        self._called = called
        desk = link.desk
        self.chat.muted = set(map(fold, desk.muted))
        for name in desk.people:
            self.chat.at(name)
        self.chat.closed = dict(desk.closed)
        self.chat.notify = dict(desk.notify)

    @property
    def name(self) -> str:
        """What the server is called in this window."""
        return self.link.name or self.chat.server

    def ask(self, command: str, *params: str) -> str:
        """Send a command; return the label of its answer."""
        return self.line.ask(command, *params)

    def call(self, conversation: Conversation, post: Post) -> None:
        """Somebody has said something to this person."""
        self._called(self, conversation, post)

    def know(self, snapshot: Snapshot) -> None:
        """Take what the session knew after a login."""
        self.chat.granted, self.chat.looked = snapshot.granted, True
        for name, nicks in snapshot.members:
            place = self.chat.at(name)
            place.joined = True
            place.members = {fold(nick): nick for nick in nicks}
        self.chat.find_out()

    def put_away(self) -> None:
        """Keep what lies on the desk."""
        desk, places = self.desk, self.chat.conversations.values()
        desk.people = [place.name for place in places if place.name and not place.is_channel][-MOST_PEOPLE:]
        desk.muted = sorted(self.chat.muted)
        desk.closed = dict(list(self.chat.closed.items())[-MOST_PEOPLE:])
        desk.notify = dict(self.chat.notify)
        desk.current = self.chat.current.name if self.chat.current.name != SERVER else ""
        with suppress(OSError):  # a full disk must not keep the app from ending
            self.link.save(desk)


Spot = tuple[Server, Conversation]
"""A conversation, and the server that it is on."""


class Servers:
    """All that are open, at least one, in the order of the side bar."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self.all = list(servers)
        self.current = self.all[0]
        for server in self.all[1:]:
            server.chat.watched = False

    def show(self, server: Server) -> None:
        """Show another server: what comes on the one before is not seen from now on."""
        self.current.chat.watched = False
        self.current = server

    def add(self, server: Server) -> None:
        """Have another one."""
        server.chat.watched = False
        self.all.append(server)

    def remove(self, server: Server) -> None:
        """Have it no more; there is another one, which is shown."""
        self.all.remove(server)

    def named(self, name: str) -> Server | None:
        """Return the server that is called so in this window."""
        return next((server for server in self.all if server.name == name), None)

    @property
    def several(self) -> bool:
        """Whether one has to say which one is meant."""
        return len(self.all) > 1

    def spots(self) -> list[Spot]:
        """Return every conversation as they are listed."""
        return list(chain.from_iterable(self._of(server) for server in self.all))

    def _of(self, server: Server) -> Iterator[Spot]:
        return ((server, place) for place in ordered(server.chat.conversations.values()))

    @property
    def spot(self) -> Spot:
        """The conversation that is shown."""
        return self.current, self.current.chat.current

    def heard(self) -> tuple[int, int]:
        """Return how many new messages there are, and how many of them name the person."""
        places = [place for _server, place in self.spots() if not place.muted]
        return sum(place.unread for place in places), sum(place.mentions for place in places)
