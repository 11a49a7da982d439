"""Making one's own account with an invitation: REGISTER, VERIFY.

https://ircv3.net/specs/extensions/account-registration. The invitation's code takes the place of the code
that other servers send by e-mail. Until it is proven nothing is said of which accounts there are.
"""

from securechat.chat.jobs import HashPassword, JobResult, PasswordHashed
from securechat.chat.records import Audited, InvitationUsed
from securechat.chat.requests import AddAccount, Refused
from securechat.chat.rules import accounts, bans
from securechat.chat.rules.failures import Failure, Reason, Way, note
from securechat.chat.rules.invitations import are_open, usable
from securechat.chat.rules.login import accepted, complete
from securechat.chat.rules.proof import BUSY, MAX_FAILURES, TOO_MANY, failed_exchange
from securechat.chat.rules.shares import no_place
from securechat.chat.state.registration import Pending
from securechat.chat.state.throttle import Verdict
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.names import InvalidName, check_account, fold
from securechat.irc.text import printable

MIN_PASSWORD = 8


def register(ctx: Context) -> None:
    """REGISTER <account | *> <email | *> <password>

    Begins to make an account, before the login; VERIFY with an invitation's code completes it.
    The e-mail address is neither needed nor kept. * as the account is your nick.
    """
    session = ctx.session
    wanted = session.nick or "" if ctx.param(0) == "*" else ctx.param(0)
    if not may_register(ctx, wanted):
        return
    if session.nick is None:
        ctx.fail("NEED_NICK", "*", text="Say NICK first")
        return
    try:
        name = check_account(wanted)
    except InvalidName as error:
        ctx.fail("BAD_ACCOUNT_NAME", printable(wanted), text=str(error))
        return
    if len(ctx.param(2)) < MIN_PASSWORD:
        ctx.fail("WEAK_PASSWORD", name, text=f"A password needs {MIN_PASSWORD} characters or more")
        return
    if not are_open(ctx.chat):
        text = "There is no invitation that can be used now: ask this server's administrators for one"
        ctx.fail("DISALLOWED", name, text=text)
        return
    session.failures += 1  # it costs a hash, like a failed login
    ctx.registration.pending = None
    ctx.ask(HashPassword(session.link, ctx.param(2)), lambda result: hashed(ctx, name, result))


def may_register(ctx: Context, account: str) -> bool:
    """Return whether the session may try to make an account now; else say why not."""
    chat, session = ctx.chat, ctx.session
    named = printable(account)
    if session.account is not None:
        ctx.fail("ALREADY_AUTHENTICATED", named, text="You are already logged in")
    elif chat.settings.registration != "invite":
        ctx.fail("DISALLOWED", named, text="Accounts are made by this server's administrators: ask them")
    elif session.failures >= MAX_FAILURES:
        ctx.fail("TEMPORARILY_UNAVAILABLE", named, text="Too many attempts: connect again")
    elif not chat.throttle.is_open(session.address, throttled(ctx), chat.now.mono):
        note(chat, Failure(session, Way.VERIFY, account, Reason.THROTTLED))
        ctx.fail("TEMPORARILY_UNAVAILABLE", named, text=TOO_MANY)
    else:
        return True
    return False


def throttled(ctx: Context) -> str:
    """Return the name under which guessing codes is throttled: no account's, and each address's own."""
    return f"VERIFY {ctx.session.address}"


def hashed(ctx: Context, name: str, result: JobResult) -> None:
    """Keep the new password's hash for VERIFY."""
    if not isinstance(result, PasswordHashed):
        ctx.fail("TEMPORARILY_UNAVAILABLE", name, text=BUSY)
    elif result.phc is None:
        ctx.fail("UNACCEPTABLE_PASSWORD", name, text=result.problem)
    else:
        ctx.registration.pending = Pending(name, result.phc)
        text = f"Now send VERIFY {name} with the code of your invitation"
        ctx.server("REGISTER", "VERIFICATION_REQUIRED", name, text=text)


def verify(ctx: Context) -> None:
    """VERIFY <account> <code>

    Makes the account that REGISTER began, with an invitation's code, and logs you in.
    """
    chat, session = ctx.chat, ctx.session
    if not may_register(ctx, ctx.param(0)):
        return
    pending = ctx.registration.pending
    if pending is None or fold(pending.name) != fold(ctx.param(0)):
        ctx.fail("INVALID_CODE", printable(ctx.param(0)), text="There is nothing to verify: REGISTER first")
        return
    opened = usable(chat, ctx.param(1))
    if opened is None:
        if chat.throttle.attempt(session, throttled(ctx), False, chat.now.mono) is Verdict.HEARD:
            chat.throttle.failed(session)
        note(chat, Failure(session, Way.VERIFY, pending.name, Reason.CODE))
        ctx.fail("INVALID_CODE", pending.name, text="This code is unknown, used up or too old")
        failed_exchange(ctx)
        return
    ctx.registration.pending = None
    answer = accounts.add(chat, AddAccount(pending.name, pending.phc))
    if isinstance(answer, Refused):
        problem = "ACCOUNT_EXISTS" if answer.code == "ACCOUNT_EXISTS" else "BAD_ACCOUNT_NAME"
        ctx.server("FAIL", "REGISTER", problem, pending.name, text=f"{answer.text}: REGISTER another name")
        return
    chat.enter(InvitationUsed(*opened), ctx)
    chat.enter(Audited(chat.now.wall, pending.name, session.address, "register", pending.name), ctx)
    # Nobody is logged in as an account that may not be stored after all.
    ctx.when_stored(lambda: registered(ctx, pending))


def registered(ctx: Context, pending: Pending) -> None:
    """The account is stored: the session is logged in, as if by SASL."""
    account = ctx.registry.account(pending.name)
    if account is None or not account.usable:
        ctx.fail("TEMPORARILY_UNAVAILABLE", pending.name, text="The account was taken away at once")
        return
    ctx.chat.count("logins.registered")
    ctx.server("VERIFY", "SUCCESS", account.name, text="Your account was made")
    if bans.turned_away(ctx.chat, ctx.session, account):
        return
    full = no_place(ctx.chat, account)
    if full is not None:
        ctx.server("FAIL", "*", "LIMIT_REACHED", text=full)
        ctx.chat.end(ctx.session, full, "Too many sessions")
        return
    accepted(ctx, account)
    source = f"{ctx.nick}!{account.name}@{ctx.settings.server_name}"
    ctx.numeric(num.RPL_LOGGEDIN, source, account.name, text=f"You are now logged in as {account.name}")
    complete(ctx)


COMMANDS = (
    Command("REGISTER", register, min_params=3, before_login=True),
    Command("VERIFY", verify, min_params=2, before_login=True),
)
