"""Bytes into SendQs: one append per recipient and run, not per message.

Theory of operation. Consecutive broadcasts to the same audience (the same object: an audience is immutable)
form an open *run*, a list of their encoded forms. When another audience comes, or the turn ends, the run is
flushed: each group's pieces are joined once, and every member gets that one piece appended. An audience that
has only grown since goes on with the run: who came gets what follows, so of many who join a channel in one
turn the members are told by one append. A link that a
broadcast skips gets a join of its own, without what it skips. A link that is sent something of its own in
between is caught up with the run first, and `_positions` remembers how far it has got. So each link gets its
bytes exactly in the order of the effects, and what is spent per recipient is spent once per run. Lines that
are held back for a link wait outside its SendQ, and count for the limit.

A SendQ has a limit, and so have those of an account together, and those of all. When it is passed, the
session that has most is closed if its peer takes nothing at that moment; else the server itself is behind
with writing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Final, cast

from securechat.chat.audience import NOBODY, Audience
from securechat.chat.effects import Broadcast, Send, SendEach
from securechat.chat.link import Link
from securechat.server.connection import PIECE, Connection, Owner, Share, State

SENDQ_EXCEEDED: Final = b"ERROR :SendQ exceeded\r\n"
TOGETHER_EXCEEDED: Final = b"ERROR :SendQ exceeded: the sessions of your account read too slowly\r\n"
IN_ALL_EXCEEDED: Final = b"ERROR :SendQ exceeded: too much waits for all, and most of it for your account\r\n"
SENDQS_OF_ACCOUNT: Final = 8
"""How many full SendQs the sessions of an account may have together."""
MODEST: Final = 8
"""The part of a SendQ up to which nobody looks at the others of the account."""


class Delivery:
    """Performs `Send`, `SendEach` and `Broadcast`. Used by the hub's thread only; `flush` ends the turn.

    `crowded` holds the workers with a connection whose SendQ is more than half full though its peer takes
    what it gets: the server itself is behind with writing, and the hub ought to let it catch up.
    """

    __slots__ = (
        "_audience",
        "_came",
        "_first",
        "_in_all",
        "_limit",
        "_positions",
        "_run",
        "_skipped",
        "_workers",
        "counted",
        "crowded",
        "overflows",
    )

    def __init__(self, sendq: int, in_all: int = 1 << 62, workers: Sequence[Owner] = ()) -> None:
        self.set_limits(sendq, in_all)
        self._workers = workers
        self.overflows = 0
        """Connections that were closed since too much waited for them."""
        self.counted = 0
        """What was queued or held back since the start, in bytes."""
        self._audience = self._first = NOBODY
        """The newest audience of the run, and the one with which it began."""
        self._came: dict[Link, int] = {}
        """Who has come since the run began, with the encoding keys."""
        self._run: list[Mapping[int, bytes]] = []
        self._positions: dict[Link, int] = {}
        self._skipped: dict[Link, list[int]] = {}
        self.crowded: set[Owner] = set()

    def set_limits(self, sendq: int, in_all: int) -> None:
        """Set the size of a SendQ, and of all together, in bytes."""
        self._limit, self._in_all = sendq, in_all

    @property
    def queued(self) -> int:
        """What waits for all peers, in bytes. Any thread may call."""
        return self.counted - sum([worker.written for worker in self._workers])

    def send(self, effect: Send) -> None:
        """Queue bytes for one link."""
        self.catch_up(effect.link)
        self._append(cast(Connection, effect.link), effect.data, ahead=effect.ahead)

    def send_each(self, effect: SendEach) -> None:
        """Queue for each link bytes of its own."""
        self.flush()
        for link, data in effect.data.items():
            self._append(cast(Connection, link), data)

    def broadcast(self, effect: Broadcast) -> None:
        """Queue bytes for an audience."""
        if effect.audience is not self._audience:
            self._go_on_with(effect.audience)
        skip = effect.skip
        if skip is not None:
            skipped = self._skipped.get(skip)
            if skipped is None:
                self._skipped[skip] = [len(self._run)]
            else:
                skipped.append(len(self._run))
        self._run.append(effect.encoded)

    def catch_up(self, link: Link) -> None:
        """Queue for one link what the open run has for it so far."""
        run = self._run
        if not run:
            return
        key = self._key_of(link)
        if key is None:
            return
        position = self._positions.get(link, 0)
        if position < len(run):
            self._positions[link] = len(run)
            pieces = [encoded.get(key, b"") for encoded in run[position:]]
            self._append_pieces(link, pieces, position)

    def hold_back(self, link: Link) -> None:
        """Keep what comes for a link from here on, except what is sent ahead of it."""
        self.catch_up(link)
        connection = cast(Connection, link)
        if connection.parked is None:
            connection.parked = bytearray()

    def release(self, link: Link) -> None:
        """Queue what was held back for a link, if anything was."""
        self.catch_up(link)
        connection = cast(Connection, link)
        parked, connection.parked = connection.parked, None
        if parked:
            self.counted -= len(parked)
            self._append(connection, bytes(parked))

    def flush(self) -> None:
        """Queue the open run for everybody who has not got it yet."""
        run = self._run
        if not run:
            return
        special: Mapping[Link, object] = self._skipped
        if self._positions:
            special = {**self._positions, **self._skipped}
        for key, links in self._audience.groups.items():
            pieces = [encoded.get(key, b"") for encoded in run]
            ordinary = cast("Collection[Connection]", links)
            if special:
                ordinary = [link for link in ordinary if link not in special]
                if len(ordinary) < len(links):
                    self._flush_special(key, special, pieces)
            data = b"".join(pieces)
            if data:
                self._append_all(ordinary, data)
        self._run = []
        self._audience = self._first = NOBODY
        if special:
            self._positions = {}
            self._skipped = {}
            self._came = {}

    def _flush_special(self, key: int, special: Iterable[Link], pieces: list[bytes]) -> None:
        """Queue the open run, written for a key, for those of it who have a part of it, or skip some."""
        positions, skipped = self._positions, self._skipped
        for link in special:
            # Many who go at once are closed, and in the audience of each other's end.
            if self._key_of(link) == key and len(skipped.get(link, ())) < len(pieces) and not link.closed:
                position = positions.get(link, 0)
                self._append_pieces(link, pieces[position:], position)

    def _key_of(self, link: Link) -> int | None:
        """Return the encoding key of a link in the newest audience of the run; None if it is not there."""
        key = self._came.get(link)
        return self._first.keys.get(link) if key is None else key

    def relieve(self, shares: Iterable[Share]) -> None:
        """Where all SendQs together have too much, close sessions that take nothing, of who has most."""
        if self.queued <= self._in_all:
            return
        accounts = [(-share.queued, share.account, share) for share in shares]
        heapify(accounts)
        over = -sum(size for size, _, _ in accounts) - self._in_all
        while over > 0 and accounts:
            _, account, share = heappop(accounts)
            deaf = [link for link in share.links if link.stalled and not link.closed]
            if deaf:
                most = max(deaf, key=lambda link: link.queued)
                over -= most.queued
                self._overflow(most, IN_ALL_EXCEEDED)
                heappush(accounts, (-share.queued, account, share))
            else:
                self.crowded |= {link.owner for link in share.links}

    def forget(self, link: Connection) -> None:
        """A connection is gone, and so is what its worker did not know of when it was closed."""
        self.counted -= len(link.parked or b"")
        link.parked = None
        if link.state is State.GONE:
            self.counted -= link.queued
            link.appended -= link.queued

    def _go_on_with(self, audience: Audience) -> None:
        """Turn to another audience: the open run goes on where that has only grown."""
        came = audience.since(self._audience) if self._run else None
        if came is None:
            self.flush()
            self._first = audience
        else:
            self._came.update(came)
            self._positions.update(dict.fromkeys([link for link, _ in came], len(self._run)))
        self._audience = audience

    def _append_pieces(self, link: Link, pieces: list[bytes], position: int) -> None:
        """Queue what the run has for a link from a position on, without what the link skips."""
        for index in self._skipped.get(link, ()):
            if index >= position:
                pieces[index - position] = b""
        data = b"".join(pieces)
        if data:
            self._append(cast(Connection, link), data)

    def _append_all(self, links: Collection[Connection], data: bytes) -> None:
        size = len(data) + PIECE
        soft = self._limit // MODEST
        self.counted += size * len(links)
        for link in links:
            appended = link.appended + size
            if link.closed or link.parked is not None or appended - link.written > soft:
                self.counted -= size
                self._append(link, data)
                continue
            link.sendq.append(data)
            link.appended = appended
            if not link.scheduled:
                link.scheduled = True
                link.owner.dirty.append(link)

    def _append(self, link: Connection, data: bytes, *, ahead: bool = False) -> None:
        if link.closed:
            return
        parked = link.parked
        queued = link.queued + len(data) + PIECE + len(parked or b"")
        if queued > self._limit:
            self._overflow(link, SENDQ_EXCEEDED)
            return
        if parked is not None and not ahead:
            parked += data
            self.counted += len(data)
        else:
            self._queue(link, data)
        if queued > self._limit // 2 and not link.stalled:
            self.crowded.add(link.owner)
        if queued > self._limit // MODEST and link.share is not None:
            self._look_at_account(link.share)

    def _look_at_account(self, share: Share) -> None:
        if share.queued <= SENDQS_OF_ACCOUNT * self._limit:
            return
        most = max([link for link in share.links if not link.closed], key=lambda link: link.queued)
        if most.stalled:
            self._overflow(most, TOGETHER_EXCEEDED)
        else:
            self.crowded.add(most.owner)

    def _overflow(self, link: Connection, error: bytes) -> None:
        self.overflows += 1
        link.overflowed = True
        self._queue(link, error)
        end(link)

    def _queue(self, link: Connection, data: bytes) -> None:
        size = len(data) + PIECE
        link.sendq.append(data)
        link.appended += size
        self.counted += size
        schedule(link)


def end(link: Connection) -> None:
    """Have a connection closed after what is queued. The hub's thread."""
    link.closed = True
    link.ending = True
    schedule(link)


def schedule(link: Connection) -> None:
    """Have the worker look at a connection, at its next wake-up if not before. The hub's thread."""
    if not link.scheduled:
        link.scheduled = True
        link.owner.dirty.append(link)
