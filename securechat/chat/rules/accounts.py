"""Making accounts, and listing them."""

from securechat.chat.effects import HashAdded
from securechat.chat.records import ROLES, AccountAdded, PasswordDue
from securechat.chat.requests import AddAccount, Answer, Done, Refused
from securechat.chat.rules import roles
from securechat.chat.rules.autojoin import join_account
from securechat.chat.rules.renaming import name_problem
from securechat.chat.state.account import Account, sorted_by_name
from securechat.chat.turn.chat import Chat
from securechat.irc.names import InvalidName, check_account

Row = dict[str, str | int | bool | None]


def add(chat: Chat, request: AddAccount) -> Answer:
    """Make an account and let it join the channels that everybody joins."""
    try:
        name = check_account(request.name)
    except InvalidName as error:
        return Refused("NAME_INVALID", str(error))
    problem = name_problem(chat, name, None)
    if problem is not None:
        return problem
    if request.role not in ROLES:
        return roles.unknown_role(request.role)
    account_id = max(chat.registry.accounts, default=0) + 1
    chat.enter(AccountAdded(account_id, name, request.phc, request.role, chat.now.wall), None)
    set_due(chat, chat.registry.accounts[account_id], request.must_change)
    chat.emit(HashAdded(request.phc))
    if chat.settings.nicknames == "account":
        join_account(chat, chat.registry.accounts[account_id])
    return Done()


def set_due(chat: Chat, account: Account, due: bool) -> None:
    """Let the account's next login do nothing but set a new password, or let it go on."""
    if account.password_due is not due:
        chat.enter(PasswordDue(account.id, due, chat.now.wall), None)


def rows(chat: Chat) -> list[Row]:
    """List the accounts that have credentials, for people and programs."""
    return [
        {
            "name": account.name,
            "role": account.role,
            "disabled": account.disabled,
            "created": account.created,
            "sessions": len(chat.registry.sessions_of(account)),
            "last_login": account.last_login,
            "must_change": account.password_due,
        }
        for account in sorted_by_name(chat.registry.accounts.values())
        if account.phc is not None
    ]
