"""What is said in the conversations of one account on one server, and what of it is new.

`Desires` is how it asks for something: a request to the server, a notification for the person.
"""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Final, Protocol

from securechat.client import events as happen
from securechat.client.clock import Now
from securechat.client.deliveries import Outgoing
from securechat.client.recent import Spoken
from securechat.client.tui import words
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.entries import Delivery, Happening, Missing, Post, Sort
from securechat.client.tui.lists import Lists
from securechat.client.tui.looks import Looks
from securechat.client.tui.pages import Pages
from securechat.client.tui.phrases import told
from securechat.client.tui.places import SERVER
from securechat.irc.names import fold, is_channel

_RANKS: Final = "~&@%+"


class Desires(Protocol):
    """What the chat wants done."""

    def ask(self, command: str, *params: str) -> str:
        """Send a command; return the label that its answer will have."""

    def call(self, conversation: Conversation, post: Post) -> None:
        """Somebody has said something to this person."""


class Talk:
    """The conversations, and which one is open."""

    def __init__(
        self, me: str, desires: Desires, clock: Callable[[], Now], looks: Looks | None = None
    ) -> None:
        self.me = me
        self.looks = looks or Looks()
        self.server = ""
        self.online = False
        self.offline_reason = ""
        self.granted: frozenset[str] = frozenset()
        self.looked = False
        """Whether it is known what the server can: an old one grants nothing."""
        self.conversations: dict[str, Conversation] = {}
        self.watched = True
        """Whether the person sees the end of the current conversation."""
        self.pages = Pages(desires.ask)
        self.lists = Lists(desires.ask)
        self.ignored: frozenset[str] = frozenset()
        """Whom the person ignores: folded accounts, and masks."""
        self.muted: set[str] = set()
        """The folded names of the conversations that do not notify, also of those that are not open."""
        self.notify: dict[str, str] = {}
        """What of a conversation notifies, where that was chosen, by its folded name."""
        self.closed: dict[str, int] = {}
        """When a conversation with a person was closed, by its folded name."""
        self.asked: dict[str, Conversation] = {}
        """The person's own commands that are not answered, and where they were given."""
        self._desires = desires
        self._clock = clock
        self._mention = mention_of(me)
        self._quiet: set[str] = set()
        self.away: set[str] = set()
        """Who is away, by folded nick, as far as the server tells."""
        self._muted_asked = ""
        """The label of the question what is muted."""
        self._muted_told_now: set[str] = set()
        self.current = self.at(SERVER)

    # Conversations

    def at(self, name: str) -> Conversation:
        """Return the conversation of this name; it is made when there is none."""
        found = self.conversations.get(fold(name))
        if found is None:
            found = self.conversations[fold(name)] = Conversation(name, looks=self.looks)
            found.muted = fold(name) in self.muted
            found.notify = self.notify.get(fold(name), "mentions")
            self.closed.pop(fold(name), None)
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
        if not conversation.is_channel:
            self.closed[fold(conversation.name)] = self._now

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

    @property
    def _now(self) -> int:
        return self._clock().wall

    def place_of(self, target: str, sender: str) -> Conversation:
        """Where something was said: in a channel, or with whom."""
        plain = target.lstrip(_RANKS)
        if is_channel(plain):
            return self.at(plain)
        return self.at(sender if fold(target) == fold(self.me) and fold(sender) != fold(self.me) else target)

    def note(self, text: str, place: Conversation | None = None, sort: Sort = Sort.NOTE) -> None:
        """Show something that is no message, where the person is unless a place is given."""
        (place or self.current).add(Happening(self._now, told(text), sort))

    # What is said

    def _said(self, message: happen.Message) -> None:
        if message.asked and self._of_a_page(message):
            return
        known = fold(message.target.lstrip(_RANKS)) in self.conversations
        place = self.place_of(message.target, message.sender)
        if not known and not place.is_channel and "draft/read-marker" in self.granted:
            self._ask_quietly("MARKREAD", place.name)
        place.typing(message.sender, 0)
        if place.settle(message.nonce, Delivery.STORED, message.id, message.time) is not None:
            return
        original = place.find(message.edits) if message.edits else None
        if original is not None:
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
        post = Post.of(message, mention=mention, ranks=ranks)
        post.ignored = not post.own and self.ignores(post)
        return post

    def ignores(self, post: Post) -> bool:
        """Whether the person does not want to see what this one says."""
        who = fold(post.account or post.sender)
        source = f"{fold(post.sender)}!{who}"
        return who in self.ignored or any(
            fnmatchcase(source, mask.partition("@")[0]) for mask in self.ignored if "!" in mask
        )

    def _new(self, place: Conversation, post: Post, message: happen.Message) -> None:
        place.add(post)
        if message.own or post.ignored or (message.past and message.time <= place.read_time):
            return
        if post.thread is not None and place.folded(post) and not post.thread.open:
            post.unseen = True
            if post.mention:
                post.thread.turn(True)
        direct = not place.is_channel
        if place is self.current and self.watched:
            self.read()
        else:
            place.unread += 1
            place.mentions += post.mention or direct
        wanted = post.mention or direct or place.notify == "all"
        if wanted and not (message.past or place.muted or place.notify == "nothing"):
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
        if post.thread is not None:
            post.thread.turn(True)

    def _read_elsewhere(self, target: str, time: int) -> None:
        place = self.conversations.get(fold(target))
        if place is not None and time > place.read_time:
            place.read_time = time
            place.count_unread()


def mention_of(me: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(me)}(?!\w)", re.IGNORECASE)
