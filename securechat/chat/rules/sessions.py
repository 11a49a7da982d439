"""Sessions as administrators and their own people see them: who is logged in from where, and ending them."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from securechat.chat.effects import Then
from securechat.chat.items import EndSessions
from securechat.chat.people import EndSessionsOf
from securechat.chat.requests import Answer, Done, Refused, Row
from securechat.chat.rules.operators import end_each, lose_powers
from securechat.chat.state.account import Account
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.steps import Steps

_WHY: Final = "You or an administrator ended this session"


def rows(chat: Chat, account: Account) -> list[Row]:
    """List from where and since when an account is logged in."""
    return [_row(session, account) for session in _of(chat, account)]


def all_rows(chat: Chat) -> Iterator[Row | None]:
    """List who is logged in from where and since when."""
    for session in list(chat.sessions.values()):
        account = session.account
        yield _row(session, account) if account is not None and not session.closed else None


def _of(chat: Chat, account: Account) -> list[Session]:
    """Return the sessions that proved an account, also those that have not completed their registration."""
    return [session for session in chat.sessions.values() if session.account is account]


def _row(session: Session, account: Account) -> Row:
    return {
        "account": account.name,
        "id": session.id,
        "name": session.title,
        "address": session.address,
        "since": session.login.at,
        "operator": session.operator is not None,
    }


def end_one(chat: Chat, account: Account, session_id: int) -> Answer:
    """End one session of an account, also on a full disk: the audit log owes the entry then."""
    if session_id not in [session.id for session in _of(chat, account)]:
        text = f"{account.name} has no session {session_id}: `sessions` lists them"
        return Refused("SESSION_UNKNOWN", text)
    chat.emit(Then(EndSessions(account.id, _WHY, only=session_id)))
    return Done()


def end_many(chat: Chat, account: Account, request: EndSessionsOf, spare: int | None = None) -> Answer:
    """End the sessions of an account; they end one after the other, in turns to come.

    That whose id is `spare` goes on. The answer says how many there are.
    """
    problem = _problem(request)
    if problem is not None:
        return problem
    item = EndSessions(account.id, _WHY, spare=spare, address=request.address)
    wanted = sum(_is_of(item, session) for session in _of(chat, account))
    if wanted:
        chat.emit(Then(item))
    return Done([{"ended": wanted}])


def end_from(steps: Steps, request: EndSessionsOf, then: Callable[[Answer], None]) -> None:
    """End everybody's sessions from a network, as `end_many` does; `then` is called with the answer."""
    problem = _problem(request)
    if problem is not None:
        then(problem)
        return
    item, wanted = EndSessions(None, _WHY, address=request.address), list[Session]()

    def look(session: Session) -> None:
        if _is_of(item, session):
            wanted.append(session)

    def looked() -> None:
        if wanted:
            steps.chat.emit(Then(item))
        then(Done([{"ended": len(wanted)}]))

    steps.for_each(list(steps.chat.sessions.values()), look, looked)


def _problem(request: EndSessionsOf) -> Refused | None:
    if not request.name and not request.address:
        return Refused("NOTHING_NAMED", "Name an account or an address whose sessions are to end")
    if request.address and _network(request.address) is None:
        text = f"{request.address!r} is neither an address nor a network, such as 192.0.2.7 or 2001:db8::/48"
        return Refused("ADDRESS_INVALID", text)
    return None


@lru_cache(maxsize=256)
def _network(text: str) -> IPv4Network | IPv6Network | None:
    """Return the network that a text means, or None. ASCII only: other digits are no address."""
    try:
        return ip_network(text, strict=False) if text.isascii() else None
    except ValueError:
        return None


@lru_cache(maxsize=16384)
def _ip(address: str) -> IPv4Address | IPv6Address:
    found = ip_address(address)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def then_end(chat: Chat, account: Account, why: str, *, spare: int | None = None) -> None:
    """End the account's sessions once the change is stored: when the disk is full nothing has changed.

    The session whose id is `spare` goes on.
    """
    chat.emit(Then(EndSessions(account.id, why, spare=spare)))


def end_sessions(chat: Chat, item: EndSessions) -> None:
    """End every session that proved this account, also one that has not completed its registration.

    A session of another account to which it gave an operator's powers loses these. It is looked at each
    session once, in as many turns as that takes.
    """
    if item.only is None and item.device is None and not item.address:
        for session in [*chat.operators]:
            if session.operator is not None and session.operator.id == item.account:
                lose_powers(chat, session)
    wanted: list[Session] = []

    def look(session: Session) -> None:
        if _is_of(item, session):
            wanted.append(session)

    def end(session: Session) -> None:
        chat.end(session, item.reason, item.reason)

    def looked() -> None:
        if chat.tired():  # each listens in hundreds of channels
            chat.when_stored(lambda: end_each(chat, iter(wanted), end))
        else:
            end_each(chat, iter(wanted), end)

    chat.later(lambda: Steps(chat).for_each(list(chat.sessions.values()), look, looked))


def _is_of(item: EndSessions, session: Session) -> bool:
    if session.account is None or item.account not in (None, session.account.id) or session.closed:
        return False
    if session.id == item.spare or item.only not in (None, session.id):
        return False
    if item.device not in (None, session.device):
        return False
    network = _network(item.address) if item.address else None
    return network is None or _ip(session.address) in network
