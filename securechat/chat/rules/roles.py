"""Roles of accounts: who is an administrator, and what follows when that changes."""

from functools import partial

from securechat.chat.people import SetRole
from securechat.chat.records import ROLES, RoleSet
from securechat.chat.requests import Answer, Done, Refused
from securechat.chat.rules import administrators
from securechat.chat.rules.operators import set_powers
from securechat.chat.state.account import Account
from securechat.chat.state.session import BOT, User
from securechat.chat.turn.chat import Chat


def unknown_role(role: str) -> Refused:
    """Say that there is no such role."""
    return Refused("ROLE_UNKNOWN", f"{role!r} is no role: use one of {', '.join(sorted(ROLES))}")


def set_role(chat: Chat, account: Account, request: SetRole) -> Answer:
    """Give an account another role; when it is an administrator no more, its powers end at once."""
    before = account.role
    if request.role not in ROLES:
        return unknown_role(request.role)
    if before == request.role:
        return Done()
    refusal = administrators.refusal(chat, [account]) if not request.force else None
    if refusal is not None:
        return refusal
    chat.enter(RoleSet(account.id, request.role, before, chat.now.wall), None)
    if before == "admin":
        _end_powers(chat, account)
    if "bot" in (before, request.role):
        for user in chat.registry.users_of(account):
            _mark(chat, user, request.role == "bot")
    return Done()


def detail(chat: Chat, request: SetRole) -> str:
    """Return what the audit log says of a role that is about to be given."""
    account = chat.registry.account(request.name)
    return f"{account.role if account is not None else '?'} to {request.role}"


def _end_powers(chat: Chat, account: Account) -> None:
    """Take the powers from every session that has them by this account; they stay if the disk is full."""
    for session in [session for session in chat.operators if session.operator is account]:
        set_powers(chat, session, None)
        chat.if_refused(partial(set_powers, chat, session, account))
        if (user := session.user) is not None:
            chat.fanout.send(session, user.line("MODE", (user.nick, "-o"), None, chat.now.wall))


def _mark(chat: Chat, user: User, bot: bool) -> None:
    """Let an online user have the mode that says it is a bot, or not."""
    before = user.modes
    after = "".join(sorted({*before, BOT} if bot else set(before) - {BOT}))
    if after != before:
        chat.registry.set_modes(user, after)
        chat.if_refused(lambda: chat.registry.set_modes(user, before) if user.sessions else None)
        line = user.line("MODE", (user.nick, f"{'+' if bot else '-'}{BOT}"), None, chat.now.wall)
        chat.fanout.broadcast(user.audience, line)
