"""The client without I/O: bytes from the server go in, events and bytes for the server come out.

Theory of operation. A session outlives its connections. `open` begins one, `receive` takes what the server
sent, `lose` ends it; `take_output` and `take_events` hand over what these caused, in order. A message
goes into the outbox and leaves it when the server has answered, over however many connections that takes.

A login is complete (001) before it is told: the server sends the message of the day, the channels one is in,
and messages that waited, unasked. So the session joins what it was told to join, asks for what was said since
it was here last (`catchup`), and sends a PING; the server answers that after everything before it, and only
then the session is `ready` and the outbox is sent.

`State` holds what is known. The functions of `incoming` know what each line from the server means, and change
that state. This file drives both.

All methods belong to one thread. The time (`Now`) and the source of nonces are arguments.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from securechat.client.clock import Now
from securechat.client.deliveries import Outgoing
from securechat.client.errors import Refused
from securechat.client.events import (
    Answered,
    Failed,
    MessageRefused,
    MessageTaken,
    Said,
)
from securechat.client.protocol import incoming
from securechat.client.protocol.history import Bookmarks
from securechat.client.protocol.labels import Request
from securechat.client.protocol.outbox import Outbox
from securechat.client.protocol.registration import Credentials, Registration
from securechat.client.protocol.sendable import lines_of, sendable, unsendable
from securechat.client.protocol.stand_in import STOOD_IN_FOR, StandIn
from securechat.client.protocol.state import State
from securechat.client.protocol.writing import NO_BATCHES, bodies, lines_of_message, nonces
from securechat.irc.framing import Framer, Rejected
from securechat.irc.message import Message
from securechat.irc.names import fold
from securechat.irc.text import body_room, split_text

PING_AFTER: Final = 20.0
"""Seconds of silence after which the session asks whether the server is still there."""
GONE_AFTER: Final = 40.0
"""Seconds of silence after which the connection counts as lost."""
MEASURE_AFTER: Final = 60.0
"""Seconds after which it is asked also of a server that says much: how quick is it now?"""
_ALIVE: Final = "alive"
_UNCONFIRMED: Final = Refused("UNCONFIRMED", "the server answered without confirming the message")
_UNSAID: Final = Refused("UNCONFIRMED", "the server did not take the notice; why, it says of messages only")
_TAGS_FROM_SERVER: Final = 8191
_LINE_FROM_SERVER: Final = 4096  # lenient: the limit of 512 protects servers


class Session(State):
    """One account's dealings with one server.

    `bookmarks` say what was told before; with `replay` the first session without any is told what the account
    missed, as far as the server tells that unasked. What waits in an `outbox` of an earlier run is sent, too.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        mint: Callable[[], str],
        channels: Iterable[str] = (),
        bookmarks: Bookmarks | None = None,
        replay: bool = True,
        outbox: Outbox | None = None,
    ) -> None:
        wanted = {fold(name): name for name in channels}
        super().__init__(credentials.account, wanted, bookmarks or Bookmarks(), replay)
        if outbox is not None:
            self.outbox = outbox
            self.emit(Said(tuple(message.nonce for message in outbox.waiting), outbox.waiting))
        self.credentials = credentials
        """What the next connection logs in with."""
        self.tries_password = False
        """Whether a server without accounts refused a connection: the next one gives the password."""
        self._mint = mint
        self._registration: Registration | None = None
        self._framer = Framer(_TAGS_FROM_SERVER, _LINE_FROM_SERVER, most_tags=_TAGS_FROM_SERVER)
        self._pinged = False

    # One connection

    def open(self, now: Now) -> None:
        """A connection is there and verified: begin the registration."""
        self.now = now
        self.connected = True
        self.failure = None
        self.last_words = ""
        self._framer = Framer(_TAGS_FROM_SERVER, _LINE_FROM_SERVER, most_tags=_TAGS_FROM_SERVER)
        self._pinged = False
        self._registration = Registration(
            self.credentials, self.send, self.history.wanted, self.tries_password
        )
        self._registration.begin()

    def receive(self, data: bytes, now: Now) -> None:
        """Take bytes from the server."""
        self.now = now
        self._pinged = False
        for item in self._framer.feed(data):
            if isinstance(item, Rejected):
                continue  # what cannot be read cannot be shown either
            lines = (item,) if self.stand_in is None else self.stand_in.into(item, self._own_source())
            for line in lines:
                self._take(line)
        if self.ready:
            self._flush()

    def lose(self) -> None:
        """The connection is gone: open requests stay unanswered, messages wait for the next connection."""
        self.connected = self.ready = False
        refused = self.failure is not None or bool(self.last_words)
        self.tries_password = refused and self._registration is not None and self._registration.withheld
        self._registration, self.pieces, self.stand_in = None, None, None
        self.drop_output()
        self.batches.clear()
        self.history.lose()
        self.outbox.connection_lost()
        for request in self.labels.abandon():
            if not (request.nonce or request.quiet):
                unknown = Refused("CONNECTION_LOST", "the connection was lost before the server answered")
                self.emit(Answered(request.label, unknown))

    def beat(self, now: Now) -> float:
        """Ask a silent server whether it is there. Returns the monotonic time of the next call; 0.0: it is
        gone.
        """
        silence = now.mono - self.now.mono
        if silence >= GONE_AFTER:
            return 0.0
        due = self.asked_at + MEASURE_AFTER if self.ready else math.inf
        if not self._pinged and (silence >= PING_AFTER or now.mono >= due):
            self._pinged = True
            self.ping(_ALIVE, now)
            due = now.mono + MEASURE_AFTER
        return min(due, self.now.mono + (GONE_AFTER if self._pinged else PING_AFTER))

    # Commands

    def say(self, target: str, text: str, command: str = "PRIVMSG", *, nonce: str = "") -> tuple[str, ...]:
        """Say something, in as many lines as it takes; return the nonce of each. Blank lines are left out.

        `target` is one that `check_target` takes. `nonce` is that of the first message; those of the others
        are made of it.
        """
        room = body_room(self._own_source(), command, target)
        pieces = (piece for line in lines_of(text) for piece in split_text(line, room))
        return self._put(
            Outgoing(own, command, target, piece)
            for piece, own in zip(pieces, nonces(self._mint, nonce), strict=False)
        )

    def write(
        self,
        target: str,
        text: str,
        *,
        answers: str = "",
        edits: str = "",
        command: str = "PRIVMSG",
        nonce: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> tuple[str, ...]:
        """Say a text in as few messages as it takes, with its blank lines; return the nonce of each.

        `answers` is the msgid of the message that the first of them answers, `edits` of one's own message
        whose text it replaces; the client `tags` go with it. `nonce` as for `say`.
        """
        lines = "\n".join(map(sendable, text.split("\n")))
        texts = bodies(lines, self._own_source(), command, target, self.room)
        messages = [
            Outgoing(own, command, target, body)
            for body, own in zip(texts, nonces(self._mint, nonce), strict=False)
        ]
        if messages:
            more = tuple((tags or {}).items())
            messages[0] = replace(messages[0], answers=answers, edits=edits, more=more)
        return self._put(messages)

    def _put(self, texts: Iterable[Outgoing]) -> tuple[str, ...]:
        messages = tuple(texts)
        nonces = tuple(message.nonce for message in messages)
        self.emit(Said(nonces, messages))
        for message in messages:
            try:
                self.outbox.add(message)
            except OSError as error:  # the shelf's: nothing is sent that is not kept
                reason = Refused("NOT_KEPT", f"it cannot be kept here until it is sent ({error.strerror})")
                self.emit(MessageRefused(message.nonce, message.target, message.text, reason))
        if self.ready:
            self._flush()
        return nonces

    def signal(self, target: str, tags: dict[str, str]) -> None:
        """Send client tags without a text, if one is connected: later they are not true any more."""
        if self.ready:
            self.send(Message("TAGMSG", (target,), None, tags))

    def join(self, channel: str, label: str = "", key: str = "") -> str:
        """Enter a channel, also after every later login; return the request's label."""
        self.channels[fold(channel)] = channel
        return self.request("JOIN", channel, *((key,) if key else ()), label=label)

    def part(self, channel: str, reason: str = "", label: str = "") -> str:
        """Leave a channel; return the request's label."""
        self.channels.pop(fold(channel), None)
        return self.request("PART", channel, *((reason,) if reason else ()), label=label)

    def request(
        self, command: str, *params: str, label: str = "", tags: Mapping[str, str] | None = None
    ) -> str:
        """Send a command whose answer is waited for; return its label, which `Answered` will carry.

        Without a connection the command waits for one. All parameters are targets; only the last one
        may be any text that is `sendable`. A `label` of the caller's begins with a letter.
        """
        label = label or self.next_label()
        message = Message(command, params, None, {"label": label, **(tags or {})})
        reason = unsendable(command, params)
        if reason is not None:
            self.emit(Failed(command, reason, label))
            self.emit(Answered(label, reason))
        elif self.ready:
            self.ask(label, message)
        else:
            self.held.append((label, message))
        return label

    def quit(self, reason: str = "") -> None:
        """Say goodbye; the server closes the connection then."""
        if self.connected:
            self.send(Message("QUIT", (reason,) if reason else ()))

    # Inside

    def _take(self, message: Message) -> None:
        if self._registration is not None and self._register(self._registration, message):
            return
        request = self.labels.request_of(message)
        line = self.batches.take(message)
        if line is not None and not self.history.holds(line, self.batches.is_past(line)):
            incoming.handle(self, line, request)
        completed = self.labels.completed_by(message)
        if completed is not None:
            self._complete(completed)
        if self.ready and not self.batches.is_past(message):
            self.history.move(message)

    def _register(self, registration: Registration, message: Message) -> bool:
        """Take a line before the login is complete; return whether it belonged to the registration only."""
        if message.command == "001":
            self.granted, self.room = registration.granted, registration.room
            self.stand_in = StandIn(self.granted) if STOOD_IN_FOR - self.granted else None
            self._registration = None
            return False
        taken = registration.feed(message)
        if taken:
            self.failure = registration.failure
        return taken

    def _complete(self, request: Request) -> None:
        if request.quiet:
            self.history.answered(request)
            if self.history.in_step:
                self._caught_up()
            return
        if not request.nonce:
            self.emit(Answered(request.label, request.refused, request.ended))
            return
        unsettled = self.outbox.settle(request.nonce)
        if unsettled is not None and request.taken and request.refused is None:
            self.emit(MessageTaken(request.nonce, unsettled.target))
        elif unsettled is not None:
            reason = request.refused or (_UNSAID if unsettled.command == "NOTICE" else _UNCONFIRMED)
            self.emit(MessageRefused(request.nonce, unsettled.target, unsettled.text, reason))

    def _caught_up(self) -> None:
        """The past is told: tell now what was said meanwhile."""
        for line in self.history.take_held():
            incoming.handle(self, line, None)
        self.raise_barrier()

    def _flush(self) -> None:
        for message in self.outbox.due():
            if "\n" in message.text and self.room is NO_BATCHES:
                self._no_room(message)
                continue
            label = self.next_label()
            self.labels.add(Request(label, message.nonce))
            for line in lines_of_message(message, label, self._own_source(), f"m{label}"):
                self.send(line)

    def _no_room(self, message: Outgoing) -> None:
        """A message of several lines waits from another connection, and this server takes none."""
        self.outbox.settle(message.nonce)
        reason = Refused("TOO_MANY_LINES", "this server takes no messages of several lines")
        self.emit(MessageRefused(message.nonce, message.target, message.text, reason))

    def _own_source(self) -> str:
        # A server that this session has not heard of yet may have a name of 63 bytes, the most that IRC
        # allows.
        return f"{self.nick}!{self.nick}@{self.server or 'x' * 63}"
