"""Where an event is to be seen, and how conversations are listed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from securechat.client import events as happen
from securechat.client.safe import safe
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.language import _
from securechat.irc.names import fold, is_channel

SERVER: Final = ""
"""The name of the conversation in which the server speaks."""


def ordered(places: Iterable[Conversation]) -> list[Conversation]:
    """Return the conversations as they are listed: the server, channels, people."""
    return sorted(places, key=lambda place: (place.name != SERVER, not place.is_channel, fold(place.name)))


def label(place: Conversation, server: str) -> str:
    """The name that is shown, made safe."""
    return safe(place.name) if place.name != SERVER else safe(server) or _("Server")


def places_of(
    event: happen.Event, places: Mapping[str, Conversation], current: Conversation, asked: bool
) -> Iterator[Conversation]:
    """Yield the conversations that an event belongs into; `asked`: the person waits for an answer."""
    match event:
        case happen.Quit(nick):
            yield from (place for place in places.values() if fold(nick) in place.members)
        case happen.NickChanged(_, new):
            yield from (place for place in places.values() if fold(new) in place.members)
        case happen.Joined(name) | happen.Left(name) | happen.Topic(name) | happen.Pinned(name):
            yield from _at(name, places)
        case happen.Renamed(_, name):
            yield from _at(name, places)
        case happen.ModesChanged(name) if is_channel(name):
            yield from _at(name, places)
        case happen.ServerText() if not asked:
            yield from _at(SERVER, places)
        case happen.Names() | happen.CatchingUp():
            return
        case _:
            yield current


def _at(name: str, places: Mapping[str, Conversation]) -> Iterator[Conversation]:
    found = places.get(fold(name))
    if found is not None:
        yield found
