"""The pseudo-user's commands for one's own account: whoami, password, sessions."""

from typing import Final

from securechat.chat.jobs import HashPassword, JobResult, PasswordHashed
from securechat.chat.people import EndSessionsOf
from securechat.chat.requests import Answer, Done, EndSession, ListSessions, Refused, SetPassword
from securechat.chat.rules.administration import perform
from securechat.chat.rules.failures import Way
from securechat.chat.rules.proof import BUSY, prove
from securechat.chat.service.asked import Asked, ServiceCommand
from securechat.chat.state.account import Account
from securechat.irc.timestamp import format_ms


def whoami(asked: Asked) -> None:
    """whoami

    Says who you are here.
    """
    session, account = asked.ctx.session, asked.account
    power = ", with an operator's powers" if session.oper else ""
    asked.say(f"You are {asked.ctx.nick}, logged in as {account.name} ({account.role}){power}")
    asked.say(f"This is session {session.id} ({session.title}), from {session.address}")


def password(asked: Asked) -> None:
    """password <old> <new>

    Changes your password and ends your other sessions. It cannot hold blanks here.
    """
    if len(asked.words) != 2:
        asked.say("Write the old and the new password, without blanks in them: password <old> <new>")
        return
    old, new = asked.words

    def proved(account: Account, _result: object) -> None:
        checked = account.phc
        asked.ctx.ask(
            HashPassword(asked.ctx.session.link, new), lambda result: hashed(asked, account, checked, result)
        )

    prove(
        asked.ctx,
        Way.PASSWORD,
        asked.account.name,
        old,
        lambda _, reason: asked.say(f"Nothing was changed: {reason}"),
        proved,
    )


def hashed(asked: Asked, account: Account, checked: str | None, result: JobResult) -> None:
    """Set the new password, unless it is too weak or the account has changed meanwhile."""
    if not isinstance(result, PasswordHashed):
        asked.say(f"Nothing was changed: {BUSY}")
    elif result.phc is None:
        asked.say(f"Nothing was changed: {result.problem}")
    elif account.phc != checked or not account.usable:
        asked.say("Nothing was changed: the account was changed from elsewhere at the same moment")
    else:
        session = asked.ctx.session
        request = SetPassword(account.name, result.phc)
        answer = perform(asked.ctx.chat, request, account.name, session.address, spare=session.id)
        asked.ctx.chat.count("logins.password_changed")
        tell(asked, answer, "Your password was changed, and your other sessions end")


def sessions(asked: Asked) -> None:
    """sessions [end <id> | end others]

    Lists your sessions, or ends one, or all but this. Log in as <account>@<name> to give a session a name.
    """
    chat, name, address = asked.ctx.chat, asked.account.name, asked.ctx.session.address
    match asked.words:
        case []:
            answer = perform(chat, ListSessions(name), name, address)
            for row in answer.rows if isinstance(answer, Done) else ():
                mark = " (this one)" if row["id"] == asked.ctx.session.id else ""
                since = format_ms(int(row["since"] or 0))
                asked.say(f"{row['id']}: {row['name']}, from {row['address']}, since {since}{mark}")
        case ["end", number] if number.isascii() and number.isdigit():
            answer = perform(chat, EndSession(name, int(number[:9])), name, address)
            tell(asked, answer, f"Session {number} ends")
        case ["end", "others"]:
            answer = perform(chat, EndSessionsOf(name), name, address, spare=asked.ctx.session.id)
            tell(asked, answer, "Your other sessions end")
        case _:
            asked.say("Use `sessions`, or `sessions end <id>` with an id from that list")


def tell(asked: Asked, answer: Answer, done: str) -> None:
    """Say how a request ended."""
    asked.say(answer.text if isinstance(answer, Refused) else done)


COMMANDS: Final = (
    ServiceCommand("password", password),
    ServiceCommand("sessions", sessions),
    ServiceCommand("whoami", whoami),
)
