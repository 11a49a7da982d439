"""Becoming an operator: a password, and a code where the account needs one. Every use is in the audit log."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from securechat.chat.jobs import CodeChecked, JobResult
from securechat.chat.line import Line
from securechat.chat.rules import authenticators, bans
from securechat.chat.rules.failures import Failure, Reason, Way, note
from securechat.chat.rules.operators import set_powers, tell
from securechat.chat.rules.proof import BUSY, WRONG, prove
from securechat.chat.state.account import Account
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num

HOW: Final = (
    "OPER <account> <password> <code>, or /msg securechat oper <account> <password> <code> where your client "
    "sends no third word"
)
WRONG_CODE: Final = "Wrong account name, password or code"


Refuse = Callable[[Context, str, str], None]
"""Says why nobody became an operator: the numeric, and the text."""


def by_numeric(ctx: Context, numeric: str, text: str) -> None:
    """Answer as OPER does."""
    wrong = numeric == num.ERR_PASSWDMISMATCH
    ctx.numeric(numeric, text=f"Password incorrect: {text}" if wrong else text)


def become_operator(ctx: Context, name: str, password: str, code: str, refuse: Refuse = by_numeric) -> None:
    """Give the session an operator's powers, if this proves an administrator's account.

    The code is looked at before the password is, and nothing of either is answered before both are known: so
    nobody learns which one was wrong.
    """
    account = ctx.registry.account(name)
    if account is None or not authenticators.is_asked(ctx.chat, account):
        _Claim(ctx, name, password, "", refuse).check(None)
        return
    if not code:
        password, code = _split(password)
    problem = authenticators.lacking(ctx.chat, account, code, HOW)
    if problem is not None:
        refuse(ctx, num.ERR_PASSWDMISMATCH, problem.text)
    else:
        claim = _Claim(ctx, name, password, code, refuse)
        ctx.ask(authenticators.job_for(ctx, account, code), claim.code_checked)


def _split(password: str) -> tuple[str, str]:
    """Take a code from the end of what some clients send as one word: all that was typed after the name."""
    before, _, last = password.rpartition(" ")
    return (before, last) if before and authenticators.CODE.fullmatch(last) else (password, "")


@dataclass(frozen=True, slots=True)
class _Claim:
    """What somebody gives to become an operator: the code is looked at first, then the password."""

    ctx: Context
    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    refuse: Refuse

    def code_checked(self, result: JobResult) -> None:
        """Go on with what is known of the code."""
        if isinstance(result, CodeChecked):
            self.check(result)
        else:
            self._wrong(self.ctx, BUSY)

    def check(self, checked: CodeChecked | None) -> None:
        """Check the password; `checked` is what is known of the code, None where none is needed."""
        chat = self.ctx.chat

        def used(account: Account) -> authenticators.Found | None:
            return authenticators.found(chat, account, self.code, checked) if checked is not None else None

        def also(account: Account) -> bool:
            if checked is None:
                return not authenticators.is_asked(chat, account)
            return used(account) is not None

        def proved(account: Account, _: object) -> None:
            empower(self.ctx, account, used(account), self.refuse)

        wrong = WRONG if checked is None else WRONG_CODE
        prove(self.ctx, Way.OPER, self.name, self.password, self._wrong, proved, wrong=wrong, also=also)

    def _wrong(self, ctx: Context, reason: str) -> None:
        self.refuse(ctx, num.ERR_PASSWDMISMATCH, reason)


def empower(ctx: Context, account: Account, code: authenticators.Found | None, refuse: Refuse) -> None:
    """Make the session an operator's, if the account that it proved is an administrator's."""
    session, before = ctx.session, ctx.session.operator
    if account.password_due:
        refuse(ctx, num.ERR_NOOPERHOST, "This account needs a new password: log in with it to set one")
        return
    if code is not None:
        authenticators.spend(ctx.chat, account, code)
    if account.role != "admin":
        note(ctx.chat, Failure(session, Way.OPER, account.name, Reason.POWERLESS))
        ctx.audit("oper refused", account.name)
        refuse(ctx, num.ERR_NOOPERHOST, "This account is no administrator's")
        return
    if next(bans.keeping_out(ctx.chat, account, account.name, ""), None) is not None:
        ctx.audit("oper refused", account.name, "banned")
        refuse(ctx, num.ERR_NOOPERHOST, "This account is banned")
        return
    ctx.chat.count("logins.oper_ok")
    ctx.audit("oper", account.name)

    def undo() -> None:
        set_powers(ctx.chat, session, before)

    ctx.chat.if_refused(undo)
    set_powers(ctx.chat, session, account)
    tell(ctx.chat, f"{ctx.nick} became an operator as {account.name}")
    ctx.numeric(num.RPL_YOUREOPER, text="You are now an operator, in this session")
    if before is None:
        ctx.reply(Line(ctx.user.source, "MODE", (ctx.nick, "+o"), None, ctx.chat.now.wall))
