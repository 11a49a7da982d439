"""Giving an account another name.

Theory of operation. Everything belongs to the account's id: messages, memberships, devices, bans. So a new
name changes how people call it, and little else. The old name stays the account's for ever: nobody inherits
what was meant for it, and masks (bans, exceptions, ignores) that were made for it still apply. It may be
taken back.
"""

from collections.abc import Mapping
from functools import partial

from securechat.chat.audience import Audience
from securechat.chat.effects import Renamed
from securechat.chat.limits import MAX_FORMER_NAMES
from securechat.chat.line import Line
from securechat.chat.people import RenameAccount
from securechat.chat.records import AccountRenamed
from securechat.chat.requests import Answer, Done, Refused
from securechat.chat.reserved import is_reserved
from securechat.chat.rules import presence
from securechat.chat.state.account import Account
from securechat.chat.state.session import User
from securechat.chat.turn.chat import Chat
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.names import InvalidName, check_account


def rename(chat: Chat, account: Account, request: RenameAccount) -> Answer:
    """Give an account another name, and show that to everybody who knows the old one."""
    try:
        name = check_account(request.new)
    except InvalidName as error:
        return Refused("NAME_INVALID", str(error))
    if name == account.name:
        return Done()
    problem = name_problem(chat, name, account)
    if problem is not None:
        return problem
    if len(account.former) >= MAX_FORMER_NAMES and chat.registry.account_known_as(name) is not account:
        had = f"{account.name} has had {MAX_FORMER_NAMES} names"
        return Refused("TOO_MANY_NAMES", f"{had}, as many as an account may have: use one of these")
    online, now = chat.registry.users_of(account), chat.now.wall
    ban = next(chat.registry.bans.of_source(name, name, chat.settings.server_name, now), None)
    if ban is not None:
        text = f"{ban.target} is banned, which would keep {name} out: use another name, or lift that ban"
        return Refused("NAME_BANNED", text)
    users = [(user, user.source, user.line("NICK", (name,), None, now)) for user in online]
    previous, former = account.name, account.former
    chat.if_refused(partial(_call_as_before, chat, account, {user.id: user.nick for user in online}))
    chat.enter(AccountRenamed(account.id, name, previous, now, former), None)
    chat.emit(Renamed(account.id, name))
    for user, source, line in users:
        _rename_user(chat, user, name, source, line)
    return Done()


def name_problem(chat: Chat, name: str, account: Account | None) -> Refused | None:
    """Return why a name cannot be this account's (None: a new one's), or None when it can."""
    if is_reserved(name):
        return Refused("NAME_RESERVED", f"The name {name!r} is the server's own, or looks like one of these")
    same = chat.registry.account(name)
    if same is not None and same is not account:
        state = "exists already" if same.phc is not None else "was removed, and its name stays reserved"
        return Refused("ACCOUNT_EXISTS", f"The account {same.name!r} {state}")
    if chat.registry.account_known_as(name) not in (None, account):
        text = f"The name {name!r} was that of an account which has another one now, and stays reserved"
        return Refused("ACCOUNT_EXISTS", text)
    like = chat.registry.account_like(name)
    if like is not None and like is not account:
        return Refused("NAME_CONFUSABLE", f"The name {name!r} looks like that of the account {like.name!r}")
    user = chat.registry.user_like(name)
    if user is not None and user.account is not account:
        text = f"The name {name!r} looks like the nick {user.nick!r}, which somebody has now: try again later"
        return Refused("NAME_CONFUSABLE", text)
    return None


def _call_as_before(chat: Chat, account: Account, nicks: Mapping[int, str]) -> None:
    """The new name found no room: call the account's users as before, also one who came in meanwhile."""
    for user in chat.registry.users_of(account):
        own = account.name if user.id > 0 else user.nick
        chat.registry.rename(user, nicks.get(user.id, own))


def _rename_user(chat: Chat, user: User, name: str, source: str, line: Line) -> None:
    """Show what is different of an online user, whose account has been renamed.

    Where nicks are account names it is the nick; everywhere it is the account, which is part of the source.
    """
    if user.id > 0:
        presence.change_nick(chat, user, name, None, line)
    else:
        chat.registry.rename(user, user.nick)
    now, server = chat.now.wall, chat.settings.server_name
    moved = f"{user.nick}!{source.partition('!')[2]}"
    if moved != user.source:
        host = Line(moved, "CHGHOST", (user.account.name, server), None, now, None, user.account.name)
        chat.fanout.broadcast(_peers_with(chat, user, cap.CHGHOST), host)
    account = user.line("ACCOUNT", (user.account.name,), None, now)
    chat.fanout.broadcast(_peers_with(chat, user, cap.ACCOUNT_NOTIFY), account)
    text = f"You are now logged in as {user.account.name}"
    own = Line(server, num.RPL_LOGGEDIN, (user.nick, user.source, user.account.name), text, now)
    chat.fanout.broadcast(user.audience, own)


def _peers_with(chat: Chat, user: User, capability: int) -> Audience:
    """Return which of those who see the user know a capability. So few lines need it that it is no key."""
    keys, sessions = chat.registry.peers(user).keys, chat.sessions
    known = [link for link in keys if link in sessions and sessions[link].has(capability)]
    return Audience.of([(link, keys[link]) for link in known])
