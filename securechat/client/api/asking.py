"""What operations are made of: a request that is answered, and what is checked before."""

from collections.abc import Callable, Mapping
from typing import Final

from securechat.client.api.calls import Answer, Operation
from securechat.client.errors import OutcomeUnknown, Refused
from securechat.client.events import Answered
from securechat.client.protocol.sendable import check_target, check_text, sendable
from securechat.client.protocol.session import Session

_TRIES: Final = 3
_LOST: Final = "CONNECTION_LOST"


def ask(
    command: str, *params: str, tags: Mapping[str, str] | None = None, again: bool = False
) -> Operation[Answer]:
    """Send a command and return its answer. Raises Refused, and OutcomeUnknown when the connection was lost.

    `again`: it changes nothing, so that it is asked once more over the next connection.
    """
    return ask_session(
        lambda session, label: session.request(command, *params, label=label, tags=tags), again=again
    )


def ask_session(request: Callable[[Session, str], str], *, again: bool = False) -> Operation[Answer]:
    """Do the same with a method of the session, which is given a label and returns it."""
    for tries_left in reversed(range(_TRIES if again else 1)):
        answer = yield lambda session, label: (request(session, label),)
        (outcome,) = answer.outcomes
        assert isinstance(outcome, Answered), "a label belongs to a request"
        if outcome.refused is None:
            return answer
        if outcome.refused.code != _LOST:
            raise outcome.refused
        if not tries_left:
            raise OutcomeUnknown(str(outcome.refused))
    raise AssertionError("it was tried")


def text_of(text: str) -> tuple[str, ...]:
    """Return a text as the last parameter of a command, nothing for "". Raises Refused."""
    return (sendable(check_text(text)),) if text else ()


def name_of(name: str) -> str:
    """Return a name if a command can carry it. Raises Refused."""
    return check_target(name)


def check_tags(tags: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return client tags if a message can carry them. Raises Refused."""
    for name in tags or ():
        bare = name.removeprefix("+")
        plain = bare.replace("/", "").replace(".", "").replace("-", "")
        if bare == name or not (plain.isascii() and plain.isalnum()):
            raise Refused(
                "INVALID_TAG", f"{name!a} is not the name of a client tag, such as +example.org/state"
            )
    return tags or {}
