"""The tables of the search. They are not part of `schema.metadata`: an index is made, and never copied.

In SQLite the index is an FTS5 table without contents, whose rowid is the message's id. `words` are the
message's tokens, `place` is `c<channel>`, or `a<account>` for each side of a conversation, `sender` is
`s<account>`. In PostgreSQL it is a `tsvector` of the tokens for each message. The migration 0008 makes both.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Named,
    Table,
    Text,
    TypedColumns,
    and_,
    exists,
    false,
    not_,
    or_,
    select,
)

from securechat.chat.reading import ChannelPlace, Conversation, Search
from securechat.storage.reading.times import said_within
from securechat.storage.reading.visible import SPOKEN, visible
from securechat.storage.rows import IS_EDIT
from securechat.storage.schema import messages

search_metadata: Final = MetaData()


class SearchStateColumns(TypedColumns):
    """One row: every message up to the id `upto` is in the index; -1 is an empty index."""

    upto: Named[int] = Column(BigInteger)


class MessageWordColumns(TypedColumns):
    """The words of one message, in PostgreSQL; SQLite's table is no table to SQLAlchemy."""

    message: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    words: Named[str] = Column(Text)


search_state: Final = Table("search_state", search_metadata, SearchStateColumns)
message_words: Final = Table("message_words", MetaData(), MessageWordColumns)


def indexed_upto(connection: Connection) -> int:
    """Return the id up to which messages are in the index."""
    return connection.scalars(select(search_state.c.upto)).one()


def readable(search: Search) -> ColumnElement[bool]:
    """Return the condition for messages that a search may find by where they were said, when and by whom."""
    m = messages.c
    channels = [place for place in search.places if isinstance(place, ChannelPlace)]
    partly = [place for place in channels if place.since > 0 or place.rank]
    whole = [place.channel for place in channels if place not in partly]
    places: list[ColumnElement[bool]] = [
        and_(m.channel.in_(whole), or_(m.rank.is_(None), m.sender == search.account)),
        *(and_(m.channel == place.channel, m.id >= place.since, visible(place)) for place in partly),
    ]
    for place in search.places:
        if isinstance(place, Conversation):
            places.append(and_(m.recipient == place.account, m.sender == place.other))
            places.append(and_(m.recipient == place.other, m.sender == place.account))
    if search.direct:
        own = or_(m.recipient == search.account, m.sender == search.account)
        places.append(and_(m.recipient.is_not(None), own))
    by = [m.sender == search.sender] if search.sender is not None else []
    said = [m.command.in_(SPOKEN), m.redacted.is_(None), *by, *said_within(search.span)]
    return and_(or_(false(), *places), *said, _LATEST)


def _latest() -> ColumnElement[bool]:
    """Return the condition for messages that no later edit replaces."""
    m, edits = messages.c, messages.alias()
    e = edits.c
    edited = exists().where(e.refers == m.id, e.id > m.id, e.tags.like(IS_EDIT)).correlate(messages)
    edited_again = exists().where(e.refers == m.refers, e.id > m.id, e.tags.like(IS_EDIT)).correlate(messages)
    return and_(not_(edited), or_(m.tags.is_(None), not_(m.tags.like(IS_EDIT)), not_(edited_again)))


_LATEST: Final = _latest()
