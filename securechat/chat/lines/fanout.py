"""Who gets to see what: how capabilities change what a client is sent.

`announcements` makes the lines. The session that caused a line (`origin`) gets its own copy like everybody
else, unless its command carried a label: then the copy belongs to the labelled answer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from securechat.chat.audience import NOBODY, Audience
from securechat.chat.effects import Broadcast, Effect, Send, SendEach
from securechat.chat.line import Line, by_operator, encode, fitting, separate, variants
from securechat.chat.lines.origin import Origin
from securechat.chat.lines.stencil import Stencils, Written
from securechat.chat.link import Link
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import Session, User
from securechat.irc import capabilities as cap


class Fanout:
    """Turns lines into effects; `emit` appends an effect to what the current command caused."""

    __slots__ = ("_audience", "_emit", "_registry", "_sending", "told")

    def __init__(self, registry: Registry, emit: Callable[[Effect], None]) -> None:
        self._registry = registry
        self._emit = emit
        self._sending: list[Session] = []
        self._audience = NOBODY
        self.told = 0
        """How many peers were told something since the engine set this to 0. What the same audience is told
        next costs almost nothing: it is one append."""

    def settle(self) -> None:
        """Forget what was sent to whom: it is in the SendQs now."""
        self._audience = NOBODY
        for session in self._sending:
            session.emitted = 0
        self._sending.clear()

    # To one session

    def send(self, session: Session, *lines: Line) -> None:
        """Send lines to one session, outside any answer."""
        self._write(session, lines, False)

    def answer(self, session: Session, lines: list[Line], label: str | None, at: int) -> None:
        """Send the replies to a command; with a label, as the labeled-response specification wants them."""
        ahead = _is_ahead(session)
        if label is None:
            self._write(session, lines, ahead)
            return
        forms = [form for line in lines if (form := fitting(line, session.caps)) is not None]
        lines = [line for form in forms for line in separate(form)]
        tag = f"label={label}"
        server = self._registry.server_name
        if not lines:
            self._send(session, encode(Line(server, "ACK", at=at), session.key, tag), ahead)
        elif len(lines) == 1:
            self._send(session, encode(lines[0], session.key, tag), ahead)
        else:
            reference = self.begin(session, label, at)
            self.go_on(session, lines, reference)
            self.end(session, reference, at)

    def begin(self, session: Session, label: str, at: int) -> str:
        """Begin a labelled answer that comes in parts; return the reference of its batch."""
        session.last_batch += 1
        reference = str(session.last_batch)
        opening = Line(self._registry.server_name, "BATCH", (f"+{reference}", "labeled-response"), at=at)
        self._send(session, encode(opening, session.key, f"label={label}"), _is_ahead(session))
        return reference

    def go_on(self, session: Session, lines: Iterable[Line], reference: str) -> None:
        """Send a part of a labelled answer."""
        forms = [form for line in lines if (form := fitting(line, session.caps)) is not None]
        inside = [
            line if line.batch else line._replace(batch=reference)
            for form in forms
            for line in separate(form)
        ]
        if inside:
            data = b"".join([encode(line, session.key) for line in inside])
            self._send(session, data, _is_ahead(session))

    def end(self, session: Session, reference: str, at: int) -> None:
        """End a labelled answer that came in parts."""
        closing = Line(self._registry.server_name, "BATCH", (f"-{reference}",), at=at)
        self._send(session, encode(closing, session.key), _is_ahead(session))

    def _write(self, session: Session, lines: Sequence[Line], ahead: bool) -> None:
        forms = [form for line in lines if (form := fitting(line, session.caps)) is not None]
        if forms:
            self._send(session, b"".join([encode(form, session.key) for form in forms]), ahead)

    def _send(self, session: Session, data: bytes, ahead: bool) -> None:
        if not session.emitted:
            self._sending.append(session)
        session.emitted += len(data)
        self._emit(Send(session.link, data, ahead))

    # To many

    def each(self, users: Iterable[User], write: Written, without: Session | None = None) -> None:
        """Tell each of many what is the same for all but for who they are, as `write` writes it."""
        data = Stencils(write).filled(users)
        if without is not None:
            data.pop(without.link, None)
        if data:
            self.told += len(data)
            self._emit(SendEach(data))

    def broadcast(self, audience: Audience, line: Line, origin: Origin | None = None) -> None:
        """Send a line to an audience; the origin's copy is part of its answer when that is labelled."""
        if origin is None:
            self.tell(audience, line, None)
            return
        session = origin.session
        if session.operator is not None:
            line = marked(line, session)
        if origin.label is None:
            origin.flush()
            self.tell(audience, line, None)
        else:
            self.tell(audience, line, session.link)
            if session.link in audience.keys:
                origin.reply(line)

    def others(self, audience: Audience, line: Line, session: Session) -> None:
        """Send a line to an audience, but not to this session of it."""
        if session.operator is not None:
            line = marked(line, session)
        self.tell(audience, line, session.link)

    def tell(self, audience: Audience, line: Line, skip: Link | None) -> None:
        """Send a line, as it is, to an audience; `skip` gets none of it."""
        if audience.groups:
            self.hand_out(audience, variants(line, audience.groups), skip)

    def hand_out(self, audience: Audience, encoded: Mapping[int, bytes], skip: Link | None) -> None:
        """Send a line that is written already to an audience; `skip` gets none of it."""
        if audience is not self._audience:
            self._audience = audience
            self.told += audience.size
        # Not `Broadcast(…)`: that is a call in Python, and takes three times as long.
        self._emit(tuple.__new__(Broadcast, (audience, encoded, skip)))

    def echo(self, line: Line, origin: Origin) -> None:
        """Confirm a message to the session that sent it, if it wants echoes (`echo-message`)."""
        if origin.session.has(cap.ECHO_MESSAGE):
            origin.reply(marked(line, origin.session))


def _is_ahead(session: Session) -> bool:
    """While a session catches up, answers are what it catches up with."""
    return session.missed is not None and session.missed.playing


def marked(line: Line, session: Session) -> Line:
    """Return what an operator's session causes as such (oper-tag), unless it is somebody else's line."""
    if session.operator is None or session.user is None or line.source != session.user.source:
        return line
    return by_operator(line)
