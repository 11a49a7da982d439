"""Questions to the session, and which events answer them. No threads and no waiting here.

An *operation* is a generator: it yields steps, each a question to the session, and is sent the answers. A
step is called on the I/O thread with the session and a label of its own; it returns the keys that it waits
for: labels of requests, or nonces of messages.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Final, TypeVar

from securechat.client.device_events import Enrolled, NotEnrolled
from securechat.client.events import (
    Answered,
    Event,
    Listed,
    Message,
    MessageRefused,
    MessageTaken,
    Names,
    Person,
    Pin,
    ReadUpTo,
    Topic,
    Value,
    Whois,
)
from securechat.client.protocol.session import Session

Outcome = Answered | Message | MessageRefused | MessageTaken | Enrolled | NotEnrolled
Row = Message | Person | Listed | Whois | Value | Pin | Names | Topic | ReadUpTo
"""What an answer to a request consists of."""

ENROLMENT: Final = "enrolment"
"""The key of the answer to an enrolment, which has a label of its own."""


@dataclass(slots=True)
class Answer:
    """The outcome for each key, in the order of the keys, and the rows that came with them."""

    outcomes: list[Outcome] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


T = TypeVar("T")
Step = Callable[[Session, str], tuple[str, ...]]
Operation = Generator[Step, Answer, T]


class Call:
    """One step that was asked. `finish` is called when its answer is complete."""

    def __init__(self, label: str, finish: Callable[[], object]) -> None:
        self.label = label
        self.finish = finish
        self.asked = False
        """Whether the session was asked, so that the keys are known."""
        self._keys: tuple[str, ...] = ()
        self._outcomes: dict[str, Outcome] = {}
        self.rows: list[Row] = []

    @property
    def is_complete(self) -> bool:
        """Whether there is an outcome for every key."""
        return self.asked and len(self._outcomes) == len(self._keys)

    @property
    def answer(self) -> Answer:
        """The answer, when it is complete."""
        return Answer([self._outcomes[key] for key in self._keys], self.rows)

    def expect(self, keys: tuple[str, ...]) -> None:
        """The session was asked: it will answer these."""
        self.asked, self._keys = True, keys
        self.end_if_complete()

    def take(self, key: str, outcome: Outcome) -> None:
        """Take the outcome for a key, if it is one of this call's."""
        if key in self._keys and key not in self._outcomes:
            self._outcomes[key] = outcome
            self.end_if_complete()

    def end_if_complete(self) -> None:
        """Tell who waits."""
        if self.is_complete:
            self.finish()


class Calls:
    """The calls that wait. Whoever owns it sees to it that one thread at a time is in here."""

    def __init__(self) -> None:
        self._open: dict[str, Call] = {}
        self._numbers = count(1)

    def begin(self, finish: Callable[[], object] = lambda: None) -> Call:
        """Open a call; `forget` ends it."""
        call = Call(f"c{next(self._numbers)}", finish)
        self._open[call.label] = call
        return call

    def forget(self, call: Call) -> None:
        """Nobody waits for this any more."""
        self._open.pop(call.label, None)

    def take_note(self, events: Iterable[Event]) -> None:
        """Find the calls that events answer."""
        for event in events:
            self._note(event)

    def end(self) -> None:
        """No answer comes any more: tell all who wait."""
        for call in list(self._open.values()):
            call.finish()

    def _note(self, event: Event) -> None:
        if isinstance(event, Row) and event.asked in self._open:
            self._open[event.asked].rows.append(event)
        match event:
            case (
                Answered(label=key) | Message(nonce=key) | MessageRefused(nonce=key) | MessageTaken(nonce=key)
            ):
                self._settle(key, event)
            case Enrolled() | NotEnrolled():
                self._settle(ENROLMENT, event)
            case _:
                pass

    def _settle(self, key: str, outcome: Outcome) -> None:
        for call in list(self._open.values()) if key else ():
            call.take(key, outcome)
