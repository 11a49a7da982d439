"""The chat without I/O: items go in, outcomes come out.

Theory of operation. The hub hands items to `handle` one by one and then collects with `take` what they
caused. Each command is one `Outcome`, or several where it goes on in later turns: the records it made,
already applied to the registry, and the effects of it, in order. The hub commits the records of all outcomes
in one transaction and performs the effects after that. When the store is full it calls `revert`: the records
are undone backwards, and the commands that made them are answered with `FAIL` instead.

A session's lines are handled in order, from its backlog. They wait there while a job of the session runs,
while flood control says so, and while more than a quarter of its SendQ is still to be written. When others
have waited for long enough (`Chat.tired`), the session goes on in its place behind them.
"""

from collections.abc import Callable, Sequence
from functools import partial

from securechat.chat.clock import LONG_AGO, Now
from securechat.chat.commands import COMMANDS, pace
from securechat.chat.commands.capabilities import announce_changes, offers
from securechat.chat.commands.dispatch import dispatch
from securechat.chat.commands.rejected import head_of, refuse
from securechat.chat.effects import Answered, AwaitDrain, Close, Effect, Handled, StartJob, Then
from securechat.chat.items import (
    Administer,
    Connected,
    Disconnected,
    DiskSpace,
    Drained,
    EndSessions,
    Item,
    JobDone,
    KillUser,
    Received,
    Reloaded,
    ShutDown,
    Tick,
)
from securechat.chat.jobs import AwaitRoom, Pages, Stored
from securechat.chat.line import Line
from securechat.chat.outcome import Outcome
from securechat.chat.ports import Snapshot
from securechat.chat.requests import Refused
from securechat.chat.rules import administration, dropping, login, operators, replay, ticking
from securechat.chat.rules.owed import pay_owed
from securechat.chat.rules.proof import withdraw
from securechat.chat.rules.sessions import end_sessions
from securechat.chat.rules.storing import Problem, give_back, pay
from securechat.chat.settings import Settings
from securechat.chat.state import applying
from securechat.chat.state.backlog import Step
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import TOLD_AT_ONCE, WOKEN_AT_ONCE, Chat, Ending
from securechat.chat.turn.context import Context, Continuation
from securechat.irc.framing import Rejected
from securechat.irc.message import Message
from securechat.irc.text import printable


