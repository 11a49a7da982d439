"""Second factors: codes of an authenticator (TOTP, RFC 6238) and recovery codes.

They are asked for where a stolen password or an unlocked computer would do lasting harm: when a device is
added in the chat, and for OPER. Not at a login: clients know no place for it. Which account has to have one
is a setting (`auth.second_factor`); an account that has one is asked anyway.

A code is good once: the step of the last one is stored in the transaction of what it allowed. A code of the
step before or after is taken, since clocks differ. Wrong ones are heard as seldom as wrong passwords.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from securechat.chat.jobs import AuthenticatorMade, CheckCode, CodeChecked
from securechat.chat.records import Authenticator, AuthenticatorSet
from securechat.chat.requests import Answer, Done, Refused, Row
from securechat.chat.rules.proof import prove_code
from securechat.chat.state.account import Account, sorted_by_name
from securechat.chat.tokens import digest
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context

CODE: Final = re.compile(r"[0-9]{6}|[0-9A-Za-z]{4}(?:-[0-9A-Za-z]{4}){3}")
"""What a code of an authenticator, or a recovery code, looks like."""
TURN_ON: Final = "turn it on first with /msg securechat totp on <password>"


@dataclass(frozen=True, slots=True)
class Found:
    """What a code was: the code of a step, or (`recovery`) the hash of a recovery code; or nothing."""

    step: int | None = None
    recovery: str = ""


def is_asked(chat: Chat, account: Account) -> bool:
    """Return whether this account has to give a code for OPER and for a new device."""
    who = chat.settings.second_factor
    demanded = who == "everybody" or (who == "operators" and account.role == "admin")
    return demanded or account.id in chat.registry.authenticators


def lacking(chat: Chat, account: Account, code: str, how: str) -> Refused | None:
    """Return why nothing can be tried yet, whatever the password is; `how` says how a code is given."""
    if not is_asked(chat, account):
        return None
    if account.id not in chat.registry.authenticators:
        text = f"This account has to have a second factor here: {TURN_ON}"
        return Refused("SECOND_FACTOR_REQUIRED", text)
    if not code:
        return Refused("CODE_REQUIRED", f"This account needs a code of its authenticator as well: {how}")
    return None


def job_for(ctx: Context, account: Account, code: str) -> CheckCode:
    """Return the job that looks which step's code this is."""
    known = ctx.registry.authenticators[account.id]
    return CheckCode(ctx.session.link, known.secret, code, ctx.chat.now.wall)


def found(chat: Chat, account: Account, code: str, result: CodeChecked) -> Found | None:
    """Return what a code is that may be used now, None for a wrong one or one that was used."""
    known = chat.registry.authenticators.get(account.id)
    if known is None:
        return None
    if result.step is not None:
        return Found(result.step) if result.step > known.step else None
    recovery = digest(code.lower())
    return Found(recovery=recovery) if recovery in known.recovery else None


def spend(chat: Chat, account: Account, code: Found) -> None:
    """Let a code be good no more: a record beside those of what it allowed."""
    known = chat.registry.authenticators[account.id]
    if code.step is not None:
        changed = replace(known, step=code.step)
    else:
        changed = replace(known, recovery=tuple(each for each in known.recovery if each != code.recovery))
    chat.enter(AuthenticatorSet(account.id, changed, known), None)


def ask(
    ctx: Context,
    code: str,
    how: str,
    refused: Callable[[Refused], None],
    proved: Callable[[Callable[[], None]], None],
) -> None:
    """Have the session's account prove itself by a code, if one is asked for.

    `proved` is called with what spends the code, to be called at once, beside the records of what it allowed.
    """
    account = ctx.user.account
    problem = lacking(ctx.chat, account, code, how)
    if problem is not None:
        refused(problem)
    elif is_asked(ctx.chat, account):
        check_own(ctx, code, refused, proved)
    else:
        proved(_nothing)


def check_own(
    ctx: Context,
    code: str,
    refused: Callable[[Refused], None],
    proved: Callable[[Callable[[], None]], None],
) -> None:
    """Check a code of the session's account, which has an authenticator."""
    chat, account = ctx.chat, ctx.user.account

    def right(result: CodeChecked) -> bool:
        return found(chat, account, code, result) is not None

    def done(result: CodeChecked) -> None:
        used = found(chat, account, code, result)
        assert used is not None, "it has just been judged"
        proved(lambda: spend(chat, account, used))

    prove_code(
        ctx,
        account,
        job_for(ctx, account, code),
        lambda _, reason: refused(Refused("CODE_INVALID", reason)),
        done,
        right,
    )


def _nothing() -> None:
    pass


def begin(ctx: Context, account: Account, made: AuthenticatorMade, step: int) -> None:
    """Let an authenticator count, whose first code has come: that of `step`."""

    def undo() -> None:
        account.proposed = made

    account.proposed = None
    ctx.chat.if_refused(undo)
    new = Authenticator(made.secret, ctx.chat.now.wall, step, tuple(map(digest, made.codes)))
    ctx.record(AuthenticatorSet(account.id, new, ctx.registry.authenticators.get(account.id)))


def renew(ctx: Context, account: Account, codes: tuple[str, ...]) -> None:
    """Let these be the recovery codes, and no others."""
    known = ctx.registry.authenticators[account.id]
    ctx.record(AuthenticatorSet(account.id, replace(known, recovery=tuple(map(digest, codes))), known))


def forget(chat: Chat, account: Account) -> None:
    """Take away the second factor of an account, if it has one."""
    account.proposed = None
    known = chat.registry.authenticators.get(account.id)
    if known is not None:
        chat.enter(AuthenticatorSet(account.id, None, known), None)


def reset(chat: Chat, account: Account) -> Answer:
    """Take away the second factor of an account, as an administrator wants it."""
    if account.id not in chat.registry.authenticators:
        return Refused("NO_SECOND_FACTOR", f"{account.name} has no second factor")
    forget(chat, account)
    return Done()


def all_rows(chat: Chat) -> Iterator[Row | None]:
    """List the accounts that have a second factor."""
    for account in sorted_by_name(chat.registry.accounts.values()):
        yield row(chat, account)


def row(chat: Chat, account: Account) -> Row | None:
    """Return what is listed of an account's second factor, if it has one."""
    factor = chat.registry.authenticators.get(account.id)
    if factor is None:
        return None
    return {"account": account.name, "since": factor.since, "recovery_codes": len(factor.recovery)}
