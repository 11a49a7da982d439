"""Entries of the audit log for what happens also on a full disk: they are written when there is room again.

Whatever changes something lasting does not happen when the audit log cannot have it. To end a session changes
nothing lasting, and may be what makes room.
"""

from securechat.chat.records import Audited
from securechat.chat.turn.chat import Chat


def owe(chat: Chat, audited: Audited) -> None:
    """Have something noted in the audit log: now, or as soon as there is room. It is lost with the server."""

    def enter() -> None:
        chat.if_refused(lambda: chat.owed.append(audited))
        chat.enter(audited, None)

    chat.later(enter)


def pay_owed(chat: Chat) -> None:
    """Try again to note what found no room, in the order in which it happened."""
    entries = sorted(chat.owed, key=lambda audited: audited.at)
    chat.owed.clear()
    for audited in entries:
        owe(chat, audited)
