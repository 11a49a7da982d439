"""Every conversation of one account on one server, as the events tell it. It needs no terminal.

`Desires` is how it asks for something: a request to the server, a notification for the person. An answer
belongs to the request whose label it has.

All methods belong to one thread. Times are milliseconds since the epoch; `mono` is monotonic seconds.
"""

import re
from collections.abc import Callable
from typing import Final, Protocol

from securechat.client import events as happen
from securechat.client.clock import Now
from securechat.client.deliveries import Outgoing
from securechat.client.recent import Spoken
from securechat.client.tui import words
from securechat.client.tui.conversation import TYPING_LASTS, Conversation
from securechat.client.tui.entries import Delivery, Filling, Happening, Missing, Post, Sort
from securechat.client.tui.pages import Pages
from securechat.client.tui.places import SERVER, places_of
from securechat.irc.names import fold, is_channel

_RANKS: Final = "~&@%+"
_SERVICES: Final = frozenset({"securechat", "nickserv", "chanserv"})


class Desires(Protocol):
    """What the chat wants done."""

    def ask(self, command: str, *params: str) -> str:
        """Send a command; return the label that its answer will have."""

    def call(self, conversation: Conversation, post: Post) -> None:
        """Somebody has said something to this person."""


class Chat:
    """What is known, and what is open."""

    def __init__(self, me: str, desires: Desires, clock: Callable[[], Now]) -> None:
        self.me = me
        self.server = ""
        self.online = False
        self.offline_reason = ""
        self.granted: frozenset[str] = frozenset()
        self.conversations: dict[str, Conversation] = {}
        self.current = self.at(SERVER)
        self.watched = True
        """Whether the person sees the end of the current conversation."""
        self.pages = Pages(desires.ask)
        self.asked: dict[str, Conversation] = {}
        """The person's own commands that are not answered, and where they were given."""
        self._desires = desires
        self._clock = clock
        self._mention = _mention(me)
        self._quiet: set[str] = set()

    # Conversations

    def at(self, name: str) -> Conversation:
        """Return the conversation of this name; it is made when there is none."""
        found = self.conversations.get(fold(name))
        if found is None:
            found = self.conversations[fold(name)] = Conversation(name)
            if name != SERVER:
                found.entries.append(Missing(0, top=True))
        return found

    def open(self, conversation: Conversation) -> None:
        """Show a conversation."""
        self.current = conversation
        conversation.open()
        self.read()

    def close(self, conversation: Conversation) -> None:
        """Forget a conversation, which one has left."""
        self.conversations.pop(fold(conversation.name), None)

    def read(self) -> None:
        """The person sees the current conversation to its end."""
        time = self.current.read() if self.watched else 0
        if time:
            self._mark(self.current, time)

    def unread_from(self, post: Post) -> None:
        """Count a message, and all after it in the current conversation, as new again."""
        self._mark(self.current, self.current.unread_from(post))

    def _mark(self, conversation: Conversation, time: int) -> None:
        if "draft/read-marker" in self.granted and self.online:
            self._ask_quietly("MARKREAD", conversation.name, f"timestamp={words.stamp(time)}")

    def _ask_quietly(self, command: str, *params: str) -> None:
        self._quiet.add(self._desires.ask(command, *params))

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
            case _:
                self._people(event)

    @property
    def _now(self) -> int:
        return self._clock().wall

    def place_of(self, target: str, sender: str) -> Conversation:
        """Where something was said: in a channel, or with whom."""
        plain = target.lstrip(_RANKS)
        if is_channel(plain):
            return self.at(plain)
        return self.at(sender if fold(target) == fold(self.me) and fold(sender) != fold(self.me) else target)

    # What is said

    def _said(self, message: happen.Message) -> None:
        if message.asked and self._of_a_page(message):
            return
        known = fold(message.target.lstrip(_RANKS)) in self.conversations
        place = self.place_of(message.target, message.sender)
        if not known and not place.is_channel and "draft/read-marker" in self.granted:
            self._ask_quietly("MARKREAD", place.name)
        place.typing(message.sender, 0)
        confirmed = place.settle(message.nonce, Delivery.STORED) if message.nonce else None
        original = place.find(message.edits) if message.edits else None
        if confirmed is not None:
            confirmed.id, confirmed.time = message.id, message.time
            place.rename_id(confirmed, message.id)
        elif original is not None:
            place.edit(original, message.text, message.id)
        elif message.id == "" or place.find(message.id) is None:
            self._new(place, self._post(message), message)

    def _of_a_page(self, message: happen.Message) -> bool:
        if self.pages.finds(message.asked):
            return self.pages.take(message.asked, self._post(message), message.target)
        place = self.conversations.get(fold(message.target.lstrip(_RANKS)))
        original = place.find(message.edits) if place is not None and message.edits else None
        if place is not None and original is not None and self.pages.is_open(message.asked):
            place.edit(original, message.text, message.id)
            return True
        return self.pages.take(message.asked, self._post(message), message.target, message.edits)

    def _post(self, message: happen.Message) -> Post:
        target = message.target
        ranks = target[0] if target[:1] in _RANKS and is_channel(target.lstrip(_RANKS)) else ""
        mention = not message.own and bool(self._mention.search(message.text))
        return Post.of(message, mention=mention, ranks=ranks)

    def _new(self, place: Conversation, post: Post, message: happen.Message) -> None:
        place.add(post)
        if message.own or (message.past and message.time <= place.read_time):
            return
        direct = not place.is_channel
        if place is self.current and self.watched:
            self.read()
        else:
            place.unread += 1
            place.mentions += post.mention or direct
        if (post.mention or direct) and not (message.past or place.muted):
            self._desires.call(place, post)

    def _redacted(self, event: happen.Redacted) -> None:
        place = self.place_of(event.target, event.by)
        post = place.find(event.id) or (self.pages.find(event.asked, event.id) if event.asked else None)
        if post is not None:
            post.take_back(event.by)
            place.count_unread()

    def _reacted(self, event: happen.Reacted) -> None:
        post = self.place_of(event.target, event.sender).find(event.to)
        if post is not None:
            post.react(event.sender, event.reaction, event.removed)

    def _sending(self, event: happen.Said | happen.MessageRefused | happen.MessageTaken) -> None:
        match event:
            case happen.Said(_, messages):
                for message in messages:
                    self._queued(message)
            case happen.MessageRefused(nonce, target, text, reason):
                place = self.at(target)
                post = place.settle(nonce, Delivery.REFUSED)
                if post is not None:
                    post.reason = str(reason)
                else:  # an edit
                    self.note(words.not_edited(text, str(reason)), place, Sort.ERROR)
            case happen.MessageTaken(nonce, target):
                self.at(target).settle(nonce, Delivery.STORED)

    def _queued(self, message: Outgoing) -> None:
        place = self.at(message.target)
        if message.edits and place.find(message.edits) is not None:
            return
        kind, text = happen.Kind.TEXT, message.text
        if text.startswith("\x01ACTION ") and text.endswith("\x01"):
            kind, text = happen.Kind.ACTION, text[8:-1]
        post = Post(
            self._now, self.me, text, kind=kind, own=True, delivery=Delivery.QUEUED, nonce=message.nonce
        )
        answered = place.find(message.answers)
        post.answers = message.answers
        post.quoted = Spoken(answered.sender, answered.text) if answered is not None else None
        place.queue(post)

    def _read_elsewhere(self, target: str, time: int) -> None:
        place = self.conversations.get(fold(target))
        if place is not None and time > place.read_time:
            place.read_time = time
            place.count_unread()

    # What else happens

    def note(self, text: str, place: Conversation | None = None, sort: Sort = Sort.NOTE) -> None:
        """Show something that is no message, where the person is unless a place is given."""
        (place or self.current).add(Happening(self._now, text, sort))

    def note_if(self, text: str) -> None:
        """Show a text where the person is, if there is one."""
        if text:
            self.note(text.removeprefix("* "))

    def _answered(self, event: happen.Answered | happen.Failed) -> None:
        label = event.label
        if isinstance(event, happen.Failed):
            if label in self._quiet or self.pages.is_open(label):
                return
            self.note(str(event.reason), self.asked.get(label), Sort.ERROR)
        elif self.pages.is_open(label):
            self.pages.answered(label, event.refused, event.ended)
        else:
            self._quiet.discard(label)
            self.asked.pop(label, None)

    def _connection(self, event: happen.Welcome | happen.Ready | happen.Disconnected | happen.Ended) -> None:
        match event:
            case happen.Welcome(nick, server):
                self.me, self.server = nick, server
                self._mention = _mention(nick)
            case happen.Ready(channels):
                self.online, self.offline_reason = True, ""
                names = set(map(fold, channels))
                for key, place in self.conversations.items():
                    place.joined = key in names
                    place.try_again()
            case happen.Disconnected(reason):
                self.online, self.offline_reason = False, reason
                self.pages.lost()
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
            case _:
                pass
        for place in places_of(event, self.conversations, self.current, bool(self.asked)):
            for text in words.happened(event):
                place.add(Happening(self._now, text, words.sort_of(event)))
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
            self.me, self._mention = new, _mention(new)
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

    def fetch(self, place: Conversation, missing: Missing) -> None:
        """Read what is missing, if the server keeps it and nobody has asked for it yet."""
        if missing.filling is not Filling.WAITING or not (self.online and self.granted):
            return
        if "draft/chathistory" not in self.granted or fold(place.name) in _SERVICES:
            place.entries.remove(missing)
        else:
            self.pages.ask(place, missing)


def _mention(me: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(me)}(?!\w)", re.IGNORECASE)
