"""What happens in the chat, as values: the session makes them, front ends and the Python API read them.

Texts and names are what the server sent, unchanged. The code that prints them passes them
through `safe` first. Times are milliseconds since the epoch.
"""

from dataclasses import dataclass
from enum import Enum

from securechat.client.connection_events import CatchingUp as CatchingUp
from securechat.client.connection_events import Disconnected as Disconnected
from securechat.client.connection_events import Ended as Ended
from securechat.client.connection_events import Gap as Gap
from securechat.client.connection_events import Missed as Missed
from securechat.client.connection_events import Ready as Ready
from securechat.client.connection_events import Welcome as Welcome
from securechat.client.deliveries import MessageRefused as MessageRefused
from securechat.client.deliveries import MessageTaken as MessageTaken
from securechat.client.deliveries import Said as Said
from securechat.client.device_events import Certified, Enrolled, NotEnrolled
from securechat.client.errors import Refused
from securechat.client.findings import Listed as Listed
from securechat.client.findings import Pin as Pin
from securechat.client.findings import Tagged as Tagged
from securechat.client.findings import Talked as Talked
from securechat.client.findings import Value as Value
from securechat.client.findings import Whois as Whois
from securechat.client.presence import AwayChanged as AwayChanged
from securechat.client.presence import Person as Person
from securechat.client.presence import ReadUpTo as ReadUpTo
from securechat.client.presence import Typing as Typing
from securechat.client.recent import Spoken
from securechat.irc.names import is_channel

_RANKS = "~&@%+"


class Kind(Enum):
    """How a message is to be read."""

    TEXT = "text"
    ACTION = "action"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Message:
    """Somebody said something in a channel, or to one person.

    `id` is the server's msgid. A message of one's own (`own`, from whichever device) appears only when the
    server has confirmed it; `nonce` is the one it was sent with, "" for all others. A text of several lines
    has line ends. `past` is what was said earlier, and not just now.

    `edits` is the msgid of the message whose text this one replaces, `answers` of the one that it answers;
    `quoted` is what that one said, as far as it is known here. Only a file says that what
    was `imported` was sent, and by whom. `asked` is the label of the request that it answers, "" for what
    nobody asked for. `reactions` are those of the past: each with the names of those who reacted so. `bot`
    says that a program sent it, and `tags` are the client tags that no field tells.
    """

    sender: str
    target: str
    text: str
    time: int
    id: str
    kind: Kind = Kind.TEXT
    account: str = ""
    own: bool = False
    nonce: str = ""
    past: bool = False
    edits: str = ""
    answers: str = ""
    quoted: Spoken | None = None
    imported: bool = False
    asked: str = ""
    reactions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    bot: bool = False
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def conversation(self) -> str:
        """The channel that it was said in, or the other person."""
        channel = self.target.lstrip(_RANKS)
        if is_channel(channel):
            return channel
        return self.target if self.own else self.sender

    @property
    def answerable(self) -> bool:
        """Whether a bot may answer it: a person said it, just now, and it is no notice."""
        return not (self.own or self.bot or self.past or self.asked) and self.kind is not Kind.NOTICE


@dataclass(frozen=True, slots=True)
class Redacted:
    """`by` has taken back the message `id`; `spoken` is what it said, as far as it is known here."""

    target: str
    by: str
    id: str
    reason: str
    own: bool
    spoken: Spoken | None = None
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Reacted:
    """`sender` has reacted to the message `to`, or has taken that back (`removed`)."""

    target: str
    sender: str
    reaction: str
    to: str
    own: bool
    removed: bool = False
    spoken: Spoken | None = None


@dataclass(frozen=True, slots=True)
class Pinned:
    """`by` has pinned the message `id` in a channel, or has taken the pin off (`removed`)."""

    channel: str
    by: str
    id: str
    removed: bool
    spoken: Spoken | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """`nick` is in the channel from now on; `own` when that is this account."""

    channel: str
    nick: str
    own: bool


@dataclass(frozen=True, slots=True)
class Left:
    """`nick` has left the channel; `by` is who put it out, "" when it went."""

    channel: str
    nick: str
    reason: str
    own: bool
    by: str = ""


@dataclass(frozen=True, slots=True)
class Quit:
    """`nick` has left the chat, and so all of `channels`."""

    nick: str
    reason: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A channel's topic, "" when there is none; `by` is who changed it just now, "" when it was only asked
    for.
    """

    channel: str
    text: str
    by: str = ""
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """Who is in a channel and online."""

    channel: str
    nicks: tuple[str, ...]
    asked: str = ""


@dataclass(frozen=True, slots=True)
class NickChanged:
    """A user has a new nick."""

    old: str
    new: str
    own: bool


@dataclass(frozen=True, slots=True)
class Renamed:
    """A channel has a new name."""

    old: str
    new: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Invited:
    """`by` has invited `nick` to a channel; `own` when that is this account."""

    channel: str
    nick: str
    by: str
    own: bool


@dataclass(frozen=True, slots=True)
class ModesChanged:
    """`by` has changed modes of a channel or a user: whether it was set, its letter, and its argument or "".

    `own` when the target is this account.
    """

    target: str
    by: str
    changes: tuple[tuple[bool, str, str], ...]
    own: bool


@dataclass(frozen=True, slots=True)
class Silences:
    """Whom the account ignores: names of accounts, and masks. `asked` is the request that asked for it."""

    names: tuple[str, ...]
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Silenced:
    """The account ignores somebody, or does not any more; it was said in another of its sessions."""

    name: str
    added: bool


@dataclass(frozen=True, slots=True)
class Announced:
    """Something that `sender` says to everybody (WALLOPS)."""

    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class ServerText:
    """Something for people to read from the server: its message of the day, a WARN or NOTE, a numeric."""

    text: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The server refused a command that was not a message; `label` is the request's, "" when unknown."""

    command: str
    reason: Refused
    label: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to the request `label` is complete; `refused` is the reason when it was not done.

    `ended`: the history that was asked for has nothing more in its direction.
    """

    label: str
    refused: Refused | None = None
    ended: bool = False


Event = (
    Said
    | Message
    | MessageRefused
    | MessageTaken
    | Redacted
    | Reacted
    | Typing
    | ReadUpTo
    | Person
    | Listed
    | Whois
    | Value
    | Pin
    | Tagged
    | Talked
    | AwayChanged
    | Pinned
    | Certified
    | Enrolled
    | NotEnrolled
    | Joined
    | Left
    | Quit
    | Topic
    | Names
    | NickChanged
    | Renamed
    | Invited
    | ModesChanged
    | Silences
    | Silenced
    | Announced
    | ServerText
    | Failed
    | Answered
    | Welcome
    | Ready
    | CatchingUp
    | Gap
    | Disconnected
    | Missed
    | Ended
)
