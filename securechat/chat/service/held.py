"""The one command of a session that has to set a new password: `password` to the pseudo-user."""

from securechat.chat.jobs import CheckPassword, HashPassword, JobResult, PasswordChecked, PasswordHashed
from securechat.chat.requests import Refused, SetPassword
from securechat.chat.reserved import is_service
from securechat.chat.rules import held
from securechat.chat.rules.administration import perform
from securechat.chat.rules.login import complete
from securechat.chat.rules.proof import BUSY
from securechat.chat.state.account import Account
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap

_SILENT = frozenset({"NOTICE", "TAGMSG"})


def obey(ctx: Context) -> None:
    """Take whatever a session sends that has to set a new password."""
    command, account = ctx.message.command, ctx.session.account
    if account is not None and not account.password_due:
        complete(ctx)  # an administrator has set one meanwhile
    elif command == "PRIVMSG" and is_service(ctx.param(0)):
        word, _, rest = ctx.param(1).lstrip(" ").partition(" ")
        old, _, new = rest.partition(" ")
        if word.lower() == "password" and new:
            _begin(ctx, old, new)
        else:
            held.explain(ctx)
    elif command not in _SILENT:
        held.refuse(ctx)


def _begin(ctx: Context, old: str, new: str) -> None:
    """See that the old password, if it was said, is right, and that the new one is another."""
    chat, account, link = ctx.chat, ctx.session.account, ctx.session.link
    assert account is not None, "it was proven"
    if not chat.throttle.may_use_powers(account.id, chat.now.mono):
        held.refuse(ctx, "TEMPORARILY_UNAVAILABLE", "You had too many passwords checked: wait a few minutes")
        return
    checked = account.phc

    def compared(result: JobResult) -> None:
        if not isinstance(result, PasswordChecked):
            held.refuse(ctx, "TEMPORARILY_UNAVAILABLE", BUSY)
        elif result.correct:
            held.refuse(
                ctx, "UNACCEPTABLE_PASSWORD", "This is the password that you have: choose another one"
            )
        else:
            ctx.ask(HashPassword(link, new), lambda hashed: _hashed(ctx, account, checked, hashed))

    def proven(result: JobResult) -> None:
        if isinstance(result, PasswordChecked) and not result.correct:
            text = "The old password is wrong: say * in its place, since you have just logged in with it"
            held.refuse(ctx, "UNACCEPTABLE_PASSWORD", text)
        elif isinstance(result, PasswordChecked):
            ctx.ask(CheckPassword(link, checked, new, True), compared)
        else:
            held.refuse(ctx, "TEMPORARILY_UNAVAILABLE", BUSY)

    first = new if old == "*" else old
    ctx.ask(CheckPassword(link, checked, first, True), compared if old == "*" else proven)


def _hashed(ctx: Context, account: Account, checked: str | None, result: JobResult) -> None:
    """Set the new password, unless it is too weak or the account has changed meanwhile."""
    session = ctx.session
    if not isinstance(result, PasswordHashed):
        held.refuse(ctx, "TEMPORARILY_UNAVAILABLE", BUSY)
    elif result.phc is None:
        held.refuse(ctx, "UNACCEPTABLE_PASSWORD", result.problem)
    elif account.phc != checked or not account.usable:
        held.refuse(
            ctx, "TEMPORARILY_UNAVAILABLE", "The account was changed from elsewhere at the same moment"
        )
    else:
        request = SetPassword(account.name, result.phc)
        answer = perform(ctx.chat, request, account.name, session.address, spare=session.id)
        assert not isinstance(answer, Refused), "the account is there"
        ctx.chat.count("logins.password_changed")
        ctx.when_stored(lambda: _set(ctx))


def _set(ctx: Context) -> None:
    """The new password is stored: the session comes in."""
    text = "Your password was changed, and your other sessions end"
    if ctx.session.has(cap.STANDARD_REPLIES):
        ctx.server("NOTE", "*", "PASSWORD_CHANGED", text=text)
    else:
        held.say(ctx, text)
    complete(ctx)
