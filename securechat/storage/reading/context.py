"""What was done to messages after they were said."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, or_

from securechat.chat.records import MessageSent
from securechat.irc.capabilities import EDIT_TAG, REACT_TAG, UNREACT_TAG
from securechat.storage.rows import LAST_EDITS, REACTIONS, read_messages, referred, select_messages
from securechat.storage.schema import messages

_MOST: Final = 1000
_m: Final = messages.c
_ABOUT: Final = (
    select_messages().where(or_(_m.id.in_(REACTIONS), _m.id.in_(LAST_EDITS))).order_by(_m.refers, _m.id)
)


def read_context(connection: Connection, keys: Sequence[int]) -> list[MessageSent]:
    """Return the reactions to messages that stand, each as it was given first, and the last edits."""
    keys = referred(connection, keys)
    if not keys:
        return []
    found: dict[tuple[int | None, int, str], MessageSent] = {}
    for message in read_messages(connection, _ABOUT, keys):
        reaction, taken_back = message.tags.get(REACT_TAG), message.tags.get(UNREACT_TAG)
        if EDIT_TAG in message.tags:
            found[message.refers, 0, ""] = message
        elif message.command == "TAGMSG" and reaction:
            found.setdefault((message.refers, message.sender, reaction), message)
        elif taken_back:
            found.pop((message.refers, message.sender, taken_back), None)
    return sorted(found.values(), key=lambda message: message.id)[:_MOST]
