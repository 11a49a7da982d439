"""The reactions to messages of the past, added up (`securechat/reactions`, docs/protocol.md)."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from securechat.chat.jobs import FetchReactions, JobResult, ReactionsRead
from securechat.chat.records import MessageSent
from securechat.chat.state.registry import Registry
from securechat.chat.tallies import Tally, as_tag
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap


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


def _tagged(registry: Registry, message: MessageSent, found: Mapping[int, Tally]) -> MessageSent:
    tally = found.get(message.id)
    if tally is None or message.redacted is not None:
        return message
    return message._replace(tags={**message.tags, cap.REACTIONS_TAG: written(registry, tally)})


def written(registry: Registry, tally: Tally) -> str:
    """Return the tag's value: a JSON object of reactions and the names of who reacted so, or how many."""
    if tally.accounts is None:
        return tally.counts
    names = {
        reaction: [registry.called(account) for account in accounts]
        for reaction, accounts in tally.accounts.items()
    }
    return as_tag(names) or tally.counts
