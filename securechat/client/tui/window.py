"""What a command can do, and what it is about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from securechat.client.protocol.sendable import check_target
from securechat.client.tui.chat import Chat
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.entries import Post
from securechat.client.tui.language import _
from securechat.client.words.device_desk import DeviceDesk
from securechat.irc.names import is_channel


class Servers(Protocol):
    """What a command can do with servers. The methods raise Misused."""

    def tell(self) -> None:
        """Show which there are."""

    def open(self, name: str) -> None:
        """Show one, or open another."""

    def close(self, name: str) -> None:
        """Close one; "" is the one that is shown."""


class Window(Protocol):
    """What a command can do."""

    @property
    def chat(self) -> Chat:
        """What is known."""

    @property
    def selected(self) -> Post | None:
        """The message that is selected."""

    @property
    def servers(self) -> Servers:
        """What can be done with servers."""

    @property
    def device(self) -> DeviceDesk:
        """This computer as a device of the account."""

    def write(self, target: str, text: str, answers: str = "", edits: str = "") -> None:
        """Send a message."""

    def request(self, command: str, *params: str) -> None:
        """Send a command; what the server says to it is shown here."""

    def signal(self, target: str, tags: dict[str, str]) -> None:
        """Send tags without a text."""

    def join(self, channel: str, key: str = "") -> None:
        """Enter a channel, and show it."""

    def part(self, channel: str, reason: str) -> None:
        """Leave a channel, or close the conversation with a person."""

    def show(self, name: str) -> None:
        """Show a conversation."""

    def search(self, query: str) -> None:
        """Search, and show what is found."""

    def pins(self, channel: str) -> None:
        """Show what is pinned in a channel."""

    def members(self) -> None:
        """Show who is here."""

    def explain(self) -> None:
        """Show the keys and commands."""

    def choose(self, name: str, value: str) -> None:
        """Change a setting."""

    def retry(self) -> None:
        """Send the messages of this conversation that were refused again."""

    def again(self) -> None:
        """Make a new connection."""

    def leave(self, reason: str) -> None:
        """End the program."""


class Misused(Exception):
    """What was typed is no command, or is not used as its syntax says; the text is for the person."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row: the arguments as the help shows them, what it does, and the function."""

    arguments: str
    help: str
    run: Callable[[Window, str], None]


def somewhere(window: Window) -> Conversation:
    place = window.chat.current
    if not place.name:
        raise Misused(
            _("Nobody reads this here. Ctrl+K goes to a channel or person; /join #name enters one.")
        )
    return place


def channel_and_rest(window: Window, argument: str) -> tuple[str, str]:
    """A first word that is a channel is meant; without it, the current channel is."""
    first, _space, rest = argument.partition(" ")
    if is_channel(first):
        return check_target(first), rest.strip(" ")
    if not window.chat.current.is_channel:
        raise Misused(_("This is no channel: name one"))
    return window.chat.current.name, argument


def chosen_post(window: Window, *, own: bool | None = None) -> Post:
    """The selected message, else the last one (of oneself, of others)."""
    if window.selected is not None:
        return window.selected
    for entry in reversed(window.chat.current.entries):
        if isinstance(entry, Post) and entry.id and not entry.deleted and own in (None, entry.own):
            return entry
    raise Misused(_("There is no such message here"))
