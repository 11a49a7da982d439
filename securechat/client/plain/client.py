"""The plain client: lines that arrive are printed, lines that are entered are sent.

Theory of operation. One thread (the caller's) owns this object. It waits for the console; the I/O thread puts
events into a queue and wakes it. Input is taken line by line, and a line that asks the server something
(`/join`) holds the next ones until the answer is there, so that a script does what it says: the text after
`/join #x` goes to #x. Text needs no connection: it waits in the outbox. Input also stops while many messages
wait for their confirmation, so that a long file is not read faster than the server takes it.

Input of which nothing is done, such as a file that is no text, is not read for ever: after many refusals in
a row the chat ends.

One's own message is printed when the server has confirmed it, not before. When nothing can be printed any
more (a full disk, a reader that has gone), no further input is taken, and what was sent is still confirmed.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from securechat.client.errors import ClientError, Refused
from securechat.client.events import (
    Answered,
    Disconnected,
    Ended,
    Event,
    Failed,
    Message,
    MessageRefused,
    MessageTaken,
    Pin,
    Ready,
    Said,
    Welcome,
)
from securechat.client.kept.choices import Choices
from securechat.client.kept.desk import DeskFile
from securechat.client.network.connection import Command
from securechat.client.network.enrolment import Enrolment
from securechat.client.plain import commands
from securechat.client.plain.aim import Aim
from securechat.client.plain.completing import completions
from securechat.client.plain.console import Console, OutputClosed, Tone
from securechat.client.plain.editor import EndOfInput, Input, Interrupted, Submitted
from securechat.client.plain.lately import Lately
from securechat.client.plain.message_commands import READ_MARKER
from securechat.client.plain.muting import Muting
from securechat.client.plain.pasted import Pasted
from securechat.client.plain.result import Result as Result
from securechat.client.plain.tones import comes_or_goes, tone_of
from securechat.client.protocol.sendable import check_text
from securechat.client.words.device_desk import DeviceDesk
from securechat.client.words.wording import describe
from securechat.irc.text import count
from securechat.irc.timestamp import format_ms

MOST_WAITING: Final = 64
"""Messages that may wait for their confirmation before further input is read."""
MOST_REFUSED: Final = 100
"""Refusals in a row after which no further input is read."""
PATIENCE_OF_PERSON: Final = 5.0
PATIENCE_OF_PIPE: Final = 60.0
"""Seconds to wait at the end until everything is confirmed."""


class PlainClient:
    """One run of the plain client. `deliver` may be called by any thread, the rest by one.

    `arrived` is called when the first login is done, and returns lines for the person.
    """

    def __init__(
        self,
        console: Console,
        submit: Callable[[Command], None],
        *,
        first: str = "",
        enrolment: Enrolment | None = None,
        arrived: Callable[[], Iterable[str]] = tuple,
        choices: Choices | None = None,
        desk: DeskFile | None = None,
        reconnect: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.choices = choices or Choices()
        self.muting = Muting(submit, desk)
        self.reconnect = reconnect
        self._aim = Aim(first)
        self.lately = Lately()
        self._granted = frozenset[str]()
        self._if_none = ""
        self._console = console
        self._pasted = Pasted()
        console.complete_with(lambda left: completions(left, commands.COMMANDS, self.lately, self._aim))
        self._submit = submit
        self.device = DeviceDesk(self, enrolment, submit)
        self._arrival = arrived
        self._clock = clock
        self._arrived: deque[Event] = deque()
        self._entered: deque[Input] = deque()
        self._lines = 0
        self._saying = 0
        self._waiting: set[str] = set()
        self._asked = 0
        self._answer: tuple[str, Callable[[], None] | None] | None = None
        self._connected = False
        self._catching_up = False
        self._ever_ready = False
        self._leave_at: float | None = None
        self._goodbye = ""
        self._refused = 0
        self._in_a_row = 0
        """Refusals since something was done."""
        self._broken: ClientError | None = None
        """Why the rest of the input is not read."""
        self._interrupted = False
        self._muted: ClientError | None = None
        self._ended: Ended | None = None

    def deliver(self, events: Sequence[Event]) -> None:
        """Take events from the I/O thread."""
        self._arrived.extend(events)
        self._console.wake()

    def run(self) -> Result:
        """Chat until the person leaves, the input ends, or the connection cannot be kept."""
        while self._ended is None and not self._interrupted:
            now = self._clock()
            if self._leave_at is not None and (not self._unconfirmed or now >= self._leave_at):
                break
            try:
                self._turn(None if self._leave_at is None else self._leave_at - now)
            except OutputClosed as closed:
                self._mute(closed)
        return self._result()

    def _turn(self, timeout: float | None) -> None:
        """Wait for something, and deal with it. Raises OutputClosed; nothing that has happened is lost by
        that.
        """
        entered = self._console.wait(timeout, self._takes_input)
        self._entered.extend(entered)
        self._interrupted = Interrupted() in entered
        while self._arrived:
            self._happen(self._arrived.popleft())
        while self._entered and self._takes_input:
            self._enter(self._entered.popleft())
        if self._muted is None:
            self._console.set_prompt(self._prompt())

    def _result(self) -> Result:
        error = self._ended.error if self._ended else None
        unconfirmed = self._unconfirmed
        if self._leave_at is None:  # the lines behind the end were not to be sent
            unconfirmed += sum(isinstance(item, Submitted) for item in self._entered)
        if error is None and not unconfirmed:
            error = self._muted or self._broken
        return Result(error, unconfirmed, self._refused, self._interrupted, self._goodbye, self._ever_ready)

    # What commands do

    def say(self, target: str, text: str, *, answers: str = "", edits: str = "") -> None:
        """Send a message; `answers` or `edits` is the msgid of another one that it is about."""
        self._saying += 1
        read = self.lately.read(target)
        if read and self.can(READ_MARKER):
            mark = ("MARKREAD", target, f"timestamp={format_ms(read)}")
            self._submit(lambda session: session.request(*mark, label="read"))
        if answers or edits or "\n" in text:
            self._submit(lambda session: session.write(target, text, answers=answers, edits=edits))
        else:
            self._submit(lambda session: session.say(target, text))

    def signal(self, target: str, tags: dict[str, str]) -> None:
        """Send tags without a text."""
        self._submit(lambda session: session.signal(target, tags))

    def ask(
        self, command: str, *params: str, then: Callable[[], None] | None = None, if_none: str = ""
    ) -> None:
        """Send a command to the server and hold further input until it is answered; as in `commands.Chat`."""
        if not self._connected:
            self.tell("* There is no connection now: try again when it is back.")
            return
        self._asked += 1
        label = f"u{self._asked}"
        self._answer = (label, then)
        self._if_none = if_none
        match command, *params:
            case "JOIN", channel, *key:
                self._submit(lambda session: session.join(channel, label, "".join(key)))
            case "PART", channel, *reason:
                self._submit(lambda session: session.part(channel, "".join(reason), label))
            case _:
                self._submit(lambda session: session.request(command, *params, label=label))

    def can(self, capability: str) -> bool:
        """Whether the server has a capability, as far as one knows."""
        return not self._granted or capability in self._granted

    @property
    def target(self) -> str:
        """Where text goes, "" when nowhere."""
        return self._aim.target

    def aim(self, target: str) -> None:
        """Let text go to this channel or person from now on."""
        self._aim.at(target)

    def is_in(self, channel: str) -> bool:
        """Whether one is in this channel."""
        return self._aim.is_in(channel)

    def tell(self, *lines: str, tone: Tone = Tone.ASIDE) -> None:
        """Show lines to the person."""
        if self._muted is None:
            self._console.show(*lines, tone=tone)

    def refuse(self, line: str) -> None:
        """Show why what was entered was not done."""
        self.tell(line, tone=Tone.WRONG)
        self._was_refused()

    def leave(self, reason: str) -> None:
        """Quit once everything is confirmed."""
        self._leave(reason, PATIENCE_OF_PERSON)
        if any(isinstance(item, Submitted) and item.text.strip() for item in self._entered):
            self.tell("* The lines after exit or /quit are not sent.")

    # Input

    @property
    def _unconfirmed(self) -> int:
        return self._saying + len(self._waiting)

    @property
    def _takes_input(self) -> bool:
        """Whether the next line can be taken: one knows where text goes, and nothing has to be waited for."""
        idle = self._answer is None and self._leave_at is None and not self._catching_up
        return idle and self._ever_ready and self._unconfirmed < MOST_WAITING

    def _enter(self, item: Input) -> None:
        match item:
            case Submitted(text):
                self._take(text)
            case EndOfInput(problem):
                if problem:
                    self._broken = ClientError(problem)
                self._leave("", PATIENCE_OF_PIPE)
            case Interrupted():
                pass  # seen when it came: it waits for nothing

    def _take(self, text: str) -> None:
        """Do what a line says, unless not all of it could be sent."""
        first, self._lines = self._lines + 1, self._lines + 1 + text.count("\n")
        try:
            check_text(text, first)
        except Refused as reason:
            self._refused += 1
            self.refuse(f"* Not sent: {reason}.")
        else:
            self._pasted.enter(self, text)

    def _leave(self, reason: str, patience: float) -> None:
        self._goodbye = reason
        self._leave_at = self._clock() + patience
        if self._unconfirmed and not self._connected:
            self.tell(
                f"* Waiting for the connection: {count(self._unconfirmed, 'message')} not confirmed yet."
            )

    def _was_refused(self) -> None:
        self._in_a_row += 1
        if self._in_a_row == MOST_REFUSED and self._leave_at is None:
            text = f"{MOST_REFUSED} in a row were refused: the rest of the input is not sent"
            self._broken = Refused("TOO_MANY_REFUSED", text)
            self._leave("", PATIENCE_OF_PIPE)

    def _mute(self, closed: OutputClosed) -> None:
        """Nothing can be printed any more: leave, as soon as what was sent is confirmed."""
        self._muted = self._muted or ClientError(f"{closed}. The input after that is not sent")
        if self._leave_at is None:
            self._leave_at = self._clock() + PATIENCE_OF_PIPE

    def _prompt(self) -> str:
        if not self._ever_ready or self._leave_at is not None:
            return ""
        return self._aim.prompt(online=self._connected, waiting=self._unconfirmed)

    # Events

    def _happen(self, event: Event) -> None:
        again = isinstance(event, Disconnected) and not self._connected and self._ever_ready
        self._take_note(event)
        lines = [] if again else describe(event)  # one line for a whole outage
        if lines and (self.choices.on("joins") or not comes_or_goes(event)):
            self.tell(*lines, tone=tone_of(event, self.lately.nick, self.muting))
        if isinstance(event, Ready) and not event.again:
            self.tell(*filter(None, (*self._arrival(), self._aim.begin(event))))
            self.device.offer()

    def _take_note(self, event: Event) -> None:
        self._aim.take_note(event)
        self.lately.take_note(event)
        self.muting.take_note(event)
        match event:
            case Said(nonces):
                self._saying = max(0, self._saying - 1)  # of an earlier run: nobody has entered them now
                self._waiting.update(nonces)
            case Message(asked=label) | Pin(asked=label) if label:
                self._if_none = ""
            case Message(nonce=nonce) if nonce:
                self._waiting.discard(nonce)
                self._in_a_row = 0
            case MessageTaken():
                self._waiting.discard(event.nonce)
                self._in_a_row = 0
            case MessageRefused():
                self._waiting.discard(event.nonce)
                self._refused += 1
                self._was_refused()
            case Answered():
                self._answered(event)
            case Failed():
                self._refused += 1
                self._was_refused()
            case Welcome(granted=granted):
                self._catching_up, self._granted = True, granted
            case Ready():
                self._connected = self._ever_ready = True
                self._catching_up = False
            case Disconnected():
                self._connected = self._catching_up = False
            case Ended():
                self._ended = event
            case _:
                pass

    def _answered(self, event: Answered) -> None:
        if self._answer is not None and event.label == self._answer[0]:
            _, then = self._answer
            self._answer = None
            if event.refused is None:
                self._in_a_row = 0
                if self._if_none:
                    self.tell(self._if_none)
                if then is not None:
                    then()
