"""What waits for the clock, a tick of which comes about once a second."""

from securechat.chat.rules import bans, failures, list_ends, multiline
from securechat.chat.rules.owed import pay_owed
from securechat.chat.turn.chat import Chat


def tick(chat: Chat) -> None:
    """Do what is due."""
    multiline.expire(chat)
    failures.settle(chat)
    pay_owed(chat)
    bans.settle(chat)
    list_ends.expire(chat)