class Core(Chat):
    """The engine. Used by one thread (the hub's), except in tests."""

    def __init__(self, settings: Settings, snapshot: Snapshot, now: Now = LONG_AGO) -> None:
        """Begin with what is stored, at the instant `now`."""
        super().__init__(settings, snapshot, now)
        self._last_session = 0
        self._outcomes: list[Outcome] = []
        self._handled = Outcome(None)  # whose lines were handled in this turn: the last one, for all
        self._undoable = self._undo
        self._slowed: dict[Session, float] = {}
        for account, noted in snapshot.spent.items():
            self.registry.accounts[account].spent.resume(noted, now)
        replay.began(self, self.registry.cut_off)

    # What the hub calls

    def handle(self, item: Item, now: Now) -> None:
        """Let one thing happen at the instant `now`."""
        self.now = now
        self.fanout.told = 0
        match item:
            case Received():
                if (session := self.sessions.get(item.link)) is not None and not session.closed:
                    session.backlog.add(item.lines)
                    self._work(session)
            case Connected():
                self._last_session += 1
                login.connected(self, self._last_session, item)
            case Disconnected():
                if (session := self.sessions.get(item.link)) is not None:
                    self._in_outcome(None, partial(self._depart, session, item.reason, item.taken))
            case JobDone():
                self._job_done(item)
            case Drained():
                if (session := self.sessions.get(item.link)) is not None:
                    session.postponed = False
                    if isinstance(job := session.backlog.job, AwaitRoom):
                        self._job_done(JobDone(job, Stored()))
                    self._work(session)
            case Administer():
                self._in_outcome(item.ticket, lambda: administration.administer(self, item))
            case EndSessions():
                end_sessions(self, item)
            case KillUser():
                operators.end_user(self, item)
            case Reloaded():
                self._in_outcome(None, lambda: operators.tell_reloaded(self, item))
            case DiskSpace():
                self.low_on_space = item.low
            case Tick():
                self._tick()
            case ShutDown():
                self._in_outcome(None, lambda: self._shut_down(item.reason))
        if self._later:
            self._run_later()
        if self.emptied and not self.looking and self.look_from <= now.mono:
            self._in_outcome(None, lambda: dropping.look_at_emptied(self))

    def take(self) -> list[Outcome]:
        """Return everything that was caused since the last call, in order."""
        outcomes, self._outcomes = self._outcomes, []
        if self._handled.effects:
            outcomes.append(self._handled)
            self._handled = Outcome(None)
        self.turn += 1
        self._undoable, self._undo = self._undo, []
        self.fanout.settle()
        self.registry.dropped.settle()
        self.registry.nonces.settle()
        return outcomes

    def revert(self, outcomes: Sequence[Outcome], why: str) -> None:
        """Undo the records of these outcomes, the last first.

        Their commands are refused instead of confirmed, and `why` is what people are told.
        """
        refused = [outcome for outcome in outcomes if outcome.records]
        for outcome in refused:
            if isinstance(outcome.cause, Context):
                give_back(outcome.cause.session, outcome.records)
        self._take_back(refused, self._undoable)
        for outcome in refused:
            if outcome.cause is not None:
                self.count("refusals.store_full")
            outcome.effects = self._refusal(outcome, Problem("STORE_UNAVAILABLE", why))

    def next_due(self) -> float | None:
        """Return the monotonic time at which a slowed-down session may go on, if any is."""
        return min(self._slowed.values()) if self._slowed else None  # asked for in each turn

    def reconfigure(self, settings: Settings) -> None:
        """Take over new settings; those that identify the server (its name, the nicknames) are the same."""
        before, self.settings = self.settings, settings
        self.share_memory(settings.memory)
        self._in_outcome(None, lambda: announce_changes(self, offers(before), offers(settings)))

    # Outcomes

    def _in_outcome(self, cause: object, action: Callable[[], None]) -> None:
        self._outcome = Outcome(cause)
        action()
        if self._outcome.effects or self._outcome.records:
            self._outcomes.append(self._outcome)

    def _alone(self, effect: Effect) -> None:
        """Let an effect be an outcome of its own, which no command has caused."""
        self._outcome = Outcome(None)
        self._outcome.effects.append(effect)
        self._outcomes.append(self._outcome)

    def _run_later(self) -> None:
        while self._later:
            actions, self._later = self._later, []
            for action in actions:
                if isinstance(action, Ending):
                    action = partial(self._end, action)
                self._in_outcome(None, action)

    def _refuse(self, outcome: Outcome, problem: Problem) -> None:
        """Take a command back whose account has no room for what it stores."""
        self._take_back([outcome], self._undo)
        outcome.effects = self._refusal(outcome, problem)

    def _take_back(
        self, outcomes: Sequence[Outcome], undoable: Sequence[tuple[Outcome, Callable[[], None]]]
    ) -> None:
        """Undo the records of these outcomes, the last first, when nothing later is applied any more."""
        for outcome in reversed(outcomes):
            for record in reversed(outcome.records):
                applying.revert(self.registry, record)
        known = set(outcomes)
        for outcome, undo in reversed(undoable):
            if outcome in known:
                undo()
        for outcome in outcomes:
            outcome.records = []

    def _refusal(self, outcome: Outcome, problem: Problem) -> list[Effect]:
        """Return the effects of a command that was taken back: its answer."""
        before, self._outcome = self._outcome, Outcome(outcome.cause)
        refusal = self._outcome
        if isinstance(outcome.cause, Context):
            ctx = outcome.cause
            if ctx.discard():
                withdraw(self, ctx.session)
            ctx.fail(problem.code, *map(printable, ctx.params[:1]), text=problem.text)
            ctx.finish()
        elif isinstance(outcome.cause, int):
            self.emit(Answered(outcome.cause, Refused(problem.code, problem.text)))
        self._outcome = before
        return refusal.effects

    # Lines

    def _work(self, session: Session, *, begun: bool = False) -> None:
        """Handle lines of the backlog until it is empty or has to wait; `begun`: it did something before."""
        handled, backlog, reading = 0, session.backlog, self.readers.active
        if reading and session in reading:
            self._look_whether_read(session)
        lines, emitted, fanout, late = backlog.lines, -1, self.fanout, self.late
        while lines and backlog.paused is None and not (session.closed or session.postponed):
            line = lines[-1]
            tired = begun and (fanout.told >= TOLD_AT_ONCE or late())
            if tired or (isinstance(line, Step) and line.not_in == self.turn):
                self._postpone(session)
                break
            if session.emitted != emitted:  # what waits for the peer grows in no other way meanwhile
                emitted = session.emitted
                if self.is_behind(session):
                    self._alone(AwaitDrain(session.link))
                    break
            if self.settings.flood and self._is_slowed(session):
                break
            begun = True
            lines.pop()
            handled += not isinstance(line, Step)
            self._line(session, line)
            if self._later:
                self._run_later()
            if reading and session in reading:
                self._look_whether_read(session)
        if handled:
            self._handled.effects.append(tuple.__new__(Handled, (session.link, handled)))  # the short way

    def _look_whether_read(self, session: Session) -> None:
        """When a session has taken its long answer, another one of its account may have one."""
        lines = session.backlog.lines
        if session.backlog.paused is not None or (lines and isinstance(lines[-1], Step)):
            return
        if (following := self.readers.end(session)) is not None:
            self._alone(StartJob(following))

    def _postpone(self, session: Session) -> None:
        """Go on with a session's lines behind those of the others that have come meanwhile."""
        session.postponed = True
        self._alone(Then(Drained(session.link)))

    def _is_slowed(self, session: Session) -> bool:
        """Ask flood control whether the next line of a session waits."""
        wait = pace.wait(self, session) if session.user is not None else 0.0
        if wait > 0:
            self._in_outcome(None, lambda: pace.tell(self, session, wait))
            self._slowed[session] = self.now.mono + wait
        return wait > 0

    def _line(self, session: Session, line: Message | Rejected | Step) -> None:
        if session.registration is not None and login.says_too_much(self, session, session.registration):
            return
        # Not `_in_outcome`: this runs for every line, and a closure for each would cost a tenth of it.
        ctx = Context(self, session, line if isinstance(line, Message) else head_of(line))
        outcome = self._outcome = Outcome(ctx)
        if isinstance(line, Message):
            if session.again is None or not session.again(session, line):
                dispatch(COMMANDS, ctx)
        elif isinstance(line, Rejected):
            refuse(ctx, line)
        else:
            assert isinstance(line, Continuation), "rules put only these into a backlog"
            line.step(ctx)
        if session.backlog.paused is None:
            ctx.finish()
        if outcome.records and (problem := pay(self, session, outcome.records)) is not None:
            self._refuse(outcome, problem)
        if outcome.effects or outcome.records:
            self._outcomes.append(outcome)

    def _job_done(self, item: JobDone) -> None:
        consulted = self._consulted.pop(item.job, None)
        if consulted is not None:
            resume, cause = consulted
            self._in_outcome(cause, lambda: resume(item.result))
            return
        session = self.sessions.get(item.job.link)
        paused = session.backlog.paused if session is not None else None
        if session is None or paused is None or paused.job is not item.job:
            return  # the connection has gone meanwhile
        session.backlog.paused = None
        if isinstance(item.job, Pages):
            self.readers.got(session, item.job, item.result)

        def go_on() -> None:
            paused.resume(item.result)
            if session.backlog.paused is None:
                paused.command.finish()
            if (problem := pay(self, session, self._outcome.records)) is not None:
                self._refuse(self._outcome, problem)

        self._in_outcome(paused.command, go_on)
        self._run_later()
        self._work(session, begun=True)

    def _tick(self) -> None:
        ticking.tick(self)
        ready = [session for session, at in self._slowed.items() if at <= self.now.mono]
        for session in ready[:WOKEN_AT_ONCE]:
            del self._slowed[session]
            self._postpone(session)  # so that it does not do it in this item's time, which is everybody's

    # Ends

    def _end(self, ending: Ending) -> None:
        self._close(ending.session, ending.error)
        self._depart(ending.session, ending.reason)

    def _close(self, session: Session, error: str) -> None:
        self.fanout.send(session, Line("", "ERROR", (), error, self.now.wall))
        self.emit(Close(session.link))

    def _shut_down(self, reason: str) -> None:
        """Close every session; nobody is told of the others, or n sessions would cost n² lines."""
        pay_owed(self, all_at_once=True)
        for session in self.sessions.values():
            session.closed = True
            self._close(session, reason)
        self.sessions.clear()

    def _depart(self, session: Session, reason: str, taken: float | None = None) -> None:
        session.closed = True
        session.backlog.lines.clear()
        if (following := self.readers.end(session)) is not None:
            self.emit(StartJob(following))
        self._slowed.pop(session, None)
        self.sessions.pop(session.link, None)
        self.registry.monitors.clear(session)
        self.operators.pop(session, None)
        withdraw(self, session)
        if session.account is not None:
            self.places.give_back(session.account)
        login.leave(self, session, reason, taken)
