"""What the server keeps for this account, and tells every device: whom one talks with, what is muted and
pinned, whom one ignores, and who is away.
"""

from typing import Final

from securechat.client import events as happen
from securechat.client.errors import Refused
from securechat.client.tui import words
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.entries import Happening, Post
from securechat.client.tui.language import _
from securechat.client.tui.lists import Row
from securechat.client.tui.talk import Talk
from securechat.irc.names import fold, is_channel

SERVICES: Final = frozenset({"securechat", "nickserv", "chanserv"})
MUTED: Final = "soju.im/muted"
_METADATA: Final = "draft/metadata-2"
_MOST_TARGETS: Final = 100


class Kept(Talk):
    """The part of what is known that is kept elsewhere, too."""

    def find_out(self) -> None:
        """It is known what the server can: ask what it keeps."""
        self._ask_quietly("SILENCE")
        if _METADATA in self.granted:
            self._muted_told_now.clear()
            self._muted_asked = self._desires.ask("METADATA", "*", "SUB", MUTED)
            self._quiet.add(self._muted_asked)
        if "draft/chathistory" in self.granted:
            now, first = (f"timestamp={words.stamp(time)}" for time in (self._now, 0))
            self.lists.ask(self._people_found, "CHATHISTORY", "TARGETS", now, first, str(_MOST_TARGETS))
        self._read_pins(self.current)

    # With whom one talks

    def _people_found(self, rows: list[Row], refused: Refused | None) -> None:
        """Show the conversations with people, unless they were closed and nothing was said since."""
        for row in rows:
            if not isinstance(row, happen.Talked) or is_channel(row.name):
                continue
            name = fold(row.name)
            known = name in self.conversations or name in SERVICES
            if not known and row.time > self.closed.get(name, 0):
                self.at(row.name)
                if "draft/read-marker" in self.granted:
                    self._ask_quietly("MARKREAD", row.name)

    # What is muted

    def mute(self, place: Conversation, muted: bool) -> None:
        """Let a conversation notify, or not; the other devices learn of it where the server keeps it."""
        self._mute(place.name, muted)
        if _METADATA in self.granted:
            self._ask_quietly("METADATA", place.name, "SET", MUTED, *(("1",) if muted else ()))

    def choose_notify(self, place: Conversation, level: str) -> None:
        """Choose what of a conversation notifies: all, mentions, nothing. It is kept on this computer."""
        place.notify = self.notify[fold(place.name)] = level

    def _mute(self, name: str, muted: bool) -> None:
        if muted:
            self.muted.add(fold(name))
        else:
            self.muted.discard(fold(name))
        place = self.conversations.get(fold(name))
        if place is not None:
            place.muted = muted

    def _muted_told(self) -> None:
        """The server has said what is muted: what it does not keep is not."""
        for name in self.muted - self._muted_told_now:
            self._mute(name, False)
        self._muted_asked = ""

    # What is pinned

    def open(self, conversation: Conversation) -> None:
        """Show a conversation."""
        super().open(conversation)
        self._read_pins(conversation)

    def _read_pins(self, place: Conversation) -> None:
        if place.is_channel and place.joined and place.pins is None and "securechat/durable" in self.granted:
            place.pins = {}
            self.lists.ask(lambda rows, refused: self._pins_read(place, rows), "PINS", place.name)

    def _pins_read(self, place: Conversation, rows: list[Row]) -> None:
        place.pins = {row.id: row.by for row in rows if isinstance(row, happen.Pin)}

    # Who is ignored, and who is away

    def _kept(self, event: happen.AwayChanged | happen.Value | happen.Silences | happen.Silenced) -> None:
        match event:
            case happen.AwayChanged(nick, text):
                (self.away.add if text else self.away.discard)(fold(nick))
            case happen.Value(target, key, value) if key == MUTED:
                if value == "1":
                    self._muted_told_now.add(fold(target))
                self._mute(target, value == "1")
            case happen.Silences(names, asked):
                self._ignore(frozenset(map(fold, names)))
                if asked not in self._quiet:
                    hidden = _("What they say in channels is hidden here, too") if names else ""
                    self._tell([*words.happened(event), hidden])
            case happen.Silenced(name, added):
                self._ignore(self.ignored | {fold(name)} if added else self.ignored - {fold(name)})
                self._tell(words.happened(event))

    def _tell(self, lines: list[str]) -> None:
        for line in filter(None, lines):
            self.current.add(Happening(self._now, line))

    def _ignore(self, names: frozenset[str]) -> None:
        if names == self.ignored:
            return
        self.ignored = names
        for place in self.conversations.values():
            for entry in place.entries:
                if isinstance(entry, Post) and not entry.own:
                    entry.ignored = self.ignores(entry)
            for thread in place.threads:
                thread.version += 1
            place.count_unread()
