"""What a command handler has: it replies, records or asks for a job, and nothing else."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from securechat.chat.effects import AwaitDrain, StartJob, Then
from securechat.chat.items import Drained, JobDone
from securechat.chat.jobs import AwaitCommit, Awaited, AwaitRoom, AwaitTurn, Job, JobResult, Pages, Stored
from securechat.chat.line import Line
from securechat.chat.records import Audited, Record
from securechat.chat.settings import Settings
from securechat.chat.state.backlog import Paused, Step
from securechat.chat.state.registration import Registration
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import Session, User
from securechat.chat.turn.chat import Chat
from securechat.irc import capabilities as cap
from securechat.irc.message import Message, escape_tag_value
from securechat.irc.names import NAME_BYTES
from securechat.irc.text import printable

T = TypeVar("T")

MAX_LABEL: Final = 512
"""Characters of a label that is answered; "the value MUST NOT exceed 64 bytes" (labeled-response)."""

LONG: Final = 50
"""Lines of a labelled answer that are kept until it is complete; of a longer one the batch begins before."""


class Context:
    """One command of one session, until its last reply; a job may lie between its beginning and its end."""

    __slots__ = ("_batch", "_replies", "chat", "label", "message", "session")

    def __init__(self, chat: Chat, session: Session, message: Message) -> None:
        self.chat = chat
        self.session = session
        self.message = message
        self._replies: list[Line] = []
        self._batch: str | None = None
        self.label: str | None = None
        if message.tags and session.has(cap.LABELED_RESPONSE):
            label = message.tags.get("label")
            if label and len(label) <= MAX_LABEL:
                self.label = escape_tag_value(label)

    # What a handler reads

    @property
    def registry(self) -> Registry:
        return self.chat.registry

    @property
    def settings(self) -> Settings:
        return self.chat.settings

    @property
    def params(self) -> tuple[str, ...]:
        return self.message.params

    def param(self, index: int, default: str = "") -> str:
        """Return a parameter, or `default` when it is missing."""
        params = self.message.params
        return params[index] if index < len(params) else default

    @property
    def user(self) -> User:
        """The session's user; only commands that need a registered session ask for it."""
        user = self.session.user
        assert user is not None, "dispatch lets only registered sessions get here"
        return user

    @property
    def registration(self) -> Registration:
        """What the session said before its login; only commands that come before it ask for that."""
        registration = self.session.registration
        assert registration is not None, "this command is refused after the login"
        return registration

    @property
    def nick(self) -> str:
        """How numerics call the session: its nick, or * before it has one that a numeric can hold."""
        if self.session.user is not None:
            return self.session.user.nick
        asked = self.session.nick or "*"
        return asked if printable(asked) == asked and len(asked.encode()) <= NAME_BYTES else "*"

    @property
    def at(self) -> int:
        """The wall clock's time, in milliseconds since the epoch."""
        return self.chat.now.wall

    # What a handler does

    def reply(self, line: Line) -> None:
        """Add a line to the answer."""
        self._replies.append(line)

    def numeric(self, code: str, *params: str, text: str | None = None) -> None:
        """Add a numeric reply; the nick is put before `params`."""
        self.server(code, self.nick, *params, text=text)

    def server(self, command: str, *params: str, text: str | None = None) -> None:
        """Add a line from the server."""
        if not self.silent:
            self.reply(Line(self.settings.server_name, command, params, text, self.chat.now.wall))

    @property
    def silent(self) -> bool:
        """True when the server has nothing to say to the command, whatever is wrong with it.

        "Automatic replies MUST NEVER be sent in response to a NOTICE message. This rule applies to servers
        too - they must not send any error reply back to the client on receipt of a notice" (RFC 2812, 3.3.2).
        """
        return self.message.command == "NOTICE"

    def fail(self, code: str, *context: str, text: str) -> None:
        """Add a `FAIL` (standard-replies).

        Also for clients that did not ask for them, which show it as it is.
        """
        self.server("FAIL", printable(self.message.command), code, *context, text=text)

    def record(self, record: Record) -> None:
        """Let a fact happen: it is applied, announced, and stored before anything of it leaves the server."""
        self.chat.enter(record, self)

    def audit(self, action: str, target: str, detail: str = "") -> None:
        """Note in the audit log what the session's account did, with the command's other records."""
        account = self.session.account
        actor = account.name if account is not None else "*"
        self.record(Audited(self.chat.now.wall, actor, self.session.address, action, target, detail))

    def ask(self, job: Job, resume: Callable[[JobResult], None]) -> None:
        """Start a job.

        `resume` is called with its result, and the session's further commands wait until then. Where others
        of the account have long answers, the job itself waits as well.
        """
        begun = self.chat.readers.begin(self.session, job) if isinstance(job, Pages) else job
        self.session.backlog.paused = Paused(begun or job, self, resume)
        if begun is not None:
            self.chat.emit(StartJob(begun))

    def when_stored(self, resume: Callable[[], None]) -> None:
        """Go on with the command when its records are stored; the session's further commands wait until then.

        For what must not be true of a session when they are not.
        """
        job = AwaitCommit(self.session.link)
        self._await(job, resume)
        self.chat.emit(Then(JobDone(job, Stored())))

    def when_room(self, resume: Callable[[], None]) -> None:
        """Do what `when_stored` does when, besides, the peer has taken most of what there is for it."""
        self._await(AwaitRoom(self.session.link), resume)
        self.chat.emit(AwaitDrain(self.session.link))

    def for_each(
        self, subjects: Iterable[T], action: Callable[[T], None], then: Callable[[], None] | None = None
    ) -> None:
        """Do something for one after the other, in as many turns of the hub as that takes; `then` follows.

        The session's further commands wait until then, and it waits for its peer as they would. What was done
        is stored when others have their turn: if the disk is full for a part of it, what comes after it is
        not done.
        """
        rest = iter(subjects)
        if not self._in_next_turn(rest, action, then):
            self._for_each(rest, action, then)

    def _for_each(
        self, rest: Iterator[T], action: Callable[[T], None], then: Callable[[], None] | None
    ) -> None:
        for subject in rest:
            action(subject)
            if self._in_next_turn(rest, action, then):
                return
        if then is not None:
            then()

    def _in_next_turn(
        self, rest: Iterator[T], action: Callable[[T], None], then: Callable[[], None] | None
    ) -> bool:
        """Go on with the rest in a later turn if others, or the peer, have had enough for now."""
        if self.label is not None and self._batch is None and len(self._replies) > LONG:
            self._batch = self.chat.fanout.begin(self.session, self.label, self.at)
            self.chat.if_refused(self._not_begun)
        self.flush()
        behind = self.chat.is_behind(self.session)
        if not (behind or self.chat.tired()) or self.session.backlog.paused is not None:
            return False
        wait = self.when_room if behind else self.when_stored
        wait(lambda: self._for_each(rest, action, then))
        return True

    def await_turn(self, resume: Callable[[], None]) -> None:
        """Go on with the command when others, whose passwords are being checked, are done."""
        self._await(AwaitTurn(self.session.link), resume)

    def _await(self, job: Awaited, resume: Callable[[], None]) -> None:
        self.session.backlog.paused = Paused(job, self, lambda _: resume())

    # What dispatch and fanout do

    def discard(self) -> bool:
        """Forget the replies that were not sent yet, and what the command waits for, since it is refused.

        Return whether it waited: the one behind it may wait by now.
        """
        self._replies = []
        backlog = self.session.backlog
        if backlog.paused is None or backlog.paused.command is not self:
            return False
        backlog.paused = None
        self.chat.emit(Then(Drained(self.session.link)))  # nothing else has it look at the lines behind
        return True

    def flush(self) -> None:
        """Send the replies so far, unless a label keeps them together until the command's end."""
        if self._replies and (self.label is None or self._batch is not None):
            replies, self._replies = self._replies, []
            if self._batch is None:
                self.chat.fanout.answer(self.session, replies, None, self.at)
            else:
                self.chat.fanout.go_on(self.session, replies, self._batch)

    def finish(self) -> None:
        """End the command: everything it replied is sent."""
        if self._batch is not None:
            self.flush()
            self.chat.fanout.end(self.session, self._batch, self.at)
        elif self._replies or self.label is not None:
            replies, self._replies = self._replies, []
            self.chat.fanout.answer(self.session, replies, self.label, self.chat.now.wall)

    def _not_begun(self) -> None:
        self._batch = None


@dataclass(frozen=True, slots=True, eq=False)
class Continuation(Step):
    """A step that goes on with what an earlier command began, but not in the turn of the hub `not_in`."""

    step: Callable[[Context], None]
    not_in: int | None = None


def do_next(
    chat: Chat, session: Session, *steps: Callable[[Context], None], when_stored: bool = False
) -> None:
    """Let a session's backlog begin with these steps: the lines that wait come after them.

    When the current command is refused they do not come. With `when_stored` they wait until that is known:
    for what shows the session something that only the command lets it see.
    """
    put = [Continuation(step, chat.turn if when_stored else None) for step in steps]
    session.backlog.put_first(put)
    chat.if_refused(lambda: session.backlog.take_out(put))
