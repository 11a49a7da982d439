"""The pseudo-user's command for the devices of one's own account."""

from collections.abc import Callable
from typing import Final

from securechat.chat.jobs import JobResult, MakeToken, TokenMade
from securechat.chat.requests import AddDevice, Refused, RevokeDevice
from securechat.chat.rules import authenticators
from securechat.chat.rules.administration import perform
from securechat.chat.rules.devices import rows
from securechat.chat.rules.proof import BUSY
from securechat.chat.service.asked import Asked, ServiceCommand
from securechat.chat.tokens import digest
from securechat.irc.timestamp import format_ms

HOW: Final = "devices token <name> <code>"


def devices(asked: Asked) -> None:
    """devices [token <name> [<code>] | revoke <name>]

    Lists what may log in to your account without its password, makes a token for a device, or takes a device
    away. A token goes where a client wants the password. What is revoked is logged out at once. An account
    with a second factor needs a code of its authenticator for a token.
    """
    match asked.words:
        case []:
            _list(asked)
        case ["token", name, *code] if not code or authenticators.CODE.fullmatch("".join(code)):
            _token(asked, name, "".join(code))
        case ["revoke", name]:
            _perform(asked, RevokeDevice(asked.account.name, name), f"The device {name} was revoked")
        case _:
            asked.say("Use `devices`, `devices token <name>` or `devices revoke <name>`")


def _list(asked: Asked) -> None:
    found = rows(asked.ctx.chat, asked.account)
    if not found:
        asked.say("You have no devices: `devices token <name>` makes a token for one")
    for row in found:
        used = f"last used {format_ms(int(row['used']))}" if row["used"] else "never used"
        until = f"{'expired' if row['expired'] else 'until'} {format_ms(int(row['expires'] or 0))}"
        asked.say(f"{row['device']}: {row['kind']}, {used}, {until}, sessions: {row['sessions']}")


def _token(asked: Asked, name: str, code: str) -> None:
    """Make a token, if a second factor may agree."""
    problem = authenticators.lacking(asked.ctx.chat, asked.account, code, HOW)
    if problem is not None:
        _refuse(asked, problem)
    else:
        job = MakeToken(asked.ctx.session.link)
        asked.ctx.ask(job, lambda result: _made(asked, name, code, result))


def _refuse(asked: Asked, reason: Refused) -> None:
    asked.say(f"Nothing was changed: {reason.text}")


def _made(asked: Asked, name: str, code: str, result: JobResult) -> None:
    """Let the token in if a second factor agrees, and say it, once."""
    if not isinstance(result, TokenMade):
        asked.say(f"Nothing was changed: {BUSY}")
        return
    token = result.token

    def let_in(spend: Callable[[], None]) -> None:
        request = AddDevice(asked.account.name, name, digest(token))
        if _perform(asked, request, f"The token of {name}, shown only now: {token}"):
            spend()

    authenticators.ask(asked.ctx, code, HOW, lambda reason: _refuse(asked, reason), let_in)


def _perform(asked: Asked, request: AddDevice | RevokeDevice, done: str) -> bool:
    """Do it, and return whether it was done, which is said when it is stored."""
    answer = perform(asked.ctx.chat, request, asked.account.name, asked.ctx.session.address)
    asked.say(answer.text if isinstance(answer, Refused) else done)
    return not isinstance(answer, Refused)


COMMANDS: Final = (ServiceCommand("devices", devices),)
