"""Who founds channels: how many, how fast, and to whom a channel belongs afterwards."""

from securechat.chat.rules import shares
from securechat.chat.shares import CHANNELS, FOUNDINGS
from securechat.chat.state.account import Account
from securechat.chat.state.meter import Meter
from securechat.chat.turn.chat import Chat


def no_more(chat: Chat, account: Account) -> str | None:
    """Return what to tell somebody who has as many channels as one may; None when there is room."""
    return shares.reached(chat, account, CHANNELS, chat.registry.founded[account.id])


def found(chat: Chat, account: Account) -> str | None:
    """Return why an account cannot found a channel now; None when it can, and that is counted."""
    text = no_more(chat, account)
    if text is None:
        text = shares.spend(chat, account, FOUNDINGS, chat.foundings.setdefault(account.id, Meter()))
    return text
