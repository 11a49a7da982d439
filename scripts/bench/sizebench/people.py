"""Who there is in the large chat, which channels, and what is kept beside the messages.

A few accounts and channels are alike in every size (`Probe`, `Place`): what they are answered does not grow
with the database, so what it costs should not either.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from itertools import islice

from securechat.chat.limits import MAX_CHANNELS
from securechat.chat.reading import first_id_at
from securechat.chat.records import (
    AccountAdded,
    Audited,
    Ban,
    BanAdded,
    ChannelCreated,
    Device,
    DeviceAdded,
    Invitation,
    InvitationAdded,
    Joined,
    LoginRemembered,
    Record,
    RetentionSet,
    Topic,
    TopicSet,
)
from securechat.chat.tokens import LENGTH, PREFIX, digest

BEGIN = 1_600_000_000_000
"""When everything begins, in milliseconds since the epoch."""
SPAN = 5 * 365 * 24 * 60 * 60 * 1000
"""How long people have talked, in milliseconds."""
DAY = 24 * 60 * 60 * 1000
CONVERSATIONS = 500
"""People with whom `Probe.SOCIAL` has talked directly, where there are so many."""
_CHANNELS_OF_EACH = 30
_RETENTION = 36_500
"""Days that every hundredth channel keeps its messages: its chores look, and delete nothing."""
_CROCKFORD = bytes.maketrans(b"abcdefghijklmnopqrstuvwxyz234567", b"0123456789abcdefghjkmnpqrstvwxyz")


class Probe(IntEnum):
    """Accounts that are asked for: the administrator, members of 10, 200 and 256 channels …"""

    KEEPER = 1
    FEW = 2
    SOCIAL = 3
    MANY = 4
    LEAVER = 5
    """Says much, and is removed in the end."""
    BYSTANDER = 6


class Place(IntEnum):
    """Channels that are asked for."""

    EVERYBODY = 1
    """Everybody is in it, and nothing was said in it since they joined."""
    BUSY = 2
    """A tenth of everything was said here; a third of the people are in it."""
    RARE = 3
    """Twenty messages in the first days, ten members."""
    REACTED = 4
    """Reactions have come last, many of them."""
    REDACTED = 5
    """What was said last was redacted, message by message."""


@dataclass(frozen=True)
class Sizes:
    """How much there is of everything."""

    messages: int
    channels: int
    accounts: int
    markers: int
    members: int = _CHANNELS_OF_EACH
    """Channels that each account is in."""

    @classmethod
    def of(cls, messages: int) -> Sizes:
        """The chat in which so many messages were said: 20,000 channels for 10 million."""
        channels = max(messages // 500, 300)
        return cls(messages, channels, max(channels * 3 // 10, 60), messages // 10)

    @property
    def step(self) -> int:
        """Milliseconds between two messages."""
        return SPAN // max(self.messages, 1)

    @property
    def partners(self) -> range:
        """The accounts with whom `Probe.SOCIAL` talks."""
        first = max(Probe) + 1
        return range(first, min(first + CONVERSATIONS, self.accounts + 1))


def name_of(account: int) -> str:
    """Return how an account is called."""
    return f"person{account}"


def channel_name(channel: int) -> str:
    """Return how a channel is called."""
    return f"#{Place(channel).name.lower()}" if channel <= max(Place) else f"#channel{channel}"


def token_of(account: int) -> str:
    """Return the token of an account's device."""
    letters = b32encode(sha256(b"%d" % account).digest() * 2).lower().translate(_CROCKFORD)
    return PREFIX + letters[:LENGTH].decode()


def channels_of(sizes: Sizes, account: int) -> Iterator[int]:
    """The channels that an account is in, besides the one of everybody."""
    own = {Probe.FEW: 9, Probe.SOCIAL: 199, Probe.MANY: MAX_CHANNELS - 1, Probe.LEAVER: 30}
    if account <= max(Probe):
        first = Place.REDACTED + 1 if account == Probe.MANY else Place.BUSY
        yield from range(first, min(first + own.get(Probe(account), 0), sizes.channels + 1))
        return
    if account % 3 == 0:
        yield Place.BUSY
    if account < max(Probe) + 8:
        yield Place.RARE
    span, most = sizes.channels - max(Place), min(sizes.members, sizes.channels - max(Place))
    yield from sorted({max(Place) + 1 + (account * 31 + number * 97) % span for number in range(most)})


