"""Sessions as administrators and their own people see them: who is logged in from where, and ending them."""

from securechat.chat.effects import Then
from securechat.chat.items import EndSessions
from securechat.chat.requests import Answer, Done, Refused
from securechat.chat.rules.operators import end_some, lose_powers
from securechat.chat.state.account import Account
from securechat.chat.state.session import Session
from securechat.chat.turn.chat import Chat

Row = dict[str, str | int | bool | None]


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
    for session in chat.sessions.values():
        operator, everywhere = session.operator, item.only is None and item.device is None
        if everywhere and operator is not None and operator.id == item.account:
            lose_powers(chat, session)
        if session.account is not None and session.account.id == item.account and _concerns(item, session):
            wanted.append(session)
    end_some(chat, wanted, item, lambda session: chat.end(session, item.reason, item.reason))


def _concerns(item: EndSessions, session: Session) -> bool:
    only = item.only in (None, session.id) and item.device in (None, session.device)
    return only and session.id != item.spare
