"""The pseudo-user's commands for second factors: `totp` for one's own, and `oper`, for every client."""

from collections.abc import Callable
from typing import Final

from securechat.chat.jobs import AuthenticatorMade, CheckCode, CodeChecked, JobResult, MakeAuthenticator
from securechat.chat.requests import Refused
from securechat.chat.rules import authenticators
from securechat.chat.rules.failures import Way
from securechat.chat.rules.oper import become_operator
from securechat.chat.rules.proof import BUSY, prove
from securechat.chat.service.asked import Asked, ServiceCommand
from securechat.chat.turn.context import Context
from securechat.irc.text import count
from securechat.irc.timestamp import format_ms

USE: Final = (
    "Use `totp`, `totp on <password>`, `totp confirm <code>`, `totp codes <code>` or `totp off <code>`"
)
ON_ALREADY: Final = "You have a second factor already: `totp off <code>` turns it off first"
OFF: Final = "You have no second factor: `totp on <password>` makes one"


def totp(asked: Asked) -> None:
    """totp [on <password> | confirm <code> | codes <code> | off <code>]

    Shows your second factor, an authenticator on your phone. `on` with your password makes its secret, and
    `confirm` with the first code turns it on: from then on a code is needed to add a device, and for OPER.
    `codes` makes new recovery codes, of which each is good once in place of a code, and `off` turns it off.
    """
    code = "".join(asked.words[1:])  # some show it with a blank in it
    match asked.words:
        case []:
            _show(asked)
        case ["on", _, *_]:
            _begin(asked, " ".join(asked.words[1:]))
        case ["confirm", _, *_]:
            _confirm(asked, code)
        case ["codes", _, *_]:
            _with_code(asked, code, lambda: _make(asked, lambda made: _codes(asked, made)))
        case ["off", _, *_]:
            _with_code(asked, code, lambda: _off(asked))
        case _:
            asked.say(USE)


def _show(asked: Asked) -> None:
    row = authenticators.row(asked.ctx.chat, asked.account)
    if row is None:
        asked.say(OFF)
    else:
        left = count(int(row["recovery_codes"] or 0), "recovery code")
        asked.say(f"Your second factor is on since {format_ms(int(row['since'] or 0))}, with {left} left")


def _begin(asked: Asked, password: str) -> None:
    """Make a secret for who knows the password: somebody at a session that was left open does not."""
    if _is_on(asked):
        asked.say(ON_ALREADY)
        return
    prove(
        asked.ctx,
        Way.PASSWORD,
        asked.account.name,
        password,
        lambda _, reason: asked.say(f"Nothing was changed: {reason}"),
        lambda _account, _result: _propose(asked),
        wrong="Wrong password",
    )


def _propose(asked: Asked) -> None:

    def propose(made: AuthenticatorMade) -> None:
        asked.account.proposed = made
        asked.say(f"For your authenticator, as a link: {made.uri}")
        asked.say(f"To type in: {' '.join(_fours(made.secret))} (by time, 6 digits, every 30 seconds)")
        asked.say("Nothing is on yet: say `totp confirm <code>` with the code that it shows")

    _make(asked, propose)


def _confirm(asked: Asked, code: str) -> None:
    made = asked.account.proposed
    if _is_on(asked):
        asked.say(ON_ALREADY)
    elif made is None:
        asked.say("Say `totp on <password>` first: it makes the secret for your authenticator")
    else:
        job = CheckCode(asked.ctx.session.link, made.secret, code, asked.ctx.chat.now.wall)
        asked.ctx.ask(job, lambda result: _confirmed(asked, made, result))


def _confirmed(asked: Asked, made: AuthenticatorMade, result: JobResult) -> None:
    account = asked.account
    if not isinstance(result, CodeChecked):
        asked.say(f"Nothing was changed: {BUSY}")
    elif result.step is None:
        asked.say("Nothing was changed: this is not the code. Are the clocks of phone and server right?")
    elif account.proposed is not made or _is_on(asked):
        asked.say("Nothing was changed: it was changed from elsewhere at the same moment")
    else:
        authenticators.begin(asked.ctx, account, made, result.step)
        asked.ctx.audit("second factor on", account.name)
        asked.say("Your second factor is on: a code is needed to add a device, and for OPER")
        _say_codes(asked, made.codes)


def _with_code(asked: Asked, code: str, then: Callable[[], None]) -> None:
    """Do something to the second factor, with a code of it."""

    def refused(reason: Refused) -> None:
        asked.say(f"Nothing was changed: {reason.text}")

    def proved(spend: Callable[[], None]) -> None:
        spend()
        then()

    if _is_on(asked):
        authenticators.check_own(asked.ctx, code, refused, proved)
    else:
        asked.say(OFF)


def _codes(asked: Asked, made: AuthenticatorMade) -> None:
    if not _is_on(asked):
        asked.say("Nothing was changed: it was turned off from elsewhere at the same moment")
        return
    authenticators.renew(asked.ctx, asked.account, made.codes)
    asked.ctx.audit("recovery codes", asked.account.name)
    _say_codes(asked, made.codes)


def _off(asked: Asked) -> None:
    authenticators.forget(asked.ctx.chat, asked.account)
    asked.ctx.audit("second factor off", asked.account.name)
    asked.say("Your second factor is off: forget it in your authenticator, too")


def _say_codes(asked: Asked, codes: tuple[str, ...]) -> None:
    asked.say("Recovery codes, for when you lose it: each is good once, and they are shown only now")
    asked.say_all(codes)


def _make(asked: Asked, then: Callable[[AuthenticatorMade], None]) -> None:
    """Have a secret and recovery codes made."""
    ctx = asked.ctx

    def made(result: JobResult) -> None:
        if isinstance(result, AuthenticatorMade):
            then(result)
        else:
            asked.say(f"Nothing was changed: {BUSY}")

    ctx.ask(MakeAuthenticator(ctx.session.link, asked.account.name, ctx.settings.network), made)


def _is_on(asked: Asked) -> bool:
    return asked.account.id in asked.ctx.registry.authenticators


def _fours(secret: str) -> list[str]:
    return [secret[at : at + 4] for at in range(0, len(secret), 4)]


def oper(asked: Asked) -> None:
    """oper <account> <password> [<code>]

    Does what OPER does, for clients that cannot say it. The password cannot hold blanks here.
    """

    def refuse(_ctx: Context, _numeric: str, text: str) -> None:
        """As a notice: a client that sees a message refused shows it again, with the password in it."""
        asked.say(f"You are no operator: {text}")

    become_operator(asked.ctx, asked.word(0), asked.word(1), "".join(asked.words[2:]), refuse)


COMMANDS: Final = (ServiceCommand("oper", oper, 2), ServiceCommand("totp", totp))
