"""Finding out whether a password is an account's: the one way, for a login and for anything else.

Nobody gets in without an account. A name that does not exist, one that is disabled and a wrong password take
the same path: the same delays, the same queue, the same hashing, the same bytes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from securechat.chat.effects import Then
from securechat.chat.items import JobDone
from securechat.chat.jobs import AwaitTurn, CheckPassword, JobResult, PasswordChecked, Stored
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
BUSY: Final = "The server is busy with other logins, try again in a few seconds"


def prove(
    ctx: Context,
    way: Way,
    name: str,
    password: str,
    refused: Callable[[Context, str], None],
    proved: Callable[[Account, PasswordChecked], None],
) -> None:
    """Find out whether the password is this account's: the one way, for a login and for anything else.

    `proved` is called with the account, or `refused` with the reason.
    """
    _Proof(ctx, way, name, password, refused, proved).begin()


@dataclass(frozen=True, slots=True)
class _Proof:
    """A password that somebody gives, on its way: it is heard, checked and answered."""

    ctx: Context
    way: Way
    name: str
    password: str = field(repr=False)
    refused: Callable[[Context, str], None]
    proved: Callable[[Account, PasswordChecked], None]

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
        chat, session = self.ctx.chat, self.ctx.session
        phc = account.phc if account is not None and account.usable else None
        epoch = account.epoch if account is not None else 0
        familiar = chat.throttle.is_familiar(session.address, chat.now.wall)
        job = CheckPassword(session.link, phc, self.password, familiar)
        self.ctx.ask(job, lambda result: self._answer(account, epoch, result))

    def _answer(self, account: Account | None, epoch: int, result: JobResult) -> None:
        chat, session = self.ctx.chat, self.ctx.session
        if not isinstance(result, PasswordChecked):
            withdraw(chat, session)
            self.refused(self.ctx, BUSY)
            return
        if account is not None and chat.registry.accounts.get(account.id) is not account:
            account = None  # it was made in the turn in which the check began, and found no room
        reason = why(account, result.correct, epoch)
        if account is None or reason is not None:
            _go_on(chat, chat.throttle.failed(session))
            self._fail(reason or Reason.UNKNOWN, "Wrong account name or password")
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
