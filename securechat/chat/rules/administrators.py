"""Who runs the server: at least one administrator can always log in.

Whoever gives an account another role, disables, removes or bans it asks here first. Without an administrator
nobody has an operator's powers in the chat, and who runs the server has to see it before it happens.
"""

from collections.abc import Collection, Sequence

from securechat.chat.requests import Refused
from securechat.chat.state.account import Account
from securechat.chat.turn.chat import Chat


def all_of(chat: Chat) -> Sequence[Account]:
    """Return the accounts of administrators."""
    return [account for account in chat.registry.accounts.values() if account.role == "admin"]


def refusal(chat: Chat, leaving: Collection[Account]) -> Refused | None:
    """Return why these accounts cannot be kept from their powers; None when another one can log in."""
    able = [account for account in all_of(chat) if _can_log_in(chat, account)]
    last = [account.name for account in able if account in leaving]
    if not last or len(last) < len(able):
        return None
    who = f"{last[0]} is the last administrator"
    if len(last) > 1:
        who = f"{', '.join(last)} are the last administrators"
    way_out = "make another one first (`securechat role NAME admin`), or say --force on the command line"
    return Refused("LAST_ADMIN", f"{who} who can log in: {way_out}")


def _can_log_in(chat: Chat, account: Account) -> bool:
    banned = next(chat.registry.bans.of_account(account.id, chat.now.wall), None) is not None
    return account.usable and not banned
