"""What becomes of a failed login, and of a failed OPER and its like: a count, a line of the log, an alarm.

The peer reads the same whatever the reason was; only the log, the audit log and operators are told it. None
of them is told what was tried as a password, and a name that no account can have is not repeated: it may be
a password in the wrong place.
"""

from collections.abc import Mapping
from enum import Enum
from functools import partial
from typing import Final, NamedTuple

from securechat.chat.effects import Alarmed, LoginFailed
from securechat.chat.records import Audited
from securechat.chat.rules.operators import tell
from securechat.chat.rules.owed import owe
from securechat.chat.state.account import Account
from securechat.chat.state.alarms import Alarm, Kind
from securechat.chat.state.counters import Counted
from securechat.chat.state.session import Session
from securechat.chat.state.throttle import source_of
from securechat.chat.turn.chat import Chat
from securechat.irc.names import NAME_BYTES, InvalidName, check_account, fold
from securechat.irc.text import count

NO_NAMES: Final = ("(none)", "(no account's name)")
"""How a log calls what no name was, and what no account's name can be."""


class Way(Enum):
    """How somebody tried to prove something."""

    SASL = "SASL PLAIN"
    EXTERNAL = "SASL EXTERNAL"
    PASS = "PASS"
    OPER = "OPER"
    CODE = "second factor"
    """For a device, or to change the second factor itself."""
    PASSWORD = "password"
    """The pseudo-user's command."""
    VERIFY = "VERIFY"
    """An invitation's code."""


class Reason(Enum):
    """Why it failed."""

    WRONG = "wrong password"
    CODE = "wrong code"
    DEVICE = "no such device"
    UNKNOWN = "no such account"
    DISABLED = "the account is disabled"
    CHANGED = "the account was changed meanwhile"
    THROTTLED = "too many attempts"
    MALFORMED = "no name and password in it"
    POWERLESS = "no administrator"


OF_LOGIN: Final[Mapping[Reason, Counted]] = {
    Reason.UNKNOWN: "logins.unknown",
    Reason.DISABLED: "logins.disabled",
    Reason.THROTTLED: "logins.throttled",
    Reason.MALFORMED: "logins.malformed",
}
"""What a login counts as; anything else is `logins.wrong`."""
OF_OTHERS: Final[Mapping[Way, Counted]] = {
    Way.OPER: "logins.oper_failed",
    Way.CODE: "logins.code_failed",
    Way.PASSWORD: "logins.password_change_failed",
    Way.VERIFY: "logins.registration_failed",
}


class Failure(NamedTuple):
    """An attempt that failed; `name` is the account's as it was tried, "" when none was."""

    session: Session
    way: Way
    name: str
    reason: Reason


def note(chat: Chat, failure: Failure) -> None:
    """Count an attempt that failed, have it logged, and tell the operators when there are many.

    The line of the log has an outcome of its own: it is true also when the command is refused.
    """
    session, way, name, reason = failure
    account = chat.registry.account(name)
    shown = account.name if account is not None else _shown(name)
    chat.count(OF_OTHERS.get(way) or OF_LOGIN.get(reason, "logins.wrong"))
    chat.later(partial(chat.emit, LoginFailed(session.link, shown, way.value, reason.value)))
    subjects = [(Kind.SOURCE, source_of(session.address))]
    if account is not None:
        subjects.append((Kind.ACCOUNT, account.name))
    elif shown not in NO_NAMES and way is not Way.VERIFY:
        subjects.append((Kind.NAME, fold(shown)))
    last = f", the last one from {session.address} with {way.value}: {reason.value}"
    for kind, subject in subjects:
        alarm = chat.alarms.failed(kind, subject, chat.now.mono)
        if alarm is not None:
            _raise(chat, alarm, session.address, last)


def why(account: Account | None, correct: bool, epoch: int) -> Reason | None:
    """Return why a password that was checked proves nothing; None when it proves the account.

    `epoch` is the account's when the check began.
    """
    if account is None or account.phc is None:
        return Reason.UNKNOWN
    if not account.usable:
        return Reason.DISABLED
    if not correct:
        return Reason.WRONG
    return Reason.CHANGED if account.epoch != epoch else None


def settle(chat: Chat) -> None:
    """Tell how many failures more there were in the hour after an alarm."""
    for alarm in chat.alarms.due(chat.now.mono):
        _raise(chat, alarm, "*", "")


def _raise(chat: Chat, alarm: Alarm, origin: str, last: str) -> None:
    """Tell the log, the operators and, as soon as there is room, the audit log.

    Each is an outcome of its own: a full disk must keep nothing back, least of all the answer to the login.
    """
    text = f"{_told(alarm)}{last}"
    chat.later(partial(chat.emit, Alarmed(text)))
    chat.later(partial(tell, chat, text))
    target = alarm.subject or f"others ({alarm.kind.value}s)"
    server = chat.settings.server_name
    entry = Audited(chat.now.wall, server, origin, "failed logins", target, text)
    owe(chat, entry)


def _told(alarm: Alarm) -> str:
    on = {Kind.SOURCE: "from ", Kind.ACCOUNT: "as ", Kind.NAME: "as the unknown "}[alarm.kind]
    on += alarm.subject.removesuffix("/32") if alarm.subject else f"others ({alarm.kind.value}s)"
    if alarm.first:
        return f"{alarm.times} failed logins {on} within 10 minutes"
    return f"{count(alarm.times, 'more failed login')} {on} in the hour after that"


def _shown(name: str) -> str:
    none, wrong = NO_NAMES
    if not name:
        return none
    if len(name) > 2 * NAME_BYTES:  # do not let a peer buy much work with a long name
        return wrong
    try:
        return check_account(name)
    except InvalidName:
        return wrong
