"""Entries of channels' lists that go by themselves: bans and mutes for a time.

An entry whose time has come goes with the next tick, and everybody in the channel sees it go. That is stored,
so a wall clock that is wrong for a minute must not do it: while the clock is in doubt (`Chat.steady_since`)
only what was put on a list since then ends.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

from securechat.chat.records import ListEntry
from securechat.chat.rules.mode_draft import Draft
from securechat.chat.state.channel import Channel
from securechat.chat.turn.chat import Chat

ENTRIES_AT_ONCE: Final = 50
"""Entries of a channel that go in one turn."""
_Entry = tuple[str, str, ListEntry]
"""The letter of a list, a mask on it, and its entry."""


def expire(chat: Chat) -> None:
    """Let entries go whose time has come, some in each turn."""
    registry, due = chat.registry, list[Channel]()
    for key in [*registry.temporary]:
        channel = registry.channels.get(key)
        if channel is None or not channel.ends:
            registry.temporary.discard(key)
        elif channel.ends <= chat.now.wall:
            due.append(channel)
    if due and not chat.expiring:
        chat.expiring = True
        chat.later(partial(_expire, chat, _over(chat, due)))


def _over(chat: Chat, channels: list[Channel]) -> Iterator[tuple[Channel, list[_Entry]] | None]:
    """Return the entries that are over, a few of a channel at a time; None between two channels.

    A clock that was set ahead a moment ago ends only what was put on a list since then.
    """
    for channel in channels:
        now, since = chat.now.wall, chat.steady_since()
        over = [
            (kind, mask, entry)
            for kind, entries in channel.lists.items()
            for mask, entry in entries.items()
            if 0 < entry.expires <= now and entry.at >= since
        ]
        for start in range(0, len(over), ENTRIES_AT_ONCE):
            yield channel, over[start : start + ENTRIES_AT_ONCE]
        yield None


def _expire(chat: Chat, rest: Iterator[tuple[Channel, list[_Entry]] | None]) -> None:
    """Let the next ones of these entries go, and the others in turns to come."""
    for some in rest:
        if some is not None:
            chat.later(partial(_let_go, chat, *some))  # which a full disk may refuse, and the rest goes on
        if some is not None or chat.tired():
            chat.when_stored(partial(_expire, chat, rest))
            return
    chat.expiring = False


def _let_go(chat: Chat, channel: Channel, over: list[_Entry]) -> None:
    if chat.registry.channels.get(channel.id) is not channel:
        return
    draft = Draft(channel)
    for kind, mask, entry in over:
        if channel.lists[kind].get(mask) is entry:
            draft.take(kind, mask)
    record = draft.record(chat.next_id(), chat.now.wall, chat.settings.server_name)
    if record is not None:
        chat.enter(record, None)
