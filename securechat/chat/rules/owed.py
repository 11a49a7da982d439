"""What happens also on a full disk: it is stored when there is room again.

Whatever changes something lasting does not happen when the audit log cannot have it. To end a session changes
nothing lasting, and may be what makes room; its entry of the audit log is owed. So is how far people have
read who come and go.
"""

from typing import Final

from securechat.chat.records import Audited
from securechat.chat.rules import replay
from securechat.chat.turn.chat import Chat

ENTRIES_AT_ONCE: Final = 100
"""Entries of the audit log that are tried in a tick."""
POSITIONS_AT_ONCE: Final = 250
"""Of how many it is tried in a tick to store how far they read: thousands may have gone."""


def owe(chat: Chat, audited: Audited) -> None:
    """Have something noted in the audit log: now, or as soon as there is room. It is lost with the server."""

    def enter() -> None:
        chat.if_refused(lambda: chat.owed.append(audited))
        chat.enter(audited, None)

    chat.later(enter)


def pay_owed(chat: Chat, *, all_at_once: bool = False) -> None:
    """Try again to store what found no room: entries of the audit log in the order in which it happened."""
    replay.store_owed(chat, None if all_at_once else POSITIONS_AT_ONCE)
    entries = sorted(chat.owed, key=lambda audited: audited.at)
    some = len(entries) if all_at_once else ENTRIES_AT_ONCE
    chat.owed.clear()
    chat.owed.extend(entries[some:])
    for audited in entries[:some]:
        owe(chat, audited)
