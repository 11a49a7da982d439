"""What imported messages refer to: only what came before, in the same conversation.

An edit of anything but what its author said there is refused, as the server refuses it. An answer or reaction
to what was said elsewhere is taken and stands alone: so the server takes those of clients, too. A message
whose original is not there (it was deleted, or is not in the file) says nothing wrong.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import ColumnElement, Connection, select, update

from securechat.chat.records import NOBODY, MessageSent, same_conversation
from securechat.irc import msgid
from securechat.irc.capabilities import EDIT_TAG
from securechat.storage.errors import BadExport
from securechat.storage.rows import read_messages, select_messages
from securechat.storage.schema import accounts, dropped_channels, messages

Numbered = Mapping[int, int]
"""The numbers of the lines of the export, by the ids of their messages."""

_UNLINKED: Final[dict[str, None]] = {"refers": None}


def settled(tags: Mapping[str, str], refers: int | None) -> Mapping[str, str]:
    """Return the tags of a message with that of an edit, which clients follow, saying what it refers to.

    One that refers to nothing is no edit.
    """
    if EDIT_TAG not in tags:
        return tags
    others = {name: value for name, value in tags.items() if name != EDIT_TAG}
    return others if refers is None else {**others, EDIT_TAG: msgid.encode(refers)}


class References:
    """Checks the references of messages that were written through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        nobody = connection.scalars(select(accounts.c.id).where(accounts.c.role == NOBODY))
        self._nobody = frozenset(nobody)
        self._dropped = frozenset(connection.scalars(select(dropped_channels.c.id)))

    def settle(self, new: Mapping[int, MessageSent], lines: Numbered) -> int:
        """Check messages that were just written; return how many stand alone now. Raises BadExport."""
        self._check_those_before(new, lines)
        alone = [one.id for one, original in self._pairs(new) if not self._fits(one, original, lines)]
        if alone:
            m = messages.c
            self._connection.execute(update(messages).where(m.id.in_(alone)).values(_UNLINKED))
        return len(alone)

    def _pairs(self, new: Mapping[int, MessageSent]) -> Iterator[tuple[MessageSent, MessageSent]]:
        """Yield the new messages that refer to one that is there, with that one."""
        wanted = {one.refers for one in new.values() if one.refers is not None}
        there = {one.id: one for one in self._read(messages.c.id.in_(wanted))}
        for one in new.values():
            if one.refers in there:
                yield one, there[one.refers]

    def _fits(self, one: MessageSent, original: MessageSent, lines: Numbered) -> bool:
        if EDIT_TAG not in one.tags:
            return self._is_same_place(one, original)
        mine = (one.sender, one.command) == (original.sender, original.command)
        if not mine or not self._is_same_place(one, original):
            edited = msgid.encode(original.id)
            raise BadExport(f"line {lines[one.id]}: it edits {edited}, which its author did not say there")
        if EDIT_TAG in original.tags and original.refers is not None:
            raise BadExport(f"line {lines[one.id]}: it refers to an edit, not to what was said first")
        return True

    def _check_those_before(self, new: Mapping[int, MessageSent], lines: Numbered) -> None:
        """Refuse what would be the original of a message that was here first, and is of somewhere else."""
        for one in self._read(messages.c.refers.in_(new)):
            if one.id in new or one.channel in self._dropped or one.refers is None:
                continue
            original = new[one.refers]
            theirs = EDIT_TAG in one.tags and original.sender not in (one.sender, *self._nobody)
            if one.id <= original.id or theirs or not self._is_same_place(one, original):
                raise BadExport(
                    f"line {lines[original.id]}: {msgid.encode(one.id)}, which is here already, refers to it "
                    "and was said elsewhere"
                )

    def _is_same_place(self, one: MessageSent, other: MessageSent) -> bool:
        """Return whether both were said to the same people; of those without an author nobody knows."""
        direct = one.channel is None and other.channel is None
        if direct and not self._nobody.isdisjoint((one.sender, other.sender)):
            return True
        return same_conversation(one, other)

    def _read(self, condition: ColumnElement[bool]) -> list[MessageSent]:
        return read_messages(self._connection, select_messages().where(condition))
