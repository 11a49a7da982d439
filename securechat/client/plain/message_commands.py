"""Commands about what was said: answers, reactions, edits, and what was said before.

A message is meant by `^NAME`, the last one of somebody, or by `^2`, the last but one; without that by being
the last. Only one's own can be edited or taken back.
"""

from collections.abc import Mapping
from typing import Final

from securechat.client.plain.command import Chat, Command, Misused, channel_and_rest, need
from securechat.client.protocol.registration import DURABLE
from securechat.client.protocol.sendable import check_target, sendable
from securechat.irc.capabilities import REACT_TAG, REPLY_TAGS
from securechat.irc.message import escape_tag_value
from securechat.irc.names import is_channel

_LATELY: Final = 20
"""Messages that /history shows unless told how many."""
_FOUND: Final = 20
READ_MARKER: Final = "draft/read-marker"
_MOST_REACTION: Final = 64


def _meant(chat: Chat, argument: str, *, own: bool | None) -> tuple[str, str]:
    """Return the msgid that an argument begins with the name of, and the rest of it. Raises Misused."""
    if not chat.target:
        raise Misused("You are in no channel, and talk with nobody")
    which, rest = "", argument
    if argument.startswith("^"):
        which, _, rest = argument[1:].partition(" ")
    found = chat.lately.find(chat.target, which, own=own)
    if not found:
        others = "of others" if own is False else "at all"
        whose = "of yours" if own else f"of {which}" if which and not which.isdigit() else others
        raise Misused(f"There is no such message {whose} in {chat.target} since you are here")
    return found, rest.strip(" ")


def _reply(chat: Chat, argument: str) -> None:
    msgid, text = _meant(chat, argument, own=False)
    if not text:
        raise Misused
    chat.say(chat.target, text, answers=msgid)


def _react(chat: Chat, argument: str) -> None:
    msgid, reaction = _meant(chat, argument, own=False)
    if not reaction or " " in reaction or len(reaction.encode()) > _MOST_REACTION:
        raise Misused
    chat.signal(chat.target, {REACT_TAG: reaction, REPLY_TAGS[1]: msgid})


def _pin(chat: Chat, argument: str) -> None:
    _change_pin(chat, argument, "PIN")


def _unpin(chat: Chat, argument: str) -> None:
    _change_pin(chat, argument, "UNPIN")


def _change_pin(chat: Chat, argument: str, command: str) -> None:
    msgid, rest = _meant(chat, argument, own=None)
    if rest:
        raise Misused
    need(chat, DURABLE, "knows no pins")
    chat.ask(command, chat.target, msgid)


def _pins(chat: Chat, argument: str) -> None:
    channel, rest = channel_and_rest(chat, argument)
    if rest:
        raise Misused
    need(chat, DURABLE, "knows no pins")
    chat.ask("PINS", channel, if_none=f"* Nothing is pinned in {channel}.")


def _edit(chat: Chat, argument: str) -> None:
    msgid, text = _meant(chat, argument, own=True)
    if not text:
        raise Misused
    need(chat, DURABLE, "knows no edits")
    chat.say(chat.target, text, edits=msgid)


def _delete(chat: Chat, argument: str) -> None:
    msgid, reason = _meant(chat, argument, own=True)
    need(chat, "draft/message-redaction", "takes no messages back")
    chat.ask("REDACT", chat.target, msgid, *((sendable(reason),) if reason else ()))


def _unread(chat: Chat, argument: str) -> None:
    if argument:
        raise Misused
    _tell_unread(chat, chat.lately.unread_people() if chat.can(READ_MARKER) else [])


def _tell_unread(chat: Chat, people: list[str]) -> None:
    """Say what is unread. How far one has read what people said directly the server tells only when asked."""
    if people:
        chat.ask("MARKREAD", people[0], then=lambda: _tell_unread(chat, people[1:]))
    else:
        chat.tell(f"* Not read yet: {chat.lately.unread()}")


def _search(chat: Chat, argument: str) -> None:
    places = [
        word for word in argument.split() if word.startswith(("in:", "from:")) and not word.endswith(":")
    ]
    words = " ".join(word for word in argument.split() if word not in places)
    if not words:
        raise Misused
    need(chat, "soju.im/search", "cannot search")
    given = {"text": words, "limit": str(_FOUND)}
    given.update((name, check_target(value)) for name, _, value in (place.partition(":") for place in places))
    written = ";".join(f"{name}={escape_tag_value(sendable(value))}" for name, value in given.items())
    chat.ask("SEARCH", written, if_none="* Nothing was found.")


def _history(chat: Chat, argument: str) -> None:
    words = argument.split()
    number = words.pop() if words and words[-1].isascii() and words[-1].isdigit() else str(_LATELY)
    if len(words) > 1 or not int(number[:6]):
        raise Misused
    target = words[0] if words else chat.target
    if not target:
        raise Misused("You are in no channel: name one, or a person")
    target = check_target(target)
    where = f"in {target}" if is_channel(target) else f"between you and {target}"
    chat.ask("CHATHISTORY", "LATEST", target, "*", number[:4], if_none=f"* Nothing was said {where} yet.")


COMMANDS: Final[Mapping[str, Command]] = {
    "reply": Command(
        "[^WHICH] TEXT", "answer the last message here; ^bob: bob's last, ^2: the one before", _reply
    ),
    "react": Command("[^WHICH] EMOJI", "react to the last message here", _react),
    "pin": Command("[^WHICH]", "keep the last message here in sight, as half-operators can", _pin),
    "unpin": Command("[^WHICH]", "take the pin off the last message here", _unpin),
    "pins": Command("[#CHANNEL]", "show what is pinned", _pins),
    "edit": Command("[^WHICH] TEXT", "say your last message here in other words", _edit),
    "delete": Command("[^WHICH] [REASON]", "take your last message here back", _delete),
    "history": Command("[#CHANNEL | NAME] [NUMBER]", "show what was said lately", _history),
    "search": Command(
        "WORDS [in:#CHANNEL] [from:NAME]", "find what was said, wherever you may read", _search
    ),
    "unread": Command("", "say where something came that you have not read, on whichever device", _unread),
}
