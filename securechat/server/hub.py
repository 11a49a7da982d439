"""The hub's turn: items in, one commit, effects out.

Theory of operation. Only whoever takes a turn touches chat state: this thread, or a worker in its place
(`seat`). A turn takes what has come in, lets the core handle it, commits the records of all of it in one
transaction, and only then performs the effects, in order: nothing that a command caused leaves the server
before its records are on disk. The inbox grows during the commit, so the busier the server, the bigger the
transactions (group commit). A store that is full, or that somebody keeps locked, rolls back cleanly and the
turn goes on without those commands. A turn that lasts long is cut, and each account has a share of it
(`rota`); the core ends what it does for one item when that share is used up. After any other error of a
commit its outcome is unknown, so this turn's effects are dropped and the error ends the process.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final, assert_never, cast

from securechat.chat.clock import Now
from securechat.chat.effects import (
    Alarmed,
    Answered,
    AwaitDrain,
    Broadcast,
    Close,
    Effect,
    Handled,
    HashAdded,
    HoldBack,
    LoggedIn,
    LoginFailed,
    NetworkBanned,
    Release,
    Reload,
    Renamed,
    Send,
    SendEach,
    StartJob,
    Then,
)
from securechat.chat.items import Disconnected, Item, Tick
from securechat.chat.link import Link
from securechat.chat.outcome import Outcome
from securechat.chat.ports import Store, StoreUnavailable
from securechat.chat.records import MessageSent, Record
from securechat.chat.requests import Answer
from securechat.chat.settings import Settings
from securechat.server.admission import Admission
from securechat.server.clock import Clock, WallClock
from securechat.server.connection import Connection
from securechat.server.core import Core
from securechat.server.crew import Crew
from securechat.server.delivery import Delivery, end, schedule
from securechat.server.inbox import Call, Inbox
from securechat.server.jobs import Jobs
from securechat.server.limits import Limits
from securechat.server.measuring import Pulse
from securechat.server.rota import Rota
from securechat.server.seat import Seat
from securechat.server.shares import Shares
from securechat.server.sparing import Sparing
from securechat.server.worker import Worker

log: Final = logging.getLogger("securechat.hub")

MUCH: Final = 32
"""Items that are enough for a turn, also while the workers still write what came of the last one."""
LOG_EVERY: Final = 60.0
"""Seconds between two complaints about a store that does not take anything."""


class Hub:
    """Runs the core. Only whoever sits in the seat may use it, except where a method says otherwise.

    `answered` is called with the answers to administrators' requests, `reload` when an operator's session
    wants the configuration read again, `hash_added` with the hashes that requests brought. `chores` are
    called after the turn of a tick when nothing waits, and again while they say that there is more to do.
    `latest` is the latest time that ids in the store say, in milliseconds since the epoch.
    """

    def __init__(
        self,
        core: Core,
        store: Store,
        inbox: Inbox,
        workers: Sequence[Worker],
        admission: Admission,
        limits: Limits,
        *,
        answered: Callable[[int, Answer], None],
        reload: Callable[[Link], None] = lambda link: None,
        hash_added: Callable[[str], None] = lambda phc: None,
        chores: Sequence[Callable[[], bool | None]] = (),
        latest: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.sessions = 0
        self.messages = 0
        self.turns = 0
        self.biggest_batch = 0
        self.pulse = Pulse()
        self._core = core
        self._store = store
        self._inbox = inbox
        self._crew = Crew(workers)
        self._admission = admission
        self._limits = limits
        self._failed_logins = Sparing(log)
        self.delivery = Delivery(limits.sendq, limits.sendqs_in_all, workers)
        self.shares = Shares()
        self._answered = answered
        self._reload = reload
        self._hash_added = hash_added
        self._chores = chores
        self._clock = clock or Clock()
        self.jobs = Jobs(inbox, limits, self._clock.monotonic)
        self._stopping = False
        self._ticked = False  # since the chores were looked after
        self._seat = Seat()
        self._host: Worker | None = None  # on whose thread the turn is taken, if on a worker's
        self._more = False  # something is left of that turn for the hub's thread
        self._complained = float("-inf")
        self._wall = WallClock(latest)
        self._now = Now(0, 0.0)
        self.rota = Rota(inbox, self._let_happen, self._clock.monotonic)
        core.late = self.rota.tired
        core.lacks = store.lacks

    # Called by other threads

    def stop(self) -> None:
        """End the loop after everything that is in the inbox now. Any thread may call."""
        self._inbox.put(self._end)

    def counts(self) -> Mapping[str, int]:
        """Return what the chat has counted, by GROUP.NAME. Any thread may call."""
        return self._core.counts()

    def busiest(self) -> str:
        """Return which accounts have had most of this thread's time lately, in words. Any thread may call."""
        return self.shares.busiest(self._clock.monotonic())

    def reconfigure(self, settings: Settings, limits: Limits) -> None:
        """Use new settings after everything that is in the inbox now. Any thread may call."""

        def replace() -> None:
            self._core.reconfigure(settings)
            self._limits = limits
            self.delivery.set_limits(limits.sendq, limits.sendqs_in_all)

        self._inbox.put(replace)

    # The loop

    def run(self) -> None:
        """Take turns until `stop`, then close the store."""
        try:
            self._wall.look(self._clock.now())
            self.pulse.turned = self._clock.monotonic()  # from here on it has to be seen
            while self.rota or not self._stopping:
                self.run_once()
        finally:
            self._store.close()

    def run_once(self) -> None:
        """Wait for something to do and take a turn."""
        with self._seat:
            due = self._core.next_due()
        timeout = None if due is None else max(0.0, due - self._clock.now().mono)
        self._inbox.wait(0.0 if self.rota else timeout)
        if len(self._inbox) < MUCH:
            self._crew.let_write()
        with self._seat:
            self._take_turn(self._inbox.take(0.0))
            ticked, self._ticked = self._ticked, False
            for chore in self._chores if ticked and not self._inbox else ():
                while chore() and not self._inbox:
                    pass
            self.pulse.turned = self._clock.monotonic()

    def turn_here(self, worker: Worker, items: Sequence[Item]) -> bool:
        """Take a turn on a worker's thread for what it brings, if the seat is free; it is not woken."""
        if not self._seat.take_if_free(lambda: self._turn_for(worker, items)):
            return False
        if self._more or self._seat.lost:
            self._inbox.ring()  # the hub's thread goes on, or ends by the same error
        return True

    def _turn_for(self, worker: Worker, items: Sequence[Item]) -> None:
        self._host, self._more = worker, False
        self._take_turn(self._inbox.take_with(items))
        self._host = None
        self._more = self._ticked or bool(self._inbox) or self._core.next_due() is not None

    def _take_turn(self, batch: list[Item | Call]) -> None:
        """Take a turn for what was taken."""
        now, due = self._clock.now(), self._core.next_due()
        if due is not None and due <= now.mono:
            batch.append(Tick())
        for item in batch:
            if type(item) is Tick:
                self._ticked = True
        if batch or self.rota:
            self.turn(batch, now)

    def turn(self, batch: Sequence[Item | Call], now: Now) -> None:
        """Handle a batch and what was kept from earlier ones, commit, perform."""
        self._wall.look(now)
        self._now = now
        # A turn's lines, each in its longest form, shall fit into half a SendQ.
        batch = self.rota.turn(batch, min(max(self._limits.sendq // 1024, 64), 4096))
        outcomes = self._core.take()
        self._commit(outcomes, now)
        began = self._clock.monotonic()
        broadcast = self.delivery.broadcast
        for outcome in outcomes:
            for effect in outcome.effects:
                if type(effect) is Broadcast:  # most are this or that: the way through `_perform` is felt
                    broadcast(effect)
                elif type(effect) is Handled:
                    self._handled(cast(Connection, effect.link), effect.lines)
                else:
                    self._perform(effect)
        self.delivery.flush()
        self.delivery.relieve(self.shares)
        ended = self._clock.monotonic()
        self.rota.charge(ended - began)
        self.pulse.turns.observe(ended - now.mono)
        if self._failed_logins.left_out:
            self._failed_logins.settle(now.mono)
        # After the effects: a login and the end of its connection may come in one batch.
        for item in batch:
            if type(item) is Disconnected:
                self._forget(cast(Connection, item.link))
        self.turns += 1
        if len(batch) > self.biggest_batch:
            self.biggest_batch = len(batch)
        self._crew.wake(self.delivery.crowded, self._inbox.came, self._host)

    def _let_happen(self, item: Item | Call) -> None:
        if callable(item):
            item()
        else:
            self._core.handle(item, self._now)

    def _commit(self, outcomes: list[Outcome], now: Now) -> None:
        records: list[Record] = [record for outcome in outcomes for record in outcome.records]
        if not records:
            return
        began = self._clock.monotonic()
        try:
            self._store.commit(records)
        except StoreUnavailable as problem:
            self.pulse.store_problem = str(problem)
            self._core.revert(outcomes, problem.shown)
            if now.mono - self._complained >= LOG_EVERY:
                self._complained = now.mono
                log.error("nothing can be stored, commands that would store it are refused: %s", problem)
        else:
            self.pulse.store_problem = None
            self.pulse.commits.observe(self._clock.monotonic() - began)
            self.messages += [type(record) for record in records].count(MessageSent)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Broadcast():
                self.delivery.broadcast(effect)
            case Send():
                self.delivery.send(effect)
            case SendEach():
                self.delivery.send_each(effect)
            case Handled():
                self._handled(cast(Connection, effect.link), effect.lines)
            case StartJob():
                self.jobs.start(effect.job)
            case AwaitDrain():
                self._await_drain(cast(Connection, effect.link))
            case LoggedIn():
                self._logged_in(cast(Connection, effect.link), effect)
            case LoginFailed():
                self._login_failed(cast(Connection, effect.link), effect)
            case HashAdded():
                self._hash_added(effect.phc)
            case Alarmed():
                log.warning("%s", effect.text)
            case NetworkBanned():
                self._admission.ban(effect.network, effect.banned)
            case Renamed():
                self.shares.rename(effect.account, effect.name)
            case HoldBack():
                self.delivery.hold_back(effect.link)
            case Release():
                self.delivery.release(effect.link)
            case Close():
                self.delivery.release(effect.link)
                end(cast(Connection, effect.link))
            case Then():
                self._inbox.put(effect.item)
            case Reload():
                self._reload(effect.link)
            case Answered():
                self._answered(effect.ticket, effect.answer)
            case _:
                assert_never(effect)

    def _handled(self, link: Connection, lines: int) -> None:
        link.handle(lines)
        limits = self._limits
        if (
            link.held
            and link.unhandled <= limits.unhandled_lines // 2
            and link.unhandled_bytes <= limits.unhandled_bytes // 2
        ):
            link.owner.resumed.append(link)

    def _await_drain(self, link: Connection) -> None:
        self.delivery.catch_up(link)
        link.awaiting = True
        schedule(link)  # it may have drained already, and the worker sees the mark only when it looks

    def _logged_in(self, link: Connection, effect: LoggedIn) -> None:
        if not link.authenticated:
            link.authenticated = True
            self.shares.join(link, effect.account, effect.name)
            self.sessions += 1
            self._admission.logged_in(link.ticket)
            log.info("%d = logged in as %s from %s", link.serial, effect.name, link.address)

    def _login_failed(self, link: Connection, effect: LoginFailed) -> None:
        now, text = self._clock.now().mono, "%d ! %s as %s from %s failed: %s"
        words = (link.serial, effect.way, effect.account, link.address, effect.reason)
        self._failed_logins.write(logging.INFO, now, text, *words)

    def _forget(self, link: Connection) -> None:
        """A connection has gone: it is no session any more, and needs no hash."""
        self.sessions -= link.authenticated
        self.shares.leave(link)
        self.delivery.forget(link)
        link.handle_no_more()
        self.jobs.drop(link)

    def _end(self) -> None:
        self._stopping = True
