"""A big chat without sockets or a disk, in which each item's cost to the hub is measured.

Theory of operation. The core is driven as the hub drives it: an item goes in, its outcomes come out, and
their effects go through the real `Delivery` into SendQs that are emptied at once. Queries are answered with
as much as they can find. What an item leads to (the next piece of an answer, the result of a query) is an
item of its own, as it is in the hub. Since between two items the hub serves others, what counts is the
worst item.
"""

import gc
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, cast

from securechat.chat.clock import Now
from securechat.chat.core import Core
from securechat.chat.effects import (
    AwaitDrain,
    Broadcast,
    Close,
    Effect,
    NetworkBanned,
    Send,
    SendEach,
    StartJob,
    Then,
)
from securechat.chat.items import Connected, Disconnected, Drained, Item, JobDone, Received
from securechat.chat.jobs import (
    AuditRead,
    CheckPassword,
    FetchHistory,
    FetchMissed,
    FetchPins,
    FetchReactions,
    FetchTargets,
    FindMessages,
    HashPassword,
    Job,
    JobResult,
    MessagesRead,
    PasswordChecked,
    PasswordHashed,
    PinsRead,
    ReactionsRead,
    ReadAudit,
    TargetsRead,
)
from securechat.chat.membership import Membership
from securechat.chat.ports import Pin, Snapshot
from securechat.chat.reading import Target
from securechat.chat.records import ListEntry, MessageSent, StoredAccount, StoredChannel, Topic
from securechat.chat.settings import Settings
from securechat.chat.state.departures import REMEMBERED
from securechat.chat.tallies import tallied
from securechat.chat.wordfilter import MAX_RULES, WordFilter
from securechat.irc import capabilities
from securechat.irc.framing import Framer
from securechat.irc.sasl import chunks, encode_plain
from securechat.server.admission import Admission
from securechat.server.connection import Connection
from securechat.server.delivery import Delivery
from securechat.server.limits import Limits

START: Final = 1_700_000_000_000
FIRST_ID: Final = START << 20
EVERY_CAP: Final = tuple(name for name in capabilities.CAPABILITIES if name != "sasl")
MOST_CAPS: Final = tuple(
    name
    for name in EVERY_CAP
    if name not in ("draft/chathistory", "draft/metadata-2", "securechat/reactions")
)
"""Those of a client that is replayed what it missed."""


WORDS: Final = WordFilter([*(f"report *{'ab' * 30}{one:02}*" for one in range(MAX_RULES - 1)), "replace a"])
"""Rules with which texts such as "a a a" cost as much as they can."""


class Owner:
    """The worker of peers: it does nothing."""

    def __init__(self) -> None:
        self.dirty: list[Connection] = []
        self.resumed: list[Connection] = []

        self.written = 0

    def wake(self) -> None: ...


class Peer:
    """A connection whose SendQ is emptied at once, and counted."""

    __slots__ = (
        "appended",
        "closed",
        "ending",
        "framer",
        "name",
        "overflowed",
        "owner",
        "parked",
        "scheduled",
        "sendq",
        "share",
        "stalled",
        "written",
    )

    def __init__(self, name: str, owner: Owner) -> None:
        self.name = name
        self.owner = owner
        self.framer = Framer()
        self.sendq: list[bytes] = []
        self.appended = self.written = 0
        self.parked: bytearray | None = None
        self.share = None
        self.closed = self.ending = self.overflowed = self.scheduled = False
        self.stalled = 0.0

    @property
    def queued(self) -> int:
        return self.appended - self.written


class Cost(NamedTuple):
    """What something cost the hub: the worst item, all of them (as the world measures), and their number."""

    worst: float
    total: float
    items: int
    kind: str = ""
    bytes: int = 0

    def __str__(self) -> str:
        return f"{self.worst * 1000:8.2f} ms worst, {self.total * 1000:8.2f} ms in {self.items} items"


class Crowd(NamedTuple):
    """How big a world is; the first account is the one that does harm, and everybody is in the first channel.

    It is in as many channels as anybody can be, each of which has `members`.
    """

    accounts: int = 1000
    channels: int = 1000
    members: int = 200
    sessions: int = 20
    own: int = 256
    masks: int = 100
    free: bool = False


