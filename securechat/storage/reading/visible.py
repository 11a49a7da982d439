"""Which rows a reader is shown: by their kind, and by its rank."""

from typing import Final

from sqlalchemy import ColumnElement, or_

from securechat.chat.membership import RANKS
from securechat.chat.reading import ChannelPlace
from securechat.storage.schema import messages

SPOKEN: Final = ("PRIVMSG", "NOTICE")
"""What every client is shown."""
SAID: Final = (*SPOKEN, "TAGMSG")

_FOR_ALL: Final = messages.c.rank.is_(None)

# Made once: SQLAlchemy's objects for a list of values, or a sum, refer to each other, and would be garbage
# of every query.
ID_AS_SUM: Final = messages.c.id + 0
"""The id; as a sum it is no condition for the index by id, in which the redacted are among all others."""
IS_SPOKEN: Final = messages.c.command.in_(SPOKEN)
IS_SAID: Final = messages.c.command.in_(SAID)
_FOR_RANK: Final = {
    rank: or_(_FOR_ALL, messages.c.rank.in_(list(RANKS[at:]))) for at, rank in enumerate(RANKS)
}


def visible(place: ChannelPlace) -> ColumnElement[bool]:
    """Return the condition for what is for everybody in a channel, for the reader's rank, or its own."""
    return or_(_FOR_RANK.get(place.rank, _FOR_ALL), messages.c.sender == place.account)
