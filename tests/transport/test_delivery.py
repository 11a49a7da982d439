"""Coalesced delivery is delivery: the same bytes in the same order as one append after the other."""

from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.chat.audience import Audience, Listeners
from securechat.chat.effects import Broadcast, Send, SendEach
from securechat.chat.link import Link
from securechat.server.burden import Burden
from securechat.server.connection import PIECE, Connection, Owner
from securechat.server.delivery import SENDQ_EXCEEDED, Delivery, end

PLENTY = 1 << 30


class Bench:
    """The worker of links that are not connected to anything."""

    def __init__(self) -> None:
        self.dirty: list[Connection] = []
        self.resumed: list[Connection] = []
        self.burden = Burden()
        self.written = 0

    def wake(self) -> None:
        raise AssertionError("delivery only queues")


class Sink:
    """As much of a connection as delivery uses."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.sendq: list[bytes] = []
        self.appended = 0
        self.written = 0
        self.parked: bytearray | None = None
        self.share = None
        self.stalled = 0.0
        self.closed = False
        self.ending = False
        self.overflowed = False
        self.scheduled = False

    @property
    def queued(self) -> int:
        return self.appended - self.written


def sinks(count: int) -> list[Connection]:
    """Links that remember what they got."""
    bench = Bench()
    return [cast(Connection, Sink(bench)) for _ in range(count)]


LINKS = 5
AUDIENCES: list[dict[int, tuple[int, ...]]] = [
    {0: (0, 1), 1: (2, 3)},
    {0: (0, 1, 4), 1: (2, 3)},
    {0: (4,)},
    {},
    # These grow out of each other, until somebody goes.
    {0: (0, 1)},
    {0: (0, 1), 1: (2,)},
    {0: (0, 1, 4), 1: (2,)},
    {0: (0, 4), 1: (2,)},
]
FIXED = 4
"""How many of them have nothing to do with each other."""
Step = tuple[str, int, int, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, LINKS - 1), st.just(0), st.just(0)),
        # to whom, as bits
        st.tuples(st.just("each"), st.integers(0, (1 << LINKS) - 1), st.just(0), st.just(0)),
        # which audience, whom to skip (LINKS: nobody), which groups hear it (as bits)
        st.tuples(
            st.just("broadcast"),
            st.integers(0, len(AUDIENCES) - 1),
            st.integers(0, LINKS),
            st.integers(0, 3),
        ),
        st.tuples(st.just("close"), st.integers(0, LINKS - 1), st.just(0), st.just(0)),
        st.tuples(
            st.sampled_from(["ahead", "hold back", "release"]),
            st.integers(0, LINKS - 1),
            st.just(0),
            st.just(0),
        ),
        st.tuples(st.just("catch up"), st.integers(0, LINKS - 1), st.just(0), st.just(0)),
        st.tuples(st.just("flush"), st.just(0), st.just(0), st.just(0)),
    ),
    max_size=30,
)


def growing(links: list[Connection]) -> list[Audience]:
    """Audiences of people who come, and of one who goes at last."""
    listeners = Listeners()
    for member in (0, 1):
        listeners.add(links[member], 0)
    grown = [listeners.audience]
    for member, key in ((2, 1), (4, 0)):
        listeners.add(links[member], key)
        grown.append(listeners.audience)
    listeners.remove(links[1], 0)
    return [*grown, listeners.audience]


def deliver(script: list[Step], links: list[Connection]) -> None:
    """Perform the steps with `Delivery`."""
    audiences = [
        Audience({key: tuple(links[n] for n in members) for key, members in groups.items()})
        for groups in AUDIENCES[:FIXED]
    ] + growing(links)
    delivery = Delivery(PLENTY)
    for number, (kind, which, skip, heard) in enumerate(script):
        match kind:
            case "send":
                delivery.send(Send(links[which], b"send %d\n" % number))
            case "each":
                own: dict[Link, bytes] = {
                    link: b"each %d, %d\n" % (number, n) for n, link in enumerate(links) if which >> n & 1
                }
                delivery.send_each(SendEach(own))
            case "broadcast":
                encoded = {key: b"%d for %d\n" % (number, key) for key in (0, 1) if heard >> key & 1}
                nobody = skip == LINKS
                delivery.broadcast(Broadcast(audiences[which], encoded, None if nobody else links[skip]))
            case "ahead":
                delivery.send(Send(links[which], b"ahead %d\n" % number, ahead=True))
            case "hold back":
                delivery.hold_back(links[which])
            case "release":
                delivery.release(links[which])
            case "close":
                delivery.release(links[which])
                end(links[which])
            case "catch up":
                delivery.catch_up(links[which])
            case "flush":
                delivery.flush()
    for link in links:
        delivery.release(link)
    delivery.flush()


def append_each(script: list[Step]) -> list[bytes]:
    """What the links shall get: every effect at once, one after the other."""
    got, later = [b""] * LINKS, [b""] * LINKS
    closed: set[int] = set()
    held: set[int] = set()

    def append(member: int, data: bytes) -> None:
        if member not in closed:
            (later if member in held else got)[member] += data

    def release(member: int) -> None:
        held.discard(member)
        got[member] += later[member]
        later[member] = b""

    for number, (kind, which, skip, heard) in enumerate(script):
        match kind:
            case "send":
                append(which, b"send %d\n" % number)
            case "each":
                for member in range(LINKS):
                    if which >> member & 1:
                        append(member, b"each %d, %d\n" % (number, member))
            case "ahead" if which not in closed:
                got[which] += b"ahead %d\n" % number
            case "hold back":
                held.add(which)
            case "release":
                release(which)
            case "broadcast":
                for key, members in AUDIENCES[which].items():
                    for member in members:
                        if heard >> key & 1 and member != skip:
                            append(member, b"%d for %d\n" % (number, key))
            case "close":
                release(which)
                closed.add(which)
    for member in range(LINKS):
        release(member)
    return got


@settings(max_examples=300, deadline=None)
@given(steps)
def test_every_link_gets_the_same_bytes_as_without_coalescing(script: list[Step]) -> None:
    """For any effects, each link gets exactly what appending each effect at once would give it."""
    links = sinks(LINKS)
    deliver(script, links)
    assert [b"".join(link.sendq) for link in links] == append_each(script)
    weights = [sum(len(piece) + PIECE for piece in link.sendq) for link in links]
    assert [link.appended for link in links] == weights


@settings(max_examples=100, deadline=None)
@given(steps)
def test_whoever_got_something_is_scheduled_once(script: list[Step]) -> None:
    """Every link with something in its SendQ is in its worker's list, and no link twice."""
    links = sinks(LINKS)
    deliver(script, links)
    dirty = links[0].owner.dirty
    assert len(dirty) == len(set(map(id, dirty)))
    assert {id(link) for link in links if link.sendq} <= {id(link) for link in dirty}


