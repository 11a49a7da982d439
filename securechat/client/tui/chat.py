"""Every conversation of one account on one server, as the events tell it. It needs no terminal.

An answer belongs to the request whose label it has.

All methods belong to one thread. Times are milliseconds since the epoch; `mono` is monotonic seconds.
"""

from securechat.client import events as happen
from securechat.client.tui import words
from securechat.client.tui.conversation import TYPING_LASTS, Conversation
from securechat.client.tui.entries import Filling, Happening, Missing, Sort
from securechat.client.tui.keeping import SERVICES, Kept
from securechat.client.tui.places import places_of
from securechat.client.tui.talk import mention_of
from securechat.irc.names import fold


class Chat(Kept):
    """What is known."""

    # Events

    def apply(self, event: happen.Event) -> None:
        """Let something happen."""
        match event:
            case happen.Message():
                self._said(event)
            case happen.Redacted():
                self._redacted(event)
            case happen.Reacted():
                self._reacted(event)
            case happen.Said() | happen.MessageRefused() | happen.MessageTaken():
                self._sending(event)
            case happen.Typing(target, sender, active):
                until = self._clock().mono + TYPING_LASTS if active else 0.0
                self.place_of(target, sender).typing(sender, until)
            case happen.ReadUpTo(target, time):
                self._read_elsewhere(target, time)
            case happen.Gap(target, reason) if target:
                self.at(target).add(Missing(self._now, reason=reason))
            case happen.Answered() | happen.Failed():
                self._answered(event)
            case happen.Welcome() | happen.Ready() | happen.Disconnected() | happen.Ended():
                self._connection(event)
            case happen.Person() | happen.Pin() | happen.Talked():
                self.lists.take(event)
            case happen.AwayChanged() | happen.Value() | happen.Silences() | happen.Silenced():
                self._kept(event)
            case _:
                self._people(event)

    # What else happens

    def note_if(self, text: str) -> None:
        """Show a text where the person is, if there is one."""
        if text:
            self.note(text.removeprefix("* "))

    def _answered(self, event: happen.Answered | happen.Failed) -> None:
        label = event.label
        if isinstance(event, happen.Failed):
            if label in self._quiet or self.pages.is_open(label) or self.lists.is_open(label):
                return
            self.note(str(event.reason), self.asked.get(label), Sort.ERROR)
        elif self.pages.is_open(label):
            self.pages.answered(label, event.refused, event.ended)
        elif self.lists.is_open(label):
            self.lists.answered(label, event.refused)
        else:
            self._quiet.discard(label)
            self.asked.pop(label, None)
            if label == self._muted_asked:
                self._muted_told()

    def _connection(self, event: happen.Welcome | happen.Ready | happen.Disconnected | happen.Ended) -> None:
        match event:
            case happen.Welcome(nick, server):
                self.me, self.server = nick, server
                self._mention = mention_of(nick)
            case happen.Ready(channels):
                self.online, self.offline_reason = True, ""
                names = set(map(fold, channels))
                for key, place in self.conversations.items():
                    place.joined = key in names
                    place.try_again()
            case happen.Disconnected(reason):
                self.online, self.offline_reason = False, reason
                self.pages.lost()
                self.lists.lost()
                self.asked.clear()
                self._quiet.clear()
            case happen.Ended(error):
                self.online, self.offline_reason = False, str(error or "")

    def _people(self, event: happen.Event) -> None:
        match event:
            case happen.Joined(channel, nick, own):
                place = self.at(channel)
                place.joined = place.joined or own
                place.enter(nick)
            case happen.Left(channel, nick, _, own):
                place = self.at(channel)
                place.joined = place.joined and not own
                place.leave(nick)
            case happen.Names(channel, nicks) if fold(channel) in self.conversations:
                self.at(channel).members = {fold(nick): nick for nick in nicks}
            case happen.Topic(channel, text, _):
                self.at(channel).topic = text
            case happen.Renamed(old, new):
                self._renamed(old, new)
            case happen.NickChanged(old, new, own):
                self._nick(old, new, own)
            case happen.Pinned(channel, by, msgid, removed) if fold(channel) in self.conversations:
                self.at(channel).pin(msgid, by, removed)
            case _:
                pass
        move = words.move_of(event, self._now)
        for place in places_of(event, self.conversations, self.current, bool(self.asked)):
            if move is not None:
                place.moved(move)
                continue
            for text in words.happened(event):
                place.add(Happening(self._now, text))
        if isinstance(event, happen.Quit):
            for place in self.conversations.values():
                place.leave(event.nick)

    def _renamed(self, old: str, new: str) -> None:
        place = self.conversations.pop(fold(old), None)
        if place is not None:
            place.name = new
            self.conversations[fold(new)] = place

    def _nick(self, old: str, new: str, own: bool) -> None:
        if own:
            self.me, self._mention = new, mention_of(new)
        for place in self.conversations.values():
            if place.leave(old):
                place.enter(new)
        if not own and fold(old) != fold(new) and fold(new) not in self.conversations:
            self._renamed(old, new)

    # The past

    def preload(self) -> None:
        """Read the last page of the next conversation of which nothing is known: what is new there?"""
        if self.pages.is_idle and self.online:
            for place in self.conversations.values():
                first = place.entries[0] if place.entries else None
                waits = isinstance(first, Missing) and first.filling is Filling.WAITING
                if waits and isinstance(first, Missing) and place.name and not place.loaded:
                    self.fetch(place, first)
                    return

    def fetch(self, place: Conversation, missing: Missing, *, forward: bool = False) -> None:
        """Read what is missing, from its end or its beginning (`forward`), if the server keeps it and nobody
        has asked for it yet.
        """
        if missing.filling is not Filling.WAITING or not (self.online and self.looked):
            return
        if "draft/chathistory" not in self.granted or fold(place.name) in SERVICES:
            place.entries.remove(missing)
        else:
            self.pages.ask(place, missing, forward=forward)
