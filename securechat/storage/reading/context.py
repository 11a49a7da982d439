"""What was done to messages after they were said."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, or_

from securechat.chat.records import MessageSent
from securechat.irc.capabilities import EDIT_TAG, REACT_TAG, UNREACT_TAG
from securechat.storage.rows import last_edits, reactions_to, read_messages, select_messages
from securechat.storage.schema import messages

_MOST: Final = 1000


def read_context(connection: Connection, keys: Sequence[int]) -> list[MessageSent]:
    """Return the reactions to messages that stand, each as it was given first, and the last edits."""
    m = messages.c
    about = or_(m.id.in_(reactions_to(keys)), m.id.in_(last_edits(keys)))
    found: dict[tuple[int | None, int, str], MessageSent] = {}
    for message in read_messages(connection, select_messages().where(about).order_by(m.refers, m.id)):
        reaction, taken_back = message.tags.get(REACT_TAG), message.tags.get(UNREACT_TAG)
        if EDIT_TAG in message.tags:
            found[message.refers, 0, ""] = message
        elif message.command == "TAGMSG" and reaction:
            found.setdefault((message.refers, message.sender, reaction), message)
        elif taken_back:
            found.pop((message.refers, message.sender, taken_back), None)
    return sorted(found.values(), key=lambda message: message.id)[:_MOST]
