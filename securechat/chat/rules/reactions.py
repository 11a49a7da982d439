"""The reactions to messages of the past, added up (`securechat/reactions`, docs/protocol.md)."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from securechat.chat.jobs import FetchReactions, JobResult, ReactionsRead
from securechat.chat.records import MessageSent
from securechat.chat.state.registry import Registry
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc.message import escape_tag_value

MAX_BYTES: Final = 2048
"""Bytes of the tag with names in it; a longer one says how many there are."""


def with_reactions(
    ctx: Context, messages: Sequence[MessageSent], then: Callable[[Iterable[MessageSent] | None], None]
) -> None:
    """Call `then` with the messages, which carry the reactions to them if the session asked for that.

    None is that the store was too busy to tell.
    """
    keys = tuple(message.id for message in messages)
    if not keys or not ctx.session.has(cap.REACTIONS):
        then(messages)
        return

    def read(result: JobResult) -> None:
        found = result.reactions if isinstance(result, ReactionsRead) else None
        # One by one as they are shown: a thousand with many reactions take long.
        then(None if found is None else (_tagged(ctx.registry, message, found) for message in messages))

    ctx.ask(FetchReactions(ctx.session.link, keys), read)


def _tagged(
    registry: Registry, message: MessageSent, found: Mapping[int, Mapping[str, Sequence[int]]]
) -> MessageSent:
    reactions = found.get(message.id)
    if reactions is None or message.redacted is not None:
        return message
    return message._replace(tags={**message.tags, cap.REACTIONS_TAG: written(registry, reactions)})


def written(registry: Registry, reactions: Mapping[str, Sequence[int]]) -> str:
    """Return the tag's value: a JSON object of reactions and the names of who reacted so."""
    names = {
        reaction: [registry.called(account) for account in accounts]
        for reaction, accounts in reactions.items()
    }
    text = _json(names)
    if _size(text) <= MAX_BYTES:
        return text
    counts: dict[str, int] = {}
    size = len("{}")
    # The commonest first, of those the earliest. Only the reactions that are too long are left out.
    for reaction, by in sorted(names.items(), key=lambda one: -len(one[1])):
        more = _size(_json({reaction: len(by)})) - 1  # the braces are there already, a comma is not
        if size + more <= MAX_BYTES:
            size += more
            counts[reaction] = len(by)
    return _json(counts)


def _size(text: str) -> int:
    """The bytes of a text in a tag, where some characters take two."""
    return len(escape_tag_value(text).encode())


def _json(value: Mapping[str, Sequence[str] | int]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
