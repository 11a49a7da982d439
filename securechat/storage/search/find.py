"""Searching: in the index, and in the messages that are not in it yet.

A search is over the index alone where the terms, the places and the sender are all in it. Whatever the index
says, a message is shown only when its row says that the account may read it (`tables.readable`).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, bindparam, select, text, tuple_

from securechat.chat.reading import ChannelPlace, Place, Search
from securechat.chat.records import MessageSent
from securechat.chat.words import Term, holds, segment
from securechat.storage.reading.history import counted
from securechat.storage.reading.times import as_ids, said_within, straight
from securechat.storage.rows import read_messages, select_messages
from securechat.storage.schema import astray, messages
from securechat.storage.search.tables import indexed_upto, message_words, readable

SECONDS: Final = 5.0
"""How long a search may take."""
_PAGE: Final = 200
_PAGES_ANYWHERE: Final = 5

Indexed = Callable[[Connection, Search], list[int]]


def find(connection: Connection, search: Search, indexed: Indexed) -> Sequence[MessageSent]:
    """Return what a search finds, oldest first. Raises TimeoutError when it takes too long."""
    span = search.span
    if span.by_time:
        # The oldest by their ids are the oldest by time, except the messages that are astray.
        found = _by_id(connection, replace(search, span=straight(span)), indexed)
        found += _read_astray(connection, search)
    else:
        found = _by_id(connection, replace(search, span=as_ids(connection, span)), indexed)
    query = select_messages().where(messages.c.id.in_(found), readable(search)).order_by(messages.c.id)
    return counted(read_messages(connection, query), span)


def _by_id(connection: Connection, search: Search, indexed: Indexed) -> list[int]:
    """Return ids of what is found, in the order of ids from one end of the span on."""
    upto, span = indexed_upto(connection), search.span
    halves = [
        (indexed, replace(span, before=min(span.before, upto + 1))),
        (_read_through, replace(span, after=max(span.after, upto))),
    ]
    found: list[int] = []
    for look, half in reversed(halves) if span.newest else halves:
        left = replace(half, limit=span.limit - len(found))
        if left.limit and left.after + 1 < left.before:
            found += look(connection, replace(search, span=left))
    return found


def find_in_sqlite(connection: Connection, search: Search) -> list[int]:
    """Look into the FTS5 table, page by page, until there are enough that the rows allow to be read.

    The first pages come without regard to places: to bring hundreds of them in line costs more than to look
    at some rows for nothing. Only a word that is common elsewhere is looked for in the places.
    """
    if not search.places and not search.direct:
        return []
    if not search.terms and search.sender is None:
        return _read_through(connection, search)
    order = "DESC" if search.span.newest else "ASC"
    query = text(
        "SELECT rowid FROM message_words WHERE message_words MATCH :match "
        f"AND rowid > :after AND rowid < :before ORDER BY rowid {order} LIMIT {_PAGE}"
    )
    found: list[int] = []
    pages = 0
    for stretch in _stretches(search):
        after, before, full = stretch.span.after, stretch.span.before, True
        while full and len(found) < search.span.limit:
            match = _match(stretch, places=pages >= _PAGES_ANYWHERE)
            page = connection.scalars(query, {"match": match, "after": after, "before": before}).all()
            of_readable = select(messages.c.id).where(messages.c.id.in_(page), readable(search))
            allowed = set(connection.scalars(of_readable))
            found += [key for key in page if key in allowed]
            pages, full = pages + 1, len(page) == _PAGE
            if full:
                after, before = (after, page[-1]) if search.span.newest else (page[-1], before)
    return found[: search.span.limit]


def _stretches(search: Search) -> list[Search]:
    """Cut a search where channels begin to be readable (`history.access`), in the order of searching.

    So none of the parts looks for what was said in a channel before: the index would find all of it.
    """
    span = search.span
    since = {place: place.since if isinstance(place, ChannelPlace) else 0 for place in search.places}
    cuts = sorted({key for key in since.values() if span.after + 1 < key < span.before})
    bounds = zip([span.after, *(key - 1 for key in cuts)], [*cuts, span.before], strict=True)
    parts = [
        replace(
            search,
            places=tuple(place for place, first in since.items() if first <= after + 1),
            span=replace(span, after=after, before=before),
        )
        for after, before in bounds
    ]
    return [part for part in (parts[::-1] if span.newest else parts) if part.places or part.direct]


def find_in_postgres(connection: Connection, search: Search) -> list[int]:
    """Look into the vectors; the rows say the rest."""
    m, span = messages.c, search.span
    query = select(m.id).where(m.id > span.after, m.id < span.before, readable(search))
    if search.terms:
        matching = text("message_words.words @@ to_tsquery('simple', :wanted)").bindparams(
            bindparam("wanted", " & ".join(_vector_term(term) for term in search.terms))
        )
        query = query.join_from(messages, message_words, message_words.c.message == m.id).where(matching)
    query = query.order_by(m.id.desc() if span.newest else m.id).limit(span.limit)
    return list(connection.scalars(query))


def _read_through(connection: Connection, search: Search) -> list[int]:
    """Look into the messages themselves."""
    deadline = time.monotonic() + SECONDS
    m, span = messages.c, search.span
    found: list[int] = []
    while len(found) < span.limit:
        if time.monotonic() > deadline:
            raise TimeoutError("the search took too long")
        page = connection.execute(
            select(m.id, m.text)
            .where(m.id > span.after, m.id < span.before, readable(search))
            .order_by(m.id.desc() if span.newest else m.id)
            .limit(_PAGE)
        ).all()
        found += [key for key, said in page if holds(segment(said), search.terms)]
        if len(page) < _PAGE:
            break
        end = page[-1][0]
        span = replace(span, before=end) if span.newest else replace(span, after=end)
    return found[: span.limit]


def _read_astray(connection: Connection, search: Search) -> list[int]:
    """Look into the messages that are astray, the oldest by time first."""
    deadline = time.monotonic() + SECONDS
    m, a, span = messages.c, astray.c, search.span
    query = select(m.id, m.text, a.at).join(astray, a.message == m.id)
    query = query.where(readable(search), *said_within(span, a.at)).order_by(a.at, a.message).limit(_PAGE)
    found: list[int] = []
    page = connection.execute(query).all()
    while page:
        found += [key for key, said, _ in page if holds(segment(said), search.terms)]
        if len(found) >= span.limit or len(page) < _PAGE:
            break
        if time.monotonic() > deadline:
            raise TimeoutError("the search took too long")
        key, _, at = page[-1]
        page = connection.execute(query.where(tuple_(a.at, a.message) > (at, key))).all()
    return found[: span.limit]


def _match(search: Search, *, places: bool) -> str:
    """Write a search as FTS5 reads it. Tokens are letters and digits, so quotes hold them."""
    parts = []
    if search.terms:
        parts.append(f"words : ({' AND '.join(_phrase(term) for term in search.terms)})")
    if search.sender is not None:
        parts.append(f'sender : "s{search.sender}"')
    if places:
        parts.append(f"place : ({' OR '.join(_place_terms(search))})")
    return " AND ".join(parts)


def _place_terms(search: Search) -> list[str]:
    return [*map(_place, search.places), *([f'"a{search.account}"'] if search.direct else [])]


def _place(place: Place) -> str:
    if isinstance(place, ChannelPlace):
        return f'"c{place.channel}"'
    return f'("a{place.account}" AND "a{place.other}")'


def _phrase(term: Term) -> str:
    return f'"{" ".join(term.tokens)}"{" *" if term.prefix else ""}'


def _vector_term(term: Term) -> str:
    *before, last = (f"'{token}'" for token in term.tokens)
    return f"({' <-> '.join([*before, last + ':*' if term.prefix else last])})"
