"""Operations on messages: saying, answering, reacting, changing, taking back."""

from collections.abc import Callable, Mapping
from typing import Final

from securechat.client.api.asking import ask, check_tags, name_of, text_of
from securechat.client.api.calls import Operation
from securechat.client.api.sent import Sent, stored_as
from securechat.client.errors import Refused
from securechat.client.events import Message
from securechat.client.protocol.sendable import check_target, check_text, lines_of
from securechat.client.protocol.session import Session
from securechat.irc.capabilities import REACT_TAG, REPLY_TAGS, UNREACT_TAG
from securechat.irc.names import is_channel

_LONGEST_NONCE: Final = 56
_RANKS: Final = "~&@%+"


def send(
    target: str, text: str, *, notice: bool = False, tags: Mapping[str, str] | None = None, once: str = ""
) -> Operation[Sent]:
    """Send a message to a channel or a person; return when it is stored.

    A text of several lines is one message where the server has such, else several; the last one's id is
    returned. A `notice` is something that no program answers. `tags` are client tags for other programs.
    `once` is a name that the caller gives this message: whatever happens, also over restarts of the program,
    the server stores a message of this name only once for the account, and answers as it did the first time.

    Raises Refused when (a part of) it was not taken, OutcomeUnknown when no confirmation came.
    """
    return (yield from _write(target, text, notice=notice, tags=tags, once=once))[-1]


def send_all(target: str, text: str, *, lines: bool = False) -> Operation[list[Sent]]:
    """Do what `send` does, and return every message that it took; `lines` makes each line one."""
    if not lines:
        return (yield from _write(target, text))
    _check(target, text)
    return (yield from _stored(target, lambda session: session.say(target, text)))


def reply(
    to: Message | Sent,
    text: str,
    *,
    notice: bool = False,
    tags: Mapping[str, str] | None = None,
    once: str = "",
) -> Operation[Sent]:
    """Answer a message where it was said; what `send` does besides that."""
    said = yield from _write(_back(to), text, notice=notice, tags=tags, once=once, answers=to.id)
    return said[-1]


def edit(message: Message | Sent, text: str) -> Operation[Sent]:
    """Replace the text of one's own message; return the message that does so. Raises as `send` does."""
    return (yield from _write(_back(message), text, edits=_id(message)))[-1]


def delete(message: Message | Sent, reason: str = "") -> Operation[None]:
    """Take a message back: one's own, or in a channel any whose operator one is. Raises Refused,
    OutcomeUnknown.
    """
    yield from ask("REDACT", name_of(_where(message)), _id(message), *text_of(reason))


def react(to: Message | Sent, reaction: str) -> Operation[None]:
    """React to a message, such as with an emoji. Raises Refused, OutcomeUnknown."""
    yield from _tag(_back(to), {REACT_TAG: _one(reaction), REPLY_TAGS[1]: _id(to)})


def unreact(to: Message | Sent, reaction: str) -> Operation[None]:
    """Take a reaction back. Raises Refused, OutcomeUnknown."""
    yield from _tag(_back(to), {UNREACT_TAG: _one(reaction), REPLY_TAGS[1]: _id(to)})


def tag(target: str, tags: Mapping[str, str]) -> Operation[None]:
    """Send client tags without a text, for other programs: `{"+example.org/state": "busy"}`. Raises Refused,
    OutcomeUnknown.
    """
    if not check_tags(tags):
        raise Refused("INVALID_TAG", "there are no tags to send")
    yield from _tag(target, tags)


def typing(target: str, active: bool = True) -> Operation[None]:
    """Show that one is writing something, for six seconds, or is not any more. It is not confirmed, and not
    sent while there is no connection.
    """
    name_of(target)
    tags = {"+typing": "active" if active else "done"}

    def show(session: Session, label: str) -> tuple[str, ...]:
        session.signal(target, tags)
        return ()

    yield show


def pin(message: Message | Sent) -> Operation[None]:
    """Pin a message in its channel, as half-operators and up can. Raises Refused, OutcomeUnknown."""
    yield from ask("PIN", name_of(_where(message)), _id(message))


def unpin(message: Message | Sent) -> Operation[None]:
    """Take a pin off a message. Raises Refused, OutcomeUnknown."""
    yield from ask("UNPIN", name_of(_where(message)), _id(message))


def _write(
    target: str,
    text: str,
    *,
    answers: str = "",
    edits: str = "",
    notice: bool = False,
    tags: Mapping[str, str] | None = None,
    once: str = "",
) -> Operation[list[Sent]]:
    _check(target, text)
    check_tags(tags)
    if len(once) > _LONGEST_NONCE:
        raise Refused("INVALID_NAME", f"the name of a message has at most {_LONGEST_NONCE} characters")
    command = "NOTICE" if notice else "PRIVMSG"
    whole = text.rstrip("\r\n")
    return (
        yield from _stored(
            target,
            lambda session: session.write(
                target, whole, answers=answers, edits=edits, command=command, nonce=once, tags=tags
            ),
        )
    )


def _stored(target: str, say: Callable[[Session], tuple[str, ...]]) -> Operation[list[Sent]]:
    answer = yield lambda session, label: say(session)
    return [stored_as(outcome, target) for outcome in answer.outcomes]


def _check(target: str, text: str) -> None:
    check_target(target)
    check_text(text)
    if not text.strip() or not lines_of(text):
        raise Refused("NO_TEXT", "there is nothing to send")


def _tag(target: str, tags: Mapping[str, str]) -> Operation[None]:
    yield from ask("TAGMSG", name_of(target), tags=tags)


def _back(message: Message | Sent) -> str:
    """Where an answer goes: to those who have read the message."""
    in_channel = is_channel(message.target.lstrip(_RANKS))
    return message.target if in_channel else _where(message)


def _where(message: Message | Sent) -> str:
    return message.conversation if isinstance(message, Message) else message.target.lstrip(_RANKS)


def _id(message: Message | Sent) -> str:
    if not message.id:
        raise Refused("NO_ID", "the server gave this message no id, so nothing can refer to it")
    return check_target(message.id)


def _one(reaction: str) -> str:
    if not reaction.strip():
        raise Refused("NO_REACTION", "there is nothing to react with")
    return check_text(reaction)
