"""Who runs the server: at least one administrator can always log in.

Whoever gives an account another role, disables, removes or bans it asks here first. Without an administrator
nobody has an operator's powers in the chat, and who runs the server has to see it before it happens.
"""

from collections.abc import Sequence

from securechat.chat.state.account import Account
from securechat.chat.turn.chat import Chat


def all_of(chat: Chat) -> Sequence[Account]:
    """Return the accounts of administrators."""
    return [account for account in chat.registry.accounts.values() if account.role == "admin"]