class World:
    """A core with many people in it."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.settings = Settings(
            "chat.example.org",
            "Net",
            "1",
            nicknames="free" if crowd.free else "account",
            flood=False,
            autojoin=(),
            words=WORDS,
        )
        self.core = Core(self.settings, snapshot(crowd))
        self.delivery = Delivery(self.settings.sendq)
        self.admission = Admission(Limits(), lambda: 0.0)
        self.now = Now(START + 1_000_000_000, 1000.0)
        self.owner = Owner()
        self.peers: dict[str, Peer] = {}
        self.coming: deque[Item] = deque()
        self.measure: Callable[[], float] = time.thread_time
        """What a cost is measured in, other than seconds of this thread's time."""
        self.patience = math.inf
        """How much of it one item may take before the core is told that others have waited long enough."""
        self._began = 0.0
        self.core.late = lambda: self.measure() - self._began >= self.patience

    # People

    def log_in(self, name: str, account: int, caps: Iterable[str] = EVERY_CAP) -> Cost:
        """Let a session of an account come in; the cost is that of its last line."""
        peer = self.peers[name] = Peer(name, self.owner)
        self.happens(Connected(peer, "2001:db8::7"))
        asked = [*caps]
        for start in range(0, len(asked), 8):
            self.say(name, f"CAP REQ :{' '.join(['sasl', *asked[start : start + 8]])}")
        self.say(name, "AUTHENTICATE PLAIN")
        for chunk in chunks(encode_plain(nick(account), "secret")):
            self.say(name, f"AUTHENTICATE {chunk}")
        self.say(name, f"NICK {nick(account) if not self.crowd.free else name}")
        self.say(name, f"USER x 0 * :{'R' * 140}")
        cost = self.say(name, "CAP END")
        peer_session = self.core.sessions.get(peer)
        assert peer_session is not None and peer_session.user is not None, f"{name} is not in"
        return cost

    def fill(self) -> None:
        """Let everybody come in: the first account with all its sessions, the others with one each.

        The last of them has come and gone before, as often as anybody remembers.
        """
        for number in range(self.crowd.accounts):
            for session in range(self.crowd.sessions if not number else 1):
                self.log_in(called(number, session), number, caps_of(number, session))
        user = next(reversed(self.core.registry.users.values()))
        for at in range(REMEMBERED):
            self.core.departures.add(user, "192.0.2.7", START + at)

    # What happens

    def say(self, name: str, *lines: str | bytes) -> Cost:
        """Let a session send lines together."""
        peer = self.peers[name]
        data = b"".join([(line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines])
        return self.happens(Received(peer, peer.framer.feed(data)))

    def go(self, name: str, reason: str = "Connection closed") -> Cost:
        """Let a connection be gone."""
        peer = self.peers.pop(name)
        peer.closed = True
        return self.happens(Disconnected(peer, reason))

    def happens(self, *items: Item) -> Cost:
        """Let things happen one after the other, with all that they lead to."""
        self.coming += items
        worst = total = 0.0
        count, kind, size = 0, "", 0
        while self.coming:
            item = self.coming.popleft()
            took, more = self._measured(item)
            count, total, size = count + 1, total + took, size + more
            if took > worst:
                worst, kind = took, self._kind(item)
        return Cost(worst, total, count, kind, size)

    def _kind(self, item: Item) -> str:
        name = type(item).__name__
        return f"{name}({type(item.job).__name__})" if isinstance(item, JobDone) else name

    def _measured(self, item: Item) -> tuple[float, int]:
        jobs: list[Job] = []
        began = self._began = self.measure()
        self.core.handle(item, self.now)
        for outcome in self.core.take():
            for effect in outcome.effects:
                self._perform(effect, jobs)
        self.delivery.flush()
        took = self.measure() - began
        self.coming += [JobDone(job, answer(job)) for job in jobs]
        size = 0
        for connection in self.owner.dirty:
            size += sum(map(len, connection.sendq))
            connection.sendq.clear()
            connection.written = connection.appended
            connection.scheduled = False
        self.owner.dirty.clear()
        self.now = Now(self.now.wall + 1, self.now.mono + 0.001)
        return took, size

    def _perform(self, effect: Effect, jobs: list[Job]) -> None:
        match effect:
            case Broadcast():
                self.delivery.broadcast(effect)
            case Send():
                self.delivery.send(effect)
            case SendEach():
                self.delivery.send_each(effect)
            case StartJob():
                jobs.append(effect.job)
            case AwaitDrain():
                self.coming.append(Drained(effect.link))
            case Then():
                self.coming.append(effect.item)
            case NetworkBanned():
                self.admission.ban(effect.network, effect.banned)
            case Close():
                cast(Peer, effect.link).closed = True
            case _:
                pass


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the garbage collector out of a measurement."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


# Who and what there is


def nick(account: int) -> str:
    """The longest name that an account can have."""
    return f"u{account:04}".ljust(32, "x")


def called(account: int, session: int = 0) -> str:
    """How a session of the world is called, here and in "free" mode."""
    return f"{'mallory' if not account else 'p'}{account:04}_{session:02}".ljust(30, "y")


def caps_of(account: int, session: int) -> Sequence[str]:
    """What a session of the world knows: the first account's everything, a sixth of the others' nothing."""
    if not account or (account + session) % 3:
        return EVERY_CAP
    return () if account % 2 else MOST_CAPS


def channel_name(number: int) -> str:
    """The longest name that a channel can have."""
    return f"#c{number:04}".ljust(64, "z")


def mask(number: int) -> str:
    """A mask that costs much, and matches nobody."""
    return ("*?x" * 5 + f"*{number:03}").ljust(100, "?")[:60] + "!*x*x*x*y@*e*x*q"


def members_of(crowd: Crowd, number: int) -> dict[int, Membership]:
    """Who is in a channel, by the accounts' ids."""
    if number == 0:
        people: Iterable[int] = range(crowd.accounts)
    elif number < crowd.own:
        people = {0, *((number * 37 + step) % crowd.accounts for step in range(crowd.members))}
    else:
        people = ((number * 37 + step) % (crowd.accounts - 1) + 1 for step in range(3))
    return {one + 1: Membership(START, 1, "q" if not one else "") for one in people}


def snapshot(crowd: Crowd) -> Snapshot:
    """What is stored of a world."""
    accounts = [
        StoredAccount(one + 1, nick(one), "$p$", "member" if one else "admin", False, START, None, {}, seen=5)
        for one in range(crowd.accounts)
    ]
    entries = {
        kind: {kind + mask(one): ListEntry(nick(0), START) for one in range(crowd.masks)} for kind in "beI"
    }
    topic = Topic("T" * 390, nick(0), START)
    channels = [
        StoredChannel(
            one + 1,
            channel_name(one),
            1 if one < crowd.own else None,
            START,
            topic,
            {} if crowd.free else members_of(crowd, one),
            {"n": ""},
            entries if one < crowd.own else {},
        )
        for one in range(crowd.channels)
    ]
    values = {f"key{one:02}".ljust(32, "k"): "v" * 250 for one in range(20)}
    said = {-(one + 1): values for one in range(crowd.accounts)}
    said |= {one + 1: values for one in range(crowd.channels)}
    everywhere = range(-min(500, crowd.accounts), min(500, crowd.channels))
    personal = {1: {one: {"soju.im/muted": "1", "soju.im/blocked": "1"} for one in everywhere if one}}
    return Snapshot(accounts, channels, frozenset({1}), FIRST_ID + 2000, metadata=said, personal=personal)


def message(number: int, channel: int | None = 1, tags: Mapping[str, str] | None = None) -> MessageSent:
    """A long message of the past."""
    to, addressed = (None, channel_name(0)) if channel is not None else (1, nick(0))
    said = {"+draft/reply": "x" * 100} if tags is None else tags
    at = FIRST_ID + number
    return MessageSent(at, START, "PRIVMSG", 2, nick(1), channel, to, addressed, "m" * 300, said)


def answer(job: Job) -> JobResult:
    """As much as a query can find."""
    match job:
        case CheckPassword():
            return PasswordChecked(True)
        case HashPassword():
            return PasswordHashed("$new$")
        case FindMessages():
            found = [message(key - FIRST_ID)._replace(id=key, sender=1) for key in job.ids]
            return MessagesRead(tuple(found))
        case FetchHistory():
            return MessagesRead(tuple(message(one) for one in range(sum(span.limit for span in job.spans))))
        case FetchMissed():
            every = ((place.channel, one) for place in job.channels for one in range(job.span.limit))
            return MessagesRead(tuple(message(one, channel) for channel, one in every))
        case FetchReactions():
            by = {f":r{one}:": list(range(1, 20)) for one in range(20)}
            return ReactionsRead(tallied({key: by for key in job.messages}, job.room))
        case FetchTargets():
            return TargetsRead(
                tuple(Target(place, FIRST_ID, START) for place in job.channels)[: job.span.limit]
            )
        case FetchPins():
            return PinsRead(tuple(Pin(message(one), 2, START) for one in range(50)))
        case ReadAudit():
            return AuditRead(())
        case _:
            return MessagesRead(tuple(message(one) for one in range(1000)), ended=True)
