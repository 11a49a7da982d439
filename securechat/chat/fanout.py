"""Who gets to see what: the only module that knows how capabilities change what a client is sent.

Every visible consequence of a record is announced here. The session that caused it (`origin`) gets its own
copy like everybody else, unless its command carried a label: then the copy belongs to the labelled answer.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from securechat.chat.audience import Audience
from securechat.chat.effects import Broadcast, Effect, Send
from securechat.chat.line import Line, encode, variants
from securechat.chat.records import Joined, MessageSent, Parted, Record, TopicSet
from securechat.chat.registry import Registry, User
from securechat.chat.session import Session
from securechat.irc import capabilities as cap

if TYPE_CHECKING:
    from securechat.chat.context import Context


class Fanout:
    """Turns lines into effects; `emit` appends an effect to what the current command caused."""

    __slots__ = ("_emit", "_registry", "_sending")

    def __init__(self, registry: Registry, emit: Callable[[Effect], None]) -> None:
        self._registry = registry
        self._emit = emit
        self._sending: list[Session] = []

    def settle(self) -> None:
        """Forget what was sent to whom: it is in the SendQs now."""
        for session in self._sending:
            session.emitted = 0
        self._sending.clear()

    # To one session

    def send(self, session: Session, *lines: Line) -> None:
        """Send lines to one session, outside any answer."""
        self._send(session, b"".join([encode(line, session.key) for line in lines]))

    def answer(self, session: Session, lines: list[Line], label: str | None, at: int) -> None:
        """Send the replies to a command; with a label, as the labeled-response specification wants them."""
        if label is None:
            if lines:
                self.send(session, *lines)
            return
        tag = f"label={label}"
        server = self._registry.server_name
        if not lines:
            self._send(session, encode(Line(server, "ACK", at=at), session.key, tag))
        elif len(lines) == 1:
            self._send(session, encode(lines[0], session.key, tag))
        else:
            session.batches += 1
            reference = str(session.batches)
            inside = f"batch={reference}"
            opening = Line(server, "BATCH", (f"+{reference}", "labeled-response"), at=at)
            closing = Line(server, "BATCH", (f"-{reference}",), at=at)
            written = [encode(line, session.key, inside) for line in lines]
            first, last = encode(opening, session.key, tag), encode(closing, session.key)
            self._send(session, b"".join([first, *written, last]))

    def _send(self, session: Session, data: bytes) -> None:
        if not session.emitted:
            self._sending.append(session)
        session.emitted += len(data)
        self._emit(Send(session.link, data))

    # To many

    def broadcast(self, audience: Audience, line: Line, origin: "Context | None" = None) -> None:
        """Send a line to an audience; the origin's copy is part of its answer when that is labelled."""
        if origin is None:
            self._broadcast(audience, line, None)
        elif origin.label is None:
            origin.flush()
            self._broadcast(audience, line, None)
        else:
            self._broadcast(audience, line, origin.session)
            if origin.session.link in audience.keys:
                origin.reply(line)

    def others(self, audience: Audience, line: Line, session: Session) -> None:
        """Send a line to an audience, but not to this session of it."""
        self._broadcast(audience, line, session)

    def _broadcast(self, audience: Audience, line: Line, without: Session | None) -> None:
        if audience.groups:
            skip = without.link if without is not None else None
            self._emit(Broadcast(audience, variants(line, audience.groups), skip))

    # Records

    def announce(self, record: Record, origin: "Context | None") -> None:
        """Show a record to everybody who may see it.

        A `Parted` is announced before it is applied, all others after.
        """
        match record:
            case MessageSent():
                self._message(record, origin)
            case Joined():
                user = self._registry.users.get(record.user)
                if user is not None:
                    channel = self._registry.channels[record.channel]
                    line = Line(
                        user.source, "JOIN", (channel.name,), None, record.at, record.id, user.account.name
                    )
                    self.broadcast(channel.audience, line, origin)
            case Parted():
                self._parted(record, origin)
            case TopicSet():
                self._topic(record, origin)
            case _:
                pass  # nobody sees these

    def _parted(self, record: Parted, origin: "Context | None") -> None:
        user = self._registry.users.get(record.user)
        if user is not None:
            channel = self._registry.channels[record.channel]
            text = record.reason or None
            line = Line(user.source, "PART", (channel.name,), text, record.at, record.id, user.account.name)
            self.broadcast(channel.audience, line, origin)

    def _topic(self, record: TopicSet, origin: "Context | None") -> None:
        channel = self._registry.channels[record.channel]
        user = self._registry.user(record.topic.setter)
        source, account = (
            (user.source, user.account.name) if user is not None else (self._registry.server_name, None)
        )
        line = Line(source, "TOPIC", (channel.name,), record.topic.text, record.topic.at, record.id, account)
        self.broadcast(channel.audience, line, origin)

    # Messages

    def line_of(self, message: MessageSent) -> Line:
        """The line that shows a message, now or when it is replayed."""
        account = self._registry.accounts[message.sender].name
        source = f"{message.nick}!{account}@{self._registry.server_name}"
        text = None if message.command == "TAGMSG" else message.text
        return Line(
            source,
            message.command,
            (message.addressed,),
            text,
            message.at,
            message.id,
            account,
            message.tags,
        )

    def _message(self, message: MessageSent, origin: "Context | None") -> None:
        line = self.line_of(message)
        if message.channel is not None:
            audience = self._registry.channels[message.channel].audience
            if origin is not None and not origin.session.has(cap.ECHO_MESSAGE):
                self.others(audience, line, origin.session)
            else:
                self.broadcast(audience, line, origin)
            return
        recipient = self._registry.user(message.addressed)
        sender = origin.session.user if origin is not None else None
        if recipient is not None:
            self._broadcast(recipient.audience, line, None)
        if origin is not None and sender is not None:
            self._to_sender(line, origin, sender, to_self=sender is recipient)

    def _to_sender(self, line: Line, origin: "Context", sender: User, *, to_self: bool) -> None:
        """The sender's other sessions see what was sent; the sending one only by its echo."""
        if not to_self:
            self.others(sender.audience, line, origin.session)
        self.echo(line, origin)

    def echo(self, line: Line, origin: "Context") -> None:
        """Confirm a message to the session that sent it, if it wants echoes (`echo-message`)."""
        if origin.session.has(cap.ECHO_MESSAGE) and (
            line.command != "TAGMSG" or origin.session.has(cap.MESSAGE_TAGS)
        ):
            origin.reply(line)