def test_a_run_is_one_append_per_member() -> None:
    """A hundred messages to one audience are one append for each ordinary member, and the same object for
    all.
    """
    links = sinks(50)
    audience = Audience({0: tuple(links)})
    delivery = Delivery(PLENTY)
    for _ in range(100):
        delivery.broadcast(Broadcast(audience, {0: b"hello\n"}))
    delivery.flush()
    assert {len(link.sendq) for link in links} == {1}
    assert len({id(link.sendq[0]) for link in links}) == 1


def test_those_who_come_cost_the_others_nothing() -> None:
    """Of many who join in one turn each is shown to all, and is sent its own: one append for the others."""
    links = sinks(50)
    listeners = Listeners()
    for link in links[:30]:
        listeners.add(link, 0)
    delivery = Delivery(PLENTY)
    for number, link in enumerate(links[30:]):
        listeners.add(link, 0)
        delivery.broadcast(Broadcast(listeners.audience, {0: b"%d joins\n" % number}))
        delivery.send(Send(link, b"the names\n"))
    delivery.flush()
    everything = b"".join([b"%d joins\n" % number for number in range(20)])
    assert [link.sendq for link in links[:30]] == [[everything]] * 30
    assert links[48].sendq == [b"18 joins\n", b"the names\n", b"19 joins\n"]
    assert links[49].sendq == [b"19 joins\n", b"the names\n"]


def test_the_senders_cost_the_others_nothing() -> None:
    """Links that are skipped or sent to in between do not break the run of the others."""
    links = sinks(50)
    audience = Audience({0: tuple(links)})
    delivery = Delivery(PLENTY)
    for number in range(100):
        sender = links[number % 5]
        delivery.broadcast(Broadcast(audience, {0: b"hello\n"}, skip=sender))
        delivery.send(Send(sender, b"ok\n"))
    delivery.flush()
    assert {len(link.sendq) for link in links[5:]} == {1}


def test_over_the_limit_nothing_more_is_queued() -> None:
    """What does not fit is replaced by one ERROR line, and the connection ends."""
    (link,) = sinks(1)
    delivery = Delivery(100 + PIECE)
    delivery.send(Send(link, b"x" * 90))
    delivery.send(Send(link, b"y" * 11))
    delivery.send(Send(link, b"z"))
    assert link.sendq == [b"x" * 90, SENDQ_EXCEEDED]
    assert link.overflowed and link.ending and link.closed


def test_broadcasts_respect_the_limit() -> None:
    """Members with a full SendQ end, the others get everything."""
    full, empty = sinks(2)
    delivery = Delivery(100 + PIECE)
    delivery.send(Send(full, b"x" * 90))
    delivery.broadcast(Broadcast(Audience({0: (full, empty)}), {0: b"y" * 11}))
    delivery.flush()
    assert full.sendq[-1] == SENDQ_EXCEEDED
    assert empty.sendq == [b"y" * 11]


def test_a_queue_that_the_server_itself_left_long_is_noticed() -> None:
    """Above half of the limit a worker counts as behind, unless it is the peer that takes nothing."""
    slow_server, slow_peer = sinks(2)
    slow_peer.stalled = 1000.0
    delivery = Delivery(100 + PIECE)
    delivery.send(Send(slow_peer, b"x" * 60))
    assert delivery.crowded == set()
    delivery.send(Send(slow_server, b"x" * 60))
    assert delivery.crowded == {slow_server.owner}


def test_what_is_held_back_counts_for_the_limit() -> None:
    """A link for which more is held back than its SendQ may hold ends like one whose SendQ is full."""
    (link,) = sinks(1)
    delivery = Delivery(100 + 2 * PIECE)
    delivery.hold_back(link)
    delivery.send(Send(link, b"x" * 60))
    delivery.send(Send(link, b"y" * 30, ahead=True))
    assert link.sendq == [b"y" * 30]
    delivery.send(Send(link, b"z" * 11))
    assert link.sendq == [b"y" * 30, SENDQ_EXCEEDED]
    assert link.overflowed and link.ending and link.closed