def accounts(sizes: Sizes) -> Iterator[Record]:
    """Everybody, with a device and a login each."""
    for number in range(1, sizes.accounts + 1):
        role = "admin" if number == Probe.KEEPER else "member"
        yield AccountAdded(number, name_of(number), "$", role, BEGIN)
        device = Device(number, "bench", "token", BEGIN, BEGIN + 20 * SPAN)
        yield DeviceAdded(digest(token_of(number)), device)
        yield LoginRemembered(number, "127.0.0.0/24", BEGIN + SPAN, ())


def channels(sizes: Sizes) -> Iterator[Record]:
    """All channels, with topics; each account has founded some."""
    first = first_id_at(BEGIN)
    for number in range(1, sizes.channels + 1):
        founder = number % sizes.accounts + 1
        yield ChannelCreated(number, channel_name(number), founder, BEGIN)
        topic = Topic(f"What is said in {channel_name(number)} stays there", name_of(founder), BEGIN)
        yield TopicSet(first + number, number, topic, Topic("", "", 0))
        if number % 100 == 0:
            yield RetentionSet(number, _RETENTION, None)


def joins(sizes: Sizes) -> Iterator[Record]:
    """Everybody joins all channels but that of everybody; the first rows of history."""
    key = first_id_at(BEGIN) + sizes.channels
    for account in range(1, sizes.accounts + 1):
        for channel in channels_of(sizes, account):
            key += 1
            yield Joined(key, account, channel, BEGIN, "q" if channel % sizes.accounts + 1 == account else "")


def last_joins(sizes: Sizes) -> Iterator[Record]:
    """Everybody joins the channel of everybody, after all else has happened."""
    at = BEGIN + SPAN + DAY
    for account in range(1, sizes.accounts + 1):
        yield Joined(first_id_at(at) + account, account, Place.EVERYBODY, at)


def moderation(sizes: Sizes) -> Iterator[Record]:
    """Bans, invitations, and what was noted of that: one for every 40 channels."""
    for number in range(sizes.channels // 40):
        at = BEGIN + number
        target = f"10.{number // 256 % 256}.{number % 256}.0/24"
        yield BanAdded(Ban("network", target, "spam", name_of(Probe.KEEPER), at), None)
        yield Audited(at, name_of(Probe.KEEPER), "127.0.0.1", "ban", target, "spam")
        code = sha256(b"%d" % number).hexdigest()
        yield InvitationAdded(code, Invitation(1, BEGIN + 20 * SPAN, at))


Rows = Iterator[dict[str, int | str]]


def markers(sizes: Sizes) -> Rows:
    """How far everybody has read: four channels for each person."""
    each, at = sizes.markers // sizes.accounts, BEGIN + SPAN
    for account in range(1, sizes.accounts + 1):
        for number in range(each):
            person = -((account + number) % sizes.accounts + 1)
            target = person if number < each // 5 else (account * 7 + number) % sizes.channels + 1
            yield {"account": account, "target": target, "upto": at}


def personal(sizes: Sizes) -> Rows:
    """What everybody has muted."""
    for account in range(1, sizes.accounts + 1):
        for number in range(10):
            target = (account + number) % sizes.channels + 1
            yield {"account": account, "target": target, "key": "soju.im/muted", "value": "1"}


def metadata(sizes: Sizes) -> Rows:
    """What channels and people say of themselves."""
    for target in (*range(-sizes.accounts, 0), *range(1, sizes.channels + 1)):
        for key in ("display-name", "homepage"):
            yield {"target": target, "key": key, "value": f"{key} of {target}"}


def silences(sizes: Sizes) -> Rows:
    """Whom everybody ignores."""
    for account in range(1, sizes.accounts + 1):
        for number in range(2):
            yield {"account": account, "mask": f"nobody{number}!*@*", "since": BEGIN}


def masks(sizes: Sizes) -> Rows:
    """Who is banned from each channel."""
    for channel in range(1, sizes.channels + 1):
        for number in range(2):
            mask = f"spammer{number}!*@*"
            yield {"channel": channel, "kind": "b", "mask": mask, "setter": "person1", "at": BEGIN}


def in_pieces(rows: Rows, size: int) -> Iterator[list[dict[str, int | str]]]:
    """Return rows, so many at once."""
    while piece := list(islice(rows, size)):
        yield piece
