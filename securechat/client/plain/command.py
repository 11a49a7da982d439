"""What a command of the plain client is, and what it can do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from securechat.client.kept.choices import Choices
from securechat.client.plain.lately import Lately
from securechat.client.plain.muting import Muting
from securechat.client.protocol.sendable import check_target
from securechat.client.words.device_desk import DeviceDesk
from securechat.irc.names import is_channel


class Chat(Protocol):
    """What a command can do."""

    @property
    def device(self) -> DeviceDesk:
        """This computer as a device."""

    @property
    def target(self) -> str:
        """Where text goes, "" when nowhere."""

    @property
    def choices(self) -> Choices:
        """What the person has set."""

    @property
    def lately(self) -> Lately:
        """What was said lately, and by whom."""

    @property
    def muting(self) -> Muting:
        """Which conversations call nobody."""

    def can(self, capability: str) -> bool:
        """Whether the server has a capability."""

    def say(self, target: str, text: str, *, answers: str = "", edits: str = "") -> None:
        """Send a message; `answers` or `edits` is the msgid of another one that it is about."""

    def signal(self, target: str, tags: dict[str, str]) -> None:
        """Send tags without a text."""

    def ask(
        self, command: str, *params: str, then: Callable[[], None] | None = None, if_none: str = ""
    ) -> None:
        """Send a command to the server; further input waits for its answer. `then` follows if it was done.

        `if_none` is told when the answer has no message in it.
        """

    def aim(self, target: str) -> None:
        """Let text go to this channel or person from now on."""

    def is_in(self, channel: str) -> bool:
        """Whether one is in this channel."""

    def tell(self, *lines: str) -> None:
        """Show lines to the person."""

    def refuse(self, line: str) -> None:
        """Show why what was entered was not done."""

    def reconnect(self) -> None:
        """Make a new connection, instead of this one or of waiting."""

    def leave(self, reason: str) -> None:
        """Quit once everything is confirmed."""


class Misused(Exception):
    """The text is no command, or not used as its syntax says; the text of the error is for the person."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row: the arguments as HELP shows them, what it does, and the function."""

    arguments: str
    help: str
    run: Callable[[Chat, str], None]


def channel_and_rest(chat: Chat, argument: str) -> tuple[str, str]:
    """A first word that is a channel one is in is meant; without it, the current channel is."""
    first, _, rest = argument.partition(" ")
    if is_channel(first) and (chat.is_in(first) or not rest):
        return check_target(first), rest.strip(" ")
    if not is_channel(chat.target):
        raise Misused("You are in no channel: name one")
    return chat.target, argument


def need(chat: Chat, capability: str, what: str) -> None:
    """Raise Misused when the server lacks what a command needs."""
    if not chat.can(capability):
        raise Misused(f"This server {what}")


def one_word(argument: str) -> str:
    """Return an argument that is one name. Raises Misused, Refused."""
    if not argument or " " in argument:
        raise Misused
    return check_target(argument)
