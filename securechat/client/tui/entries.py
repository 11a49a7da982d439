"""What a conversation holds, one after the other: posts, happenings, and gaps.

`version` grows with each change, so that what was drawn of an entry can be kept until then.
"""

from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Final

from securechat.client.events import Kind, Message
from securechat.client.recent import Spoken

_serials: Final = count(1)


class Delivery(Enum):
    """What has become of a message of one's own; the value is what is shown."""

    NONE = ""
    QUEUED = "·"
    STORED = "✓"
    REFUSED = "✗"


@dataclass(slots=True, eq=False)
class Entry:
    """One entry; `time` is in milliseconds since the epoch, `serial` is like no other's."""

    time: int
    serial: int = field(default_factory=lambda: next(_serials), kw_only=True)
    version: int = field(default=0, kw_only=True)

    def touch(self) -> None:
        """It has changed."""
        self.version += 1


@dataclass(slots=True, eq=False)
class Post(Entry):
    """A message. `deleted` is who took it back; `reactions` are names by reaction, "" for who has none.

    `edited`: another text was there before.
    """

    sender: str
    text: str
    id: str = ""
    kind: Kind = Kind.TEXT
    own: bool = False
    delivery: Delivery = Delivery.NONE
    nonce: str = ""
    reason: str = ""
    edited: bool = False
    deleted: str = ""
    answers: str = ""
    quoted: Spoken | None = None
    mention: bool = False
    account: str = ""
    ignored: bool = False
    imported: bool = False
    ranks: str = ""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edit_ids: list[str] = field(default_factory=list)
    """The msgids of the edits that a page of history had: it is known by these, too."""
    thread: "Thread | None" = None
    """The thread that it begins, or is a reply in."""
    unseen: bool = False
    """It came into a thread that was closed, and has not been seen there yet."""

    @classmethod
    def of(cls, message: Message, *, mention: bool, ranks: str = "") -> "Post":
        """Make the entry for what was said."""
        return cls(
            message.time,
            message.sender,
            message.text,
            message.id,
            message.kind,
            message.own,
            Delivery.STORED if message.own else Delivery.NONE,
            edited=bool(message.edits),
            answers=message.answers,
            quoted=message.quoted,
            mention=mention,
            imported=message.imported,
            account=message.account,
            ranks=ranks,
            reactions={reaction: list(names) for reaction, names in message.reactions},
        )

    def react(self, who: str, reaction: str, removed: bool) -> None:
        """Somebody reacts, or takes that back."""
        names = self.reactions.setdefault(reaction, [])
        if removed and who in names:
            names.remove(who)
        elif not removed and who not in names:
            names.append(who)
        if not names:
            del self.reactions[reaction]
        self.touch()

    def take_back(self, by: str) -> None:
        """Somebody has taken it back: what it said is gone."""
        self.deleted, self.text = by, ""
        self.reactions.clear()
        self.touch()


@dataclass(slots=True, eq=False)
class Thread:
    """A message and the replies to it, to replies to it, and so on, in their order; it has one at least.

    `version` grows when its row is to say something else.
    """

    first: Post
    replies: list[Post] = field(default_factory=list)
    open: bool = False
    version: int = 0

    @property
    def shown(self) -> list[Post]:
        """The replies that are shown when it is open."""
        return [post for post in self.replies if not post.ignored]

    @property
    def unseen(self) -> list[Post]:
        """The replies that came while it was closed."""
        return [post for post in self.shown if post.unseen]

    def turn(self, opened: bool) -> None:
        """Open or close it; what is opened is seen."""
        self.open = opened
        self.version += 1
        if opened:
            for post in self.replies:
                post.unseen = False


class Sort(Enum):
    """What a happening is about: it decides how it is shown."""

    NOTE = "note"
    ERROR = "error"


@dataclass(slots=True, eq=False)
class Happening(Entry):
    """Something that is no message, in words."""

    text: str
    sort: Sort = Sort.NOTE


class Way(Enum):
    """How somebody comes or goes."""

    JOINED = "joined"
    LEFT = "left"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody comes or goes; `text` says it in words."""

    time: int
    nick: str
    way: Way
    text: str


@dataclass(slots=True, eq=False)
class Crowd(Entry):
    """Who came and went, with nothing said in between; `open`: each of them is told."""

    moves: list[Move] = field(default_factory=list)
    open: bool = False

    def add(self, move: Move) -> None:
        """Somebody else comes or goes."""
        self.moves.append(move)
        self.touch()

    def nicks(self, way: Way | None = None) -> list[str]:
        """Who came or went, each once."""
        return list(dict.fromkeys(move.nick for move in self.moves if way in (None, move.way)))


class Filling(Enum):
    """How far the reading of what is missing has come."""

    WAITING = "waiting"
    ASKED = "asked"
    FAILED = "failed"


@dataclass(slots=True, eq=False)
class Missing(Entry):
    """What was said here is not known yet. The one at the top (`top`) is the past before what is known."""

    reason: str = ""
    top: bool = False
    filling: Filling = Filling.WAITING
