"""How an event is meant: what a person is called for, what is told aside."""

import re

from securechat.client.events import (
    Disconnected,
    Event,
    Failed,
    Gap,
    Joined,
    Left,
    Message,
    MessageRefused,
    Quit,
)
from securechat.client.plain.console import Tone
from securechat.client.plain.muting import Muting
from securechat.irc.names import fold, is_channel


def tone_of(event: Event, nick: str, muting: Muting | None = None) -> Tone:
    """Return how the lines of an event are shown. What was said earlier, by oneself, or in a conversation
    that is muted, calls nobody.
    """
    match event:
        case Message():
            muted = muting is not None and muting.is_muted(event.conversation)
            calls = not (event.own or event.past or muted)
            return Tone.CALL if calls and _means(event, nick) else Tone.SPOKEN
        case MessageRefused() | Failed() | Gap() | Disconnected():
            return Tone.WRONG
        case _:
            return Tone.ASIDE


def comes_or_goes(event: Event) -> bool:
    """Whether somebody else has only come or gone."""
    match event:
        case Joined() | Left(by=""):
            return not event.own
        case Quit():
            return True
        case _:
            return False


def _means(message: Message, nick: str) -> bool:
    """Whether a message is for this person: said to them alone, or with their name as a word."""
    if not is_channel(message.target.lstrip("~&@%+")):
        return True
    return (
        bool(nick)
        and re.search(rf"(?<![\w-]){re.escape(fold(nick))}(?![\w-])", fold(message.text)) is not None
    )
