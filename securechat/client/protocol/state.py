"""What a session knows, and what it has to say: the state that the lines from the server change.

The engine above (`session`) decides what is done with a line; the functions of `incoming` say what the line
means, and write that down here. Nothing in here calls either of them.
"""

from typing import Final

from securechat.client.clock import Now
from securechat.client.errors import ClientError, Refused
from securechat.client.events import Event, Left, MessageRefused, Ready, Whois
from securechat.client.protocol.batches import Batches
from securechat.client.protocol.history import Bookmarks, History
from securechat.client.protocol.labels import Labels, Request
from securechat.client.protocol.outbox import Outbox
from securechat.client.protocol.registration import DURABLE
from securechat.client.protocol.roster import Roster
from securechat.client.protocol.stand_in import StandIn
from securechat.client.protocol.writing import NO_BATCHES
from securechat.client.recent import Recent
from securechat.irc.message import Message, encode
from securechat.irc.names import fold
from securechat.irc.sasl import Assembler

BARRIER: Final = "ready"
"""The token of the PING whose PONG comes after everything that the server tells unasked at a login."""

_MAYBE_SAID: Final = Refused("CONNECTION_LOST", "the connection was lost: it may have been said, or not")


class State:
    """What one session knows; `channels` are those that it wants to be in, by their folded names."""

    def __init__(self, nick: str, channels: dict[str, str], bookmarks: Bookmarks, replay: bool) -> None:
        self.nick = nick
        self.server = ""
        self.granted: frozenset[str] = frozenset()
        """The capabilities of this connection."""
        self.stand_in: StandIn | None = None
        """What does here what the server of this connection lacks."""
        self.room = NO_BATCHES
        """What one message may hold, on the last connection."""
        self.connected = False
        self.ready = False
        self.logins = 0
        self.roster = Roster()
        self.outbox = Outbox()
        self.labels = Labels()
        self.batches = Batches()
        self.recent = Recent()
        self.history = History(bookmarks, replay, self.ask_quietly, self.emit)
        self.silences: list[str] = []
        """Whom the account ignores, of a list that is still coming."""
        self.whois: Whois | None = None
        """Whom WHOIS is about, of an answer that is still coming."""
        self.pieces: Assembler | None = None
        self.certificate = b""
        """Of this computer's key, while it is still coming and when it is complete."""
        self.now = Now(0, 0.0)
        self.lag: float | None = None
        """Seconds that the server took to answer the last PING of this session."""
        self.asked_at = 0.0
        """Monotonic seconds of that PING."""
        self.failure: ClientError | None = None
        self.last_words = ""
        """What the server said when it closed the connection (`ERROR`)."""
        self.channels = channels
        self.held: list[tuple[str, Message]] = []
        """Requests that wait until everything is told, with their labels."""
        self._output: list[bytes] = []
        self._events: list[Event] = []
        self._last_label = 0

    # Out

    def send(self, message: Message) -> None:
        """Queue a line for the server."""
        lines = (message,) if self.stand_in is None else self.stand_in.out(message)
        self._output += map(encode, lines)

    def ask(self, label: str, message: Message) -> None:
        """Send a command whose answer `Answered` will tell."""
        self.labels.add(Request(label))
        self.send(message)

    def ask_quietly(self, command: str, params: tuple[str, ...]) -> str:
        """Send a command that nobody but the session itself asks; return its label."""
        label = self.next_label()
        self.labels.add(Request(label, quiet=True))
        self.send(Message(command, params, None, {"label": label}))
        return label

    def next_label(self) -> str:
        """Return a label that this session has not used."""
        self._last_label += 1
        return str(self._last_label)

    def emit(self, event: Event) -> None:
        """Tell what happened."""
        self._events.append(event)

    def take_output(self) -> bytes:
        """Return the bytes to send, once."""
        output, self._output = b"".join(self._output), []
        return output

    def drop_output(self) -> None:
        """There is no connection any more that could take it."""
        self._output.clear()

    def take_events(self) -> list[Event]:
        """Return what happened since the last call."""
        events, self._events = self._events, []
        return events

    def asked(self, line: Message) -> str:
        """Return the label of the request that a line answers, "" if nobody but the session asked."""
        request = self.labels.request_of(line)
        return request.label if request is not None and not request.quiet else ""

    # What lines from the server change

    def is_me(self, nick: str) -> bool:
        """Whether this is one's own nick."""
        return fold(nick) == fold(self.nick)

    def left(self, channel: str) -> None:
        """One is not in this channel any more, and does not go there at the next login."""
        self.channels.pop(fold(channel), None)
        self.roster.leave(channel)

    def renamed(self, old: str, new: str) -> None:
        """A channel has another name."""
        if self.channels.pop(fold(old), None) is not None:
            self.channels[fold(new)] = new
        self.roster.rename_channel(old, new)
        self.history.renamed(old, new)

    def welcomed(self, nick: str, server: str) -> None:
        """001: the login is complete."""
        self.history.welcomed(self.granted)
        self.nick, self.server = nick, server
        self.roster.expect_restoration()
        self.silences.clear()
        self.logins += 1

    def join_wanted(self) -> None:
        """The welcome has been read: go where one wants to be, and find out when everything is told."""
        for channel in self.channels.values():
            label = self.next_label()
            self.ask(label, Message("JOIN", (channel,), None, {"label": label}))
        if not self.history.begin():
            self.raise_barrier()

    def raise_barrier(self) -> None:
        """Let the server say when everything before this is told."""
        self.ping(BARRIER, self.now)

    def ping(self, token: str, now: Now) -> None:
        """Ask the server for a sign of life."""
        self.asked_at = now.mono
        self.send(Message("PING", (token,)))

    def barrier_passed(self) -> None:
        """Everything that the server tells unasked is told: send what waits."""
        for channel in self.roster:
            if channel.restored:  # the server did not: the membership ended meanwhile
                self.left(channel.name)
                self.emit(Left(channel.name, self.nick, "while the connection was lost", own=True))
        self.ready = True
        self.emit(Ready(tuple(channel.name for channel in self.roster), self.logins > 1))
        if DURABLE not in self.granted:
            for doubtful in self.outbox.take_doubtful():
                self.emit(MessageRefused(doubtful.nonce, doubtful.target, doubtful.text, _MAYBE_SAID))
        held, self.held = self.held, []
        for label, message in held:
            self.ask(label, message)
