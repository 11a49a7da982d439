"""The client without I/O: bytes from the server go in, events and bytes for the server come out.

Theory of operation. A session outlives its connections. `open` begins one, `receive` takes what the server
sent, `lose` ends it; `take_output` and `take_events` hand over what these caused, in order. What is said goes
into the outbox and leaves it when the server has answered, over however many connections that takes.

A login is complete (001) before it is told: the server sends the message of the day, the channels one is in,
and messages that waited, by itself. So the session joins what it was told to join, asks for what was said
since it was here last (`catchup`), and sends a PING; the server answers that after everything before it, and
only then the session is `ready` and the outbox is sent.

All methods belong to one thread. `Moment`s and the source of nonces are arguments.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from securechat.client import incoming
from securechat.client.batches import Batches
from securechat.client.clock import Moment
from securechat.client.errors import ClientError, Refused
from securechat.client.events import (
    Answered,
    Event,
    Failed,
    Left,
    MessageRefused,
    MessageTaken,
    Ready,
    Said,
)
from securechat.client.history import Bookmarks, History
from securechat.client.labels import Labels, Request
from securechat.client.outbox import Outbox, Outgoing
from securechat.client.recent import Recent
from securechat.client.registration import DURABLE, Credentials, Registration
from securechat.client.roster import Roster
from securechat.irc.capabilities import NONCE_TAG
from securechat.irc.framing import Framer, Rejected
from securechat.irc.message import Message, encode
from securechat.irc.names import fold
from securechat.irc.text import MAX_LINE, body_room, split_text

PING_AFTER: Final = 20.0
"""Seconds of silence after which the session asks whether the server is still there."""
GONE_AFTER: Final = 40.0
"""Seconds of silence after which the connection counts as lost."""
_ALIVE: Final = "alive"
MAX_TARGET: Final = 128
"""Bytes of a channel's or user's name: what no server exceeds."""
_NOT_IN_TARGETS: Final = re.compile("^:|[ ,\r\n\0\ud800-\udfff]")
_TAGS_FROM_SERVER: Final = 8191
_LINE_FROM_SERVER: Final = 4096  # lenient: the limit of 512 protects servers


def sendable(text: str) -> str:
    """Return a text without what no line can carry."""
    return text.replace("\r", "").replace("\n", " ").replace("\0", "").encode(errors="replace").decode()


def check_target(name: str) -> str:
    """Return the name of a channel or user if a command can carry it. Raises Refused."""
    if not name or len(name.encode(errors="replace")) > MAX_TARGET or _NOT_IN_TARGETS.search(name):
        raise Refused("INVALID_TARGET", f"{name!a} is not the name of a channel or user")
    return name


class Session:
    """One account's dealings with one server.

    `bookmarks` say what was told before; with `replay` the first session without any is told what the account
    missed, as far as the server tells that by itself.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        mint: Callable[[], str],
        channels: Iterable[str] = (),
        bookmarks: Bookmarks | None = None,
        replay: bool = True,
    ) -> None:
        self.nick = credentials.account
        self.server = ""
        self.connected = False
        self.ready = False
        self.logins = 0
        self.roster = Roster()
        self.outbox = Outbox()
        self.labels = Labels()
        self.batches = Batches()
        self.recent = Recent()
        self.history = History(bookmarks or Bookmarks(), replay, self._ask_quietly, self.emit)
        self.moment = Moment(0.0, 0)
        self.failure: ClientError | None = None
        self.last_words = ""
        """What the server said when it closed the connection (`ERROR`)."""
        self._credentials = credentials
        self._mint = mint
        self._channels = {fold(name): name for name in channels}
        self._registration: Registration | None = None
        self._framer = Framer(_TAGS_FROM_SERVER, _LINE_FROM_SERVER)
        self._output: list[bytes] = []
        self._events: list[Event] = []
        self._held: list[tuple[str, Message]] = []
        self._last_label = 0
        self._pinged = False

    # One connection

    def open(self, moment: Moment) -> None:
        """A connection is there and verified: begin the registration."""
        self.moment = moment
        self.connected = True
        self.failure = None
        self.last_words = ""
        self._framer = Framer(_TAGS_FROM_SERVER, _LINE_FROM_SERVER)
        self._pinged = False
        self._registration = Registration(self._credentials, self.send, self.history.wanted)
        self._registration.begin()

    def receive(self, data: bytes, moment: Moment) -> None:
        """Take bytes from the server."""
        self.moment = moment
        self._pinged = False
        for item in self._framer.feed(data):
            if not isinstance(item, Rejected):  # what cannot be read cannot be shown either
                self._take(item)
        if self.ready:
            self._flush()

    def lose(self) -> None:
        """The connection is gone: open requests stay unanswered, messages wait for the next connection."""
        self.connected = self.ready = False
        self._registration = None
        self._output.clear()
        self.batches.clear()
        self.history.lose()
        self.outbox.connection_lost()
        for request in self.labels.abandon():
            if not (request.nonce or request.quiet):
                unknown = Refused("CONNECTION_LOST", "the connection was lost before the server answered")
                self.emit(Answered(request.label, unknown))

    def beat(self, moment: Moment) -> float:
        """Ask a silent server whether it is there. Returns the monotonic time of the next call; 0.0: it is
        gone.
        """
        silence = moment.mono - self.moment.mono
        if silence >= GONE_AFTER:
            return 0.0
        if silence >= PING_AFTER and not self._pinged:
            self._pinged = True
            self.send(Message("PING", (_ALIVE,)))
        return self.moment.mono + (GONE_AFTER if self._pinged else PING_AFTER)

    def take_output(self) -> bytes:
        """Return the bytes to send, once."""
        output, self._output = b"".join(self._output), []
        return output

    def take_events(self) -> list[Event]:
        """Return what happened since the last call."""
        events, self._events = self._events, []
        return events

    # Commands

    def say(self, target: str, text: str, command: str = "PRIVMSG") -> tuple[str, ...]:
        """Say something, in as many lines as it takes; return the nonce of each. Blank lines are left out.

        `target` is one that `check_target` takes.
        """
        room = body_room(self._own_source(), command, target)
        lines = [sendable(line) for line in text.split("\n")]
        pieces = [piece for line in lines if line.strip(" ") for piece in split_text(line, room)]
        messages = [Outgoing(self._mint(), command, target, piece) for piece in pieces]
        for message in messages:
            self.outbox.add(message)
        nonces = tuple(message.nonce for message in messages)
        self.emit(Said(nonces))
        if self.ready:
            self._flush()
        return nonces

    def join(self, channel: str, label: str = "") -> str:
        """Enter a channel, also after every later login; return the request's label."""
        self._channels[fold(channel)] = channel
        return self.request("JOIN", channel, label=label)

    def part(self, channel: str, reason: str = "", label: str = "") -> str:
        """Leave a channel; return the request's label."""
        self._channels.pop(fold(channel), None)
        return self.request("PART", channel, *((reason,) if reason else ()), label=label)

    def request(self, command: str, *params: str, label: str = "") -> str:
        """Send a command whose answer is waited for; return its label, which `Answered` will carry.

        Without a connection the command waits for one. The parameters are targets, but for the last one,
        which may be any text that is `sendable`. A `label` of the caller's begins with a letter.
        """
        label = label or self._next_label()
        message = Message(command, params, None, {"label": label})
        if len(encode(Message(command, params))) > MAX_LINE:
            reason = Refused("TOO_LONG", "this is too long for one line")
            self.emit(Failed(command, reason, label))
            self.emit(Answered(label, reason))
        elif self.ready:
            self._ask(label, message)
        else:
            self._held.append((label, message))
        return label

    def quit(self, reason: str = "") -> None:
        """Say goodbye; the server closes the connection then."""
        if self.connected:
            self.send(Message("QUIT", (reason,) if reason else ()))

    # For the handlers of incoming lines

    def send(self, message: Message) -> None:
        """Queue a line for the server."""
        self._output.append(encode(message))

    def emit(self, event: Event) -> None:
        """Tell what happened."""
        self._events.append(event)

    def is_me(self, nick: str) -> bool:
        """Whether this is one's own nick."""
        return fold(nick) == fold(self.nick)

    def left(self, channel: str) -> None:
        """One is not in this channel any more, and does not go there at the next login."""
        self._channels.pop(fold(channel), None)
        self.roster.leave(channel)

    def renamed(self, old: str, new: str) -> None:
        """A channel has another name."""
        if self._channels.pop(fold(old), None) is not None:
            self._channels[fold(new)] = new
        self.roster.rename_channel(old, new)
        self.history.renamed(old, new)

    def welcomed(self, nick: str, server: str) -> bool:
        """001: the login is complete. Returns whether the server confirms messages only when they are on
        disk.
        """
        granted = self._registration.granted if self._registration is not None else frozenset()
        self._registration = None
        self.history.welcomed(granted)
        self.nick, self.server = nick, server
        self.roster.expect_restoration()
        self.logins += 1
        return DURABLE in granted

    def join_wanted(self) -> None:
        """The welcome has been read: go where one wants to be, and find out when everything is told."""
        for channel in self._channels.values():
            label = self._next_label()
            self._ask(label, Message("JOIN", (channel,), None, {"label": label}))
        if not self.history.begin():
            self.send(Message("PING", (incoming.BARRIER,)))

    def barrier_passed(self) -> None:
        """Everything that the server tells by itself is told: send what waits."""
        for channel in self.roster:
            if channel.restored:  # the server did not: the membership ended meanwhile
                self.left(channel.name)
                self.emit(Left(channel.name, self.nick, "while the connection was lost", own=True))
        self.ready = True
        self.emit(Ready(tuple(channel.name for channel in self.roster), self.logins > 1))
        held, self._held = self._held, []
        for label, message in held:
            self._ask(label, message)

    # Inside

    def _take(self, message: Message) -> None:
        if self._registration is not None and self._registration.feed(message):
            self.failure = self._registration.failure
            return
        request = self.labels.request_of(message)
        line = self.batches.take(message)
        if line is not None and not self.history.holds(line, self.batches.is_past(line)):
            incoming.handle(self, line, request)
        completed = self.labels.completed_by(message)
        if completed is not None:
            self._complete(completed)
        if self.ready:
            self.history.move(message)

    def _complete(self, request: Request) -> None:
        if request.quiet:
            self.history.answered(request)
            if self.history.in_step:
                self._caught_up()
            return
        if not request.nonce:
            self.emit(Answered(request.label, request.refused))
            return
        unsettled = self.outbox.settle(request.nonce)
        if unsettled is not None and request.taken and request.refused is None:
            self.emit(MessageTaken(request.nonce, unsettled.target))
        elif unsettled is not None:
            silent = Refused("UNCONFIRMED", "the server answered without confirming the message")
            reason = request.refused or silent
            self.emit(MessageRefused(request.nonce, unsettled.target, unsettled.text, reason))

    def _caught_up(self) -> None:
        """What was said before is told: now what was said meanwhile."""
        for line in self.history.take_held():
            incoming.handle(self, line, None)
        self.send(Message("PING", (incoming.BARRIER,)))

    def _ask_quietly(self, command: str, params: tuple[str, ...]) -> str:
        label = self._next_label()
        self.labels.add(Request(label, quiet=True))
        self.send(Message(command, params, None, {"label": label}))
        return label

    def _ask(self, label: str, message: Message) -> None:
        self.labels.add(Request(label))
        self.send(message)

    def _flush(self) -> None:
        for message in self.outbox.due():
            label = self._next_label()
            self.labels.add(Request(label, message.nonce))
            tags = {"label": label, NONCE_TAG: message.nonce}
            self.send(Message(message.command, (message.target, message.text), None, tags))

    def _next_label(self) -> str:
        self._last_label += 1
        return str(self._last_label)

    def _own_source(self) -> str:
        # A server that this session has not heard of yet may have a name of 63 bytes, the most that IRC
        # allows.
        return f"{self.nick}!{self.nick}@{self.server or 'x' * 63}"
