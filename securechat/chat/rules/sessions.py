"""Sessions as administrators and their own people see them: who is logged in from where, and ending them."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from securechat.chat.effects import Then
from securechat.chat.items import EndSessions
from securechat.chat.people import EndSessionsOf
from securechat.chat.requests import Answer, Done, Refused, Row
from securechat.chat.rules.operators import end_some, lose_powers
from securechat.chat.state.account import Account
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat


def rows(chat: Chat, account: Account | None) -> list[Row]:
    """List who is logged in from where and since when."""
    return [
        {
            "account": session.account.name,
            "id": session.id,
            "name": session.title,
            "address": session.address,
            "since": session.login.at,
            "operator": session.operator is not None,
        }
        for session in chat.sessions.values()
        if session.account is not None and account in (None, session.account)
    ]


def end_one(chat: Chat, account: Account, session_id: int) -> Answer:
    """End one session of an account, also on a full disk: the audit log owes the entry then."""
    own = (session.id for session in chat.sessions.values() if session.account is account)
    if session_id not in own:
        text = f"{account.name} has no session {session_id}: `sessions` lists them"
        return Refused("SESSION_UNKNOWN", text)
    chat.emit(Then(EndSessions(account.id, "You or an administrator ended this session", only=session_id)))
    return Done()


def end_many(chat: Chat, account: Account | None, request: EndSessionsOf, spare: int | None = None) -> Answer:
    """End the sessions of an account, or from a network; they end one after the other, in turns to come.

    That whose id is `spare` goes on. The answer says how many there are.
    """
    if not request.name and not request.address:
        return Refused("NOTHING_NAMED", "Name an account or an address whose sessions are to end")
    if request.address and _network(request.address) is None:
        text = f"{request.address!r} is neither an address nor a network, such as 192.0.2.7 or 2001:db8::/48"
        return Refused("ADDRESS_INVALID", text)
    whose = account.id if account is not None else None
    why = "You or an administrator ended this session"
    item = EndSessions(whose, why, spare=spare, address=request.address)
    wanted = sum(_is_of(item, session) and _concerns(item, session) for session in chat.sessions.values())
    if wanted:
        chat.emit(Then(item))
    return Done([{"ended": wanted}])


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

    A session of another account to which it gave an operator's powers loses these.
    """
    wanted: list[Session] = []
    everywhere = item.only is None and item.device is None and not item.address
    for session in chat.sessions.values():
        operator = session.operator
        if everywhere and operator is not None and operator.id == item.account:
            lose_powers(chat, session)
        if _is_of(item, session) and _concerns(item, session):
            wanted.append(session)
    end_some(chat, wanted, item, lambda session: chat.end(session, item.reason, item.reason))


def _is_of(item: EndSessions, session: Session) -> bool:
    return session.account is not None and item.account in (None, session.account.id)


def _concerns(item: EndSessions, session: Session) -> bool:
    only = item.only in (None, session.id) and item.device in (None, session.device)
    if not only or session.id == item.spare or session.closed:
        return False
    network = _network(item.address) if item.address else None
    return network is None or _ip(session.address) in network
