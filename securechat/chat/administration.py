"""User administration: what `adduser` and its like do, with a running server and without one."""

from typing import TYPE_CHECKING

from securechat.chat.account import Account
from securechat.chat.effects import Answered, Then
from securechat.chat.items import Administer, EndSessions
from securechat.chat.records import (
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    AccountRemoved,
    ChannelCreated,
    Joined,
    Parted,
    PasswordSet,
)
from securechat.chat.registry import sorted_by_name
from securechat.chat.requests import (
    AddAccount,
    Answer,
    DisableAccount,
    Done,
    EnableAccount,
    ListAccounts,
    Refused,
    RemoveAccount,
    SetPassword,
)
from securechat.irc.names import InvalidName, check_account

if TYPE_CHECKING:
    from securechat.chat.core import Core

ROLES = frozenset({"member", "admin", "bot"})


def administer(core: "Core", item: Administer) -> None:
    """Do what was asked and answer it."""
    core.emit(Answered(item.ticket, _answer(core, item)))


def _answer(core: "Core", item: Administer) -> Answer:
    request = item.request
    if isinstance(request, AddAccount):
        return add(core, request)
    if isinstance(request, ListAccounts):
        return Done(rows(core))
    account = core.registry.account(request.name)
    if account is None or account.phc is None:
        return Refused(
            "ACCOUNT_UNKNOWN", f"There is no account {request.name!r}: `securechat users` lists them"
        )
    match request:
        case SetPassword():
            core.enter(PasswordSet(account.id, request.phc, account.phc, core.now.wall), None)
            if not request.keep_sessions:
                then_end(core, account, "The password of this account was changed")
        case RemoveAccount():
            remove(core, account, account.phc)
        case DisableAccount():
            if not account.disabled:
                core.enter(AccountDisabled(account.id, core.now.wall), None)
            then_end(core, account, "This account was disabled")
        case EnableAccount():
            if account.disabled:
                core.enter(AccountEnabled(account.id, core.now.wall), None)
    return Done()


def add(core: "Core", request: AddAccount) -> Answer:
    """Make an account and let it join the channels that everybody joins."""
    try:
        name = check_account(request.name)
    except InvalidName as error:
        return Refused("NAME_INVALID", str(error))
    same = core.registry.account(name)
    like = core.registry.account_like(name)
    if same is not None:
        state = "exists already" if same.phc is not None else "was removed, and its name stays reserved"
        return Refused("ACCOUNT_EXISTS", f"The account {same.name!r} {state}")
    if like is not None:
        return Refused("NAME_CONFUSABLE", f"The name {name!r} looks like that of the account {like.name!r}")
    if request.role not in ROLES:
        return Refused("ROLE_UNKNOWN", f"{request.role!r} is no role: use one of {', '.join(sorted(ROLES))}")
    account_id = max(core.registry.accounts, default=0) + 1
    core.enter(AccountAdded(account_id, name, request.phc, request.role, core.now.wall), None)
    if core.settings.nicknames == "account":
        for channel in core.settings.autojoin:
            core.enter(Joined(core.next_id(), account_id, autojoined(core, channel), core.now.wall), None)
    return Done()


def autojoined(core: "Core", name: str) -> int:
    """Return the id of a channel that new accounts join; it is made when it is not there."""
    channel = core.registry.channel(name)
    if channel is not None:
        return channel.id
    channel_id = max(core.registry.channels, default=0) + 1
    core.enter(ChannelCreated(channel_id, name, None, core.now.wall), None)
    return channel_id


def remove(core: "Core", account: Account, phc: str) -> None:
    """Remove credentials and memberships; messages stay under the id."""
    for channel in core.registry.channels_of(account.id):
        joined = channel.members[account.id]
        text = "The account was removed"
        core.enter(Parted(core.next_id(), account.id, channel.id, core.now.wall, text, joined), None)
    sources, waiting = tuple(account.sources.items()), core.registry.waiting[account.id]
    core.enter(AccountRemoved(account.id, phc, core.now.wall, sources, waiting), None)
    then_end(core, account, "This account was removed")


def then_end(core: "Core", account: Account, why: str) -> None:
    """End the account's sessions once the change is stored: when the disk is full nothing has changed."""
    core.emit(Then(EndSessions(account.id, why)))


def end_sessions(core: "Core", item: EndSessions) -> None:
    """End every session that proved this account, also one that has not completed its registration."""
    for session in list(core.sessions.values()):
        if session.account is not None and session.account.id == item.account:
            core.end(session, item.reason, item.reason)


def rows(core: "Core") -> list[dict[str, str | int | bool | None]]:
    """List the accounts that have credentials, for people and programs."""
    return [
        {
            "name": account.name,
            "role": account.role,
            "disabled": account.disabled,
            "created": account.created,
            "sessions": len(account.sessions),
        }
        for account in sorted_by_name(core.registry.accounts.values())
        if account.phc is not None
    ]
