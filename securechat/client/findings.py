"""What a server answers to questions, as values: for programs. People read the same in words (`ServerText`).

`asked` is the label of the request that a value answers.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """A channel in the answer to LIST: how many are in it and online, and its topic, "" for none."""

    channel: str
    members: int
    topic: str
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Whois:
    """Who somebody is, as far as one may know it; `account` is "" where the server does not tell.

    `channels` are those that both may see, `away` is the message of who is away (None: they are here), `idle`
    are seconds since they said something, -1 where the server does not tell.
    """

    nick: str
    account: str = ""
    name: str = ""
    channels: tuple[str, ...] = ()
    away: str | None = None
    operator: bool = False
    bot: bool = False
    idle: int = -1
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Talked:
    """Something was said with this person or in this channel, last at `time` (ms)."""

    name: str
    time: int
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """What a person or channel says of itself under a key (METADATA), or what one keeps about it; "" for
    nothing.
    """

    target: str
    key: str
    value: str
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    """A message that is pinned in a channel: its msgid, who pinned it, when (ms), and what it says."""

    channel: str
    id: str
    by: str
    time: int
    text: str
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Tagged:
    """`sender` has sent client tags without a text, such as other programs understand."""

    target: str
    sender: str
    tags: tuple[tuple[str, str], ...]
    own: bool
