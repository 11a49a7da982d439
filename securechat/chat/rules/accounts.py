"""Making accounts, and listing them."""

from collections.abc import Iterator
from dataclasses import replace

from securechat.chat.effects import HashAdded
from securechat.chat.people import ACCOUNTS_AT_ONCE, AddAccounts, CheckNames, NewAccount
from securechat.chat.records import ROLES, AccountAdded, PasswordDue
from securechat.chat.requests import AddAccount, Answer, Done, Refused, Row
from securechat.chat.rules import roles
from securechat.chat.rules.autojoin import join_account
from securechat.chat.rules.renaming import name_problem
from securechat.chat.state.account import Account, sorted_by_name
from securechat.chat.turn.chat import Chat
from securechat.irc.names import InvalidName, check_account, skeleton


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
    _enter(chat, NewAccount(name, request.phc, request.role, request.must_change), _next_id(chat))
    return Done()


def _next_id(chat: Chat) -> int:
    return max(chat.registry.accounts, default=0) + 1


def _enter(chat: Chat, new: NewAccount, account_id: int) -> None:
    """Make an account whose name and role were looked at."""
    chat.enter(AccountAdded(account_id, new.name, new.phc, new.role, chat.now.wall), None)
    set_due(chat, chat.registry.accounts[account_id], new.must_change)
    chat.emit(HashAdded(new.phc))
    if chat.settings.nicknames == "account":
        join_account(chat, chat.registry.accounts[account_id])


def add_many(chat: Chat, request: AddAccounts) -> Answer:
    """Make several accounts, or none of them when one cannot be made."""
    try:
        wanted = request.read()
    except ValueError as error:
        return Refused("BAD_REQUEST", str(error))
    if len(wanted) > ACCOUNTS_AT_ONCE:
        return Refused("BAD_REQUEST", f"at most {ACCOUNTS_AT_ONCE} accounts are made at once")
    seen: set[str] = set()
    for new in wanted:
        problem = _problem(chat, new.name) or (None if new.role in ROLES else roles.unknown_role(new.role))
        if problem is None and skeleton(new.name) in seen:
            problem = Refused("NAME_CONFUSABLE", f"The name {new.name!r} looks like another one of these")
        if problem is not None:
            return problem
        seen.add(skeleton(new.name))
    for account_id, new in enumerate(wanted, _next_id(chat)):
        _enter(chat, replace(new, name=check_account(new.name)), account_id)
    return Done()


def detail(new: AddAccount | NewAccount) -> str:
    """Return what the audit log says of an account that is made."""
    return f"{new.role}, password to be changed" if new.must_change else new.role


def check_names(chat: Chat, request: CheckNames) -> Answer:
    """Say which names no new account can have."""
    names = request.names.split(" ")[:ACCOUNTS_AT_ONCE]
    problems = [(name, _problem(chat, name)) for name in names if name]
    return Done(
        [{"name": name, "problem": problem.text} for name, problem in problems if problem is not None]
    )


def _problem(chat: Chat, name: str) -> Refused | None:
    try:
        return name_problem(chat, check_account(name), None)
    except InvalidName as error:
        return Refused("NAME_INVALID", str(error))


def set_due(chat: Chat, account: Account, due: bool) -> None:
    """Let the account's next login do nothing but set a new password, or let it go on."""
    if account.password_due is not due:
        chat.enter(PasswordDue(account.id, due, chat.now.wall), None)


def rows(chat: Chat) -> Iterator[Row | None]:
    """List the accounts that have credentials, for people and programs."""
    for account in sorted_by_name(chat.registry.accounts.values()):
        if account.phc is None:
            yield None
            continue
        yield {
            "name": account.name,
            "role": account.role,
            "disabled": account.disabled,
            "created": account.created,
            "sessions": len(chat.registry.sessions_of(account)),
            "last_login": account.last_login,
            "must_change": account.password_due,
        }
