"""How much each account may have stored, and what is said when it may not.

Theory of operation. What a command stores is known when it is done, and not before: its records have a
weight (`records.weight`), whatever the command was and for how many it is. The engine has each command paid
for before anything of it is stored or leaves. Who is above the burst of flood control waits before the next
command; a command that the budget of the day has no room for is taken back and refused, as a whole, as it
would be on a full disk. The same happens to members' commands that store something while the disk has less
room than the reserve (`storage.reserve`). So no command needs to know of it, and none can forget it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from securechat.chat.records import AccountSpent, Record
from securechat.chat.records.weight import weight_of
from securechat.chat.rules.shares import most, refusal
from securechat.chat.shares import BOT_FACTOR, FOUNDINGS, STORED
from securechat.chat.state.account import Account
from securechat.chat.state.session import Session
from securechat.chat.state.spending import BURST, DAY, NOTED, RATE, Spent
from securechat.chat.turn.chat import Chat
from securechat.irc.text import count

MIB: Final = 1 << 20
AT_ONCE: Final = 8192
"""Bytes until the meters of an account are read again."""


_FLOW: Final = float(BURST), float(RATE)
_BOT_FLOW: Final = float(BURST * BOT_FACTOR), float(RATE * BOT_FACTOR)
"""Bytes that an account may have stored at once, and then in a second."""


class Problem(NamedTuple):
    """Why a command is not done, as `FAIL` says it: the code and the text."""

    code: str
    text: str


RESERVED: Final = Problem(
    "STORE_UNAVAILABLE",
    "The server's disk is nearly full, and the rest is for its operators: nothing was stored or sent, try "
    "again later",
)


def pay(chat: Chat, session: Session, records: Sequence[Record]) -> Problem | None:
    """Have the session's account pay for what its command stores; return why it cannot, with nothing paid.

    Operators pay, and are never refused.
    """
    account = session.account
    if account is None:
        return None
    size, spent = weight_of(records), account.spent
    if size and chat.low_on_space and session.operator is None:
        chat.count("refusals.store_reserve", account)
        return RESERVED
    spent.fresh += size
    if spent.fresh <= spent.room or not size:
        return None
    spent.fresh -= size
    over = _over_the_day(chat, account, spent, size)
    if over > 0 and session.operator is None:
        text = refusal(chat, account, STORED, most(chat, account, STORED))
        return Problem("LIMIT_REACHED", f"{text}: nothing of this was sent, try again in {spoken(over)}")
    spent.fresh = size
    if spent.unnoted >= NOTED:
        note(chat, account)
    return None


def note(chat: Chat, account: Account) -> None:
    """Have it stored with the current command what the account has spent of its budgets of a day."""
    spent, mono = account.spent, chat.now.mono
    stored = spent.day.level(most(chat, account, STORED) * MIB / DAY, mono) + spent.fresh
    channels = spent.channels.level(most(chat, account, FOUNDINGS) / DAY, mono)
    spent.unnoted = 0
    chat.enter(AccountSpent(account.id, int(stored), channels, chat.now.wall), None)


def give_back(session: Session, records: Sequence[Record]) -> None:
    """Take back what was paid for records that were not stored, since the disk is full."""
    if session.account is not None:
        session.account.spent.fresh -= weight_of(records)


def wait(chat: Chat, account: Account) -> float:
    """Return the seconds until the account has drained to its burst, 0 when it may go on."""
    spent, (burst, rate) = account.spent, _flow(account)
    if spent.flow.peak + spent.fresh <= burst:
        return 0.0  # it only drains, so there is no need to read it
    over = spent.flow.level(rate, chat.now.mono) + spent.fresh - burst
    return over / rate if over > 0 else 0.0


def _over_the_day(chat: Chat, account: Account, spent: Spent, size: int) -> float:
    """Return the seconds until there is room for `size` bytes more, 0 or less when there is."""
    limit, now = most(chat, account, STORED) * MIB, chat.now.mono
    rate = limit / DAY
    spent.read(_flow(account)[1], rate, now)
    spent.day.cap(limit)
    left = limit - spent.day.level(rate, now) - size if limit else AT_ONCE
    spent.room = size + int(min(left, AT_ONCE))
    return -left / rate if limit else 0.0


def _flow(account: Account) -> tuple[float, float]:
    """Return the bytes that the account may have stored at once, and then in a second."""
    return _BOT_FLOW if account.role == "bot" else _FLOW


def spoken(seconds: float) -> str:
    """Return a time for people, rounded up."""
    whole = int(seconds) + 1
    if whole < 120:
        return count(whole, "second")
    return f"{whole // 60 + 1} minutes"
