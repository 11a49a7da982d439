"""Finding out whether a password is an account's: the one way, for a login and for anything else.

Nobody gets in without an account. A name that does not exist, one that is disabled and a wrong password take
the same path: the same delays, the same queue, the same hashing, the same bytes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar

from securechat.chat.effects import Then
from securechat.chat.items import JobDone
from securechat.chat.jobs import (
    AwaitTurn,
    CheckCode,
    CheckPassword,
    CodeChecked,
    Job,
    JobResult,
    PasswordChecked,
    Stored,
)
from securechat.chat.rules import bans
from securechat.chat.rules.failures import Failure, Reason, Way, note, why
from securechat.chat.state.account import Account
from securechat.chat.state.session import Session
from securechat.chat.state.throttle import Verdict, is_known
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context
from securechat.irc.names import fold

MAX_FAILURES: Final = 3
TOO_MANY: Final = "Too many failed logins: wait five minutes, then try again"
WRONG: Final = "Wrong account name or password"
BUSY: Final = "The server is busy with other logins, try again in a few seconds"


def prove(
    ctx: Context,
    way: Way,
    name: str,
    password: str,
    refused: Callable[[Context, str], None],
    proved: Callable[[Account, PasswordChecked], None],
    *,
    wrong: str = WRONG,
    also: Callable[[Account], bool] = lambda account: True,
) -> None:
    """Find out whether the password is this account's: the one way, for a login and for anything else.

    `proved` is called with the account, or `refused` with the reason. `also` says whether what was given
    besides the password is right; if it is not, that is answered, counted and delayed as a wrong password.
    """

    def job(account: Account | None) -> CheckPassword:
        chat, session = ctx.chat, ctx.session
        phc = account.phc if account is not None and account.usable else None
        return CheckPassword(
            session.link, phc, password, chat.throttle.is_familiar(session.address, chat.now.wall)
        )

    def judge(account: Account | None, epoch: int, result: PasswordChecked) -> Reason | None:
        reason = why(account, result.correct, epoch)
        return Reason.CODE if reason is None and account is not None and not also(account) else reason

    _Proof(ctx, way, name, PasswordChecked, job, judge, refused, proved, wrong).begin()


def prove_code(
    ctx: Context,
    account: Account,
    job: CheckCode,
    refused: Callable[[Context, str], None],
    proved: Callable[[CodeChecked], None],
    right: Callable[[CodeChecked], bool],
) -> None:
    """Find out whether a code is that of one's own authenticator, heard as seldom as one's own password.

    `right` says whether what the job has found is one that may be used.
    """

    def judge(found: Account | None, epoch: int, result: CodeChecked) -> Reason | None:
        reason = why(found, right(result), epoch)
        return Reason.CODE if reason is Reason.WRONG else reason

    _Proof(
        ctx,
        Way.CODE,
        account.name,
        CodeChecked,
        lambda _: job,
        judge,
        refused,
        lambda _, result: proved(result),
        "Wrong code, or one that was used already",
    ).begin()


Result = TypeVar("Result", PasswordChecked, CodeChecked)


@dataclass(frozen=True, slots=True)
class _Proof(Generic[Result]):
    """A secret that somebody gives, on its way: it is heard, checked by a job, judged and answered."""

    ctx: Context
    way: Way
    name: str
    kind: type[Result]
    job: Callable[[Account | None], Job]
    judge: Callable[[Account | None, int, Result], Reason | None]
    refused: Callable[[Context, str], None]
    proved: Callable[[Account, Result], None]
    wrong: str

    def begin(self) -> None:
        """Refuse it if it comes from inside too often, or see whether it is heard."""
        chat, user = self.ctx.chat, self.ctx.session.user
        if user is not None and not chat.throttle.may_use_powers(user.account.id, chat.now.mono):
            chat.count("refusals.own_passwords", user.account)
            text = "You had too many passwords checked: wait a few minutes, then try again"
            self._fail(Reason.THROTTLED, text)
        else:
            self._hear()

    def _hear(self) -> None:
        """Check it, now or when others have been; or refuse it unheard."""
        chat, session = self.ctx.chat, self.ctx.session
        account = chat.registry.account(self.name)
        known = account is not None and is_known(account.sources, session.address, chat.now.wall)
        match chat.throttle.attempt(session, fold(self.name), known, chat.now.mono):
            case Verdict.HEARD:
                self._check(account)
            case Verdict.REFUSED:
                self._fail(Reason.THROTTLED, TOO_MANY)
            case Verdict.LATER:
                self.ctx.await_turn(self._hear)

    def _check(self, account: Account | None) -> None:
        epoch = account.epoch if account is not None else 0
        self.ctx.ask(self.job(account), lambda result: self._answer(account, epoch, result))

    def _answer(self, account: Account | None, epoch: int, result: JobResult) -> None:
        chat, session = self.ctx.chat, self.ctx.session
        if not isinstance(result, self.kind):
            withdraw(chat, session)
            self.refused(self.ctx, BUSY)
            return
        if account is not None and chat.registry.accounts.get(account.id) is not account:
            account = None  # it was made in the turn in which the check began, and found no room
        reason = self.judge(account, epoch, result)
        if account is None or reason is not None:
            _go_on(chat, chat.throttle.failed(session))
            self._fail(reason or Reason.UNKNOWN, self.wrong)
            failed_exchange(self.ctx)
        else:
            banned = next(bans.keeping_out(chat, account, account.name, session.address), None) is not None
            # Whoever is banned may come back as fast as others guess: each attempt costs as much.
            throttle, wall = chat.throttle, chat.now.wall
            _go_on(chat, throttle.failed(session) if banned else throttle.succeeded(session, wall))
            self.proved(account, result)

    def _fail(self, reason: Reason, text: str) -> None:
        note(self.ctx.chat, Failure(self.ctx.session, self.way, self.name, reason))
        self.refused(self.ctx, text)


def withdraw(chat: Chat, session: Session) -> None:
    """Nobody will learn whether the password that this session gave was right."""
    _go_on(chat, chat.throttle.withdrawn(session))


def _go_on(chat: Chat, sessions: Iterable[Session]) -> None:
    """Let sessions try that waited for an attempt of another one.

    In outcomes of their own: the command that lets them try may be refused, since the disk is full.
    """
    for session in sessions:
        job = session.backlog.job
        if isinstance(job, AwaitTurn):
            chat.later(partial(chat.emit, Then(JobDone(job, Stored()))))


def failed_exchange(ctx: Context) -> None:
    """Count a wrong password of this connection; the third one closes it.

    An exchange that tries no password (an unknown mechanism, a broken payload) does not count: clients go
    through all mechanisms that they know. The lines before the login bound it.
    """
    ctx.session.failures += 1
    if ctx.session.failures >= MAX_FAILURES:
        ctx.chat.end(ctx.session, "Too many failed logins", "Too many failed logins")
