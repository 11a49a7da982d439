"""Operations on people, and on what is kept of oneself."""

from securechat.client.api.asking import ask, name_of, text_of
from securechat.client.api.calls import ENROLMENT, Answer, Operation
from securechat.client.device_events import Enrolled, NotEnrolled
from securechat.client.errors import Refused
from securechat.client.events import Message, Person, ReadUpTo, Value, Whois
from securechat.client.network.enrolment import Enrolment
from securechat.client.protocol.session import Session
from securechat.irc.timestamp import format_ms


def members(whom: str) -> Operation[list[Person]]:
    """Return who is in a channel, or whom a nick or a mask such as `a*` means: their ranks, who is away, who
    is a bot. Raises Refused, OutcomeUnknown.
    """
    answer = yield from ask("WHO", name_of(whom), again=True)
    return [row for row in answer.rows if isinstance(row, Person)]


def whois(name: str) -> Operation[Whois]:
    """Return who somebody is. Raises Refused when nobody of that name is here, OutcomeUnknown."""
    answer = yield from ask("WHOIS", name_of(name), again=True)
    for row in answer.rows:
        if isinstance(row, Whois):
            return row
    raise Refused("401", f"{name}: the server says nothing of whom that is")


def set_nick(name: str) -> Operation[None]:
    """Call oneself something else. Raises Refused, OutcomeUnknown."""
    yield from ask("NICK", name_of(name))


def away(text: str = "") -> Operation[None]:
    """Say that one is away, or, without a text, back. Raises Refused, OutcomeUnknown."""
    yield from ask("AWAY", *text_of(text))


def ignore(name: str) -> Operation[None]:
    """Let nothing direct of a person reach this account. Raises Refused, OutcomeUnknown."""
    yield from ask("SILENCE", f"+{name_of(name)}")


def unignore(name: str) -> Operation[None]:
    """Let a person reach this account again. Raises Refused, OutcomeUnknown."""
    yield from ask("SILENCE", f"-{name_of(name)}")


def metadata(target: str = "*") -> Operation[dict[str, str]]:
    """Return what a person or channel says of itself, by its keys; `*` is oneself. Raises Refused,
    OutcomeUnknown.
    """
    answer = yield from ask("METADATA", name_of(target), "LIST", again=True)
    return {row.key: row.value for row in answer.rows if isinstance(row, Value) and row.value}


def set_metadata(key: str, value: str, target: str = "*") -> Operation[None]:
    """Say something of oneself, or of a channel, under a key; "" takes it away. Raises Refused,
    OutcomeUnknown.
    """
    yield from ask("METADATA", name_of(target), "SET", name_of(key), *text_of(value))


def read_marker(target: str) -> Operation[int]:
    """Return up to when one has read a conversation (ms; 0: nothing), on whichever device. Raises Refused,
    OutcomeUnknown.
    """
    return _read(target, (yield from ask("MARKREAD", name_of(target), again=True)))


def mark_read(target: str, upto: "Message | int") -> Operation[int]:
    """Say that one has read a conversation up to a message, or to a time (ms); return how far one has read by
    now: it only moves forward. Raises Refused, OutcomeUnknown.
    """
    time = upto.time if isinstance(upto, Message) else upto
    stamp = f"timestamp={format_ms(time)}"
    return _read(target, (yield from ask("MARKREAD", name_of(target), stamp, again=True)))


def _read(target: str, answer: Answer) -> int:
    return next((row.time for row in answer.rows if isinstance(row, ReadUpTo)), 0)


def enrol(enrolment: Enrolment, code: str = "") -> Operation[str]:
    """Let this computer log in with a key of its own from now on; return the name of the device.

    `code` is that of an authenticator, for an account that has one. Raises Refused, CredentialError when the
    key cannot be kept, OutcomeUnknown.
    """

    def begin(session: Session, label: str) -> tuple[str, ...]:
        enrolment.begin(session, code)
        return (ENROLMENT,)

    (outcome,) = (yield begin).outcomes
    if isinstance(outcome, Enrolled):
        return outcome.name
    assert isinstance(outcome, NotEnrolled), "the key is that of an enrolment"
    raise outcome.reason
