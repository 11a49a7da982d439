"""One conversation: its entries in order, what is new in it, and who is there.

The entries are those that the server has confirmed, in its order, and behind them those that are still on
their way. A message that is confirmed moves to the end of the first part: there is one order, the server's.
What is missing is an entry of its own (`Missing`), and a page of history goes in behind it.
"""

import time as clock
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from securechat.client.tui.entries import Crowd, Delivery, Entry, Filling, Missing, Move, Post
from securechat.client.tui.looks import Looks
from securechat.client.tui.threads import Threads
from securechat.irc.names import fold, is_channel

TYPING_LASTS: Final = 6.0
"""Seconds after which nobody is typing who has not said so again (IRCv3 `typing`)."""
_MOST_MOVES: Final = 200
"""Comings and goings that are told together."""


@dataclass(slots=True, eq=False)
class Conversation:
    """A channel, a person, or (an empty name) the server itself."""

    name: str
    entries: list[Entry] = field(default_factory=list)
    topic: str = ""
    members: dict[str, str] = field(default_factory=dict)
    joined: bool = False
    muted: bool = False
    notify: str = "mentions"
    """What of it notifies, where it is not muted: all, mentions, nothing."""
    pins: dict[str, str] | None = None
    """By msgid, who has pinned what; None until it is known."""
    unread: int = 0
    mentions: int = 0
    read_time: int = 0
    """Up to when one has read it, on whichever device."""
    divider: Post | None = None
    """The first message that was new when the conversation was opened."""
    divided: int = 0
    """How many were new then."""
    on_their_way: int = 0
    looks: Looks = field(default_factory=Looks)
    threads: Threads = field(init=False)
    _by_id: dict[str, Post] = field(default_factory=dict)
    _by_nonce: dict[str, Post] = field(default_factory=dict)
    _typing: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.threads = Threads(self.find)

    @property
    def is_channel(self) -> bool:
        """Whether several people are in it."""
        return is_channel(self.name)

    @property
    def loaded(self) -> bool:
        """Whether anything of its past was read."""
        return bool(self._by_id)

    # Posts

    def find(self, msgid: str) -> Post | None:
        """Return the message with this id, or that was edited by the one with this id."""
        return self._by_id.get(msgid)

    def sent(self, nonce: str) -> Post | None:
        """Return the message that was sent from here with this nonce, if it is not confirmed."""
        return self._by_nonce.get(nonce)

    def add(self, entry: Entry) -> None:
        """Something is there now, behind all that is confirmed."""
        self.entries.insert(len(self.entries) - self.on_their_way, entry)
        if isinstance(entry, Post):
            self.rename_id(entry, entry.id)

    def queue(self, post: Post) -> None:
        """A message is on its way."""
        self.entries.append(post)
        self.on_their_way += 1
        self._by_nonce[post.nonce] = post
        self.threads.learn(post, "")

    def settle(self, nonce: str, delivery: Delivery, msgid: str = "", time: int = 0) -> Post | None:
        """A message is not on its way any more: it goes behind what is confirmed, with this id and time."""
        post = self._by_nonce.pop(nonce, None)
        if post is None:
            return None
        self.entries.remove(post)
        self.on_their_way -= 1
        post.delivery = delivery
        if msgid:
            post.id, post.time = msgid, time
        post.touch()
        self.add(post)
        return post

    def drop(self, post: Post) -> None:
        """A message that was refused is sent again, as another one."""
        self.entries.remove(post)
        self.threads.forget(post)

    def rename_id(self, post: Post, msgid: str) -> None:
        """A message is known by this id (too): it is confirmed, or edited by the message with this id."""
        if msgid:
            self._by_id[msgid] = post
        self.threads.learn(post, msgid)

    @property
    def folds(self) -> bool:
        """Whether replies stand under the first message of their thread."""
        return self.looks.folds

    def folded(self, post: Post) -> bool:
        """Whether a message stands under the first one of its thread, and not where it was said."""
        return self.folds and post.thread is not None and post.thread.first is not post

    def edit(self, post: Post, text: str, msgid: str) -> None:
        """A message says something else now."""
        post.text, post.edited = text, True
        if post.own:
            post.delivery = Delivery.STORED
        post.touch()
        self.rename_id(post, msgid)

    # What is new

    def open(self) -> None:
        """It is shown from now on: the divider stays where it is until it is opened again."""
        self.divider, self.divided = self._first_unread(), self.unread
        if self.divider is not None:
            self.divider.touch()

    def count_unread(self) -> None:
        """Count anew what was said after one has read it."""
        new = [post for post in self._posts_behind() if not (post.own or post.ignored)]
        self.unread, self.mentions = len(new), sum(post.mention for post in new)

    def read(self) -> int:
        """Everything is read; return the time of the last message if that is news, else 0."""
        self.unread = self.mentions = 0
        last = next(
            (e.time for e in reversed(self.entries) if isinstance(e, Post) and e.id and not e.deleted), 0
        )
        if last <= self.read_time:
            return 0
        self.read_time = last
        return last

    def unread_from(self, post: Post) -> int:
        """This message and all after it count as new; return the time before it."""
        self.read_time = post.time - 1
        self.count_unread()
        return self.read_time

    def _posts_behind(self) -> list[Post]:
        found: list[Post] = []
        for entry in reversed(self.entries):
            if isinstance(entry, Post) and entry.id:
                if entry.time <= self.read_time:
                    break
                found.append(entry)
        return found

    def _first_unread(self) -> Post | None:
        new = [post for post in self._posts_behind() if not (post.own or post.ignored or self.folded(post))]
        return new[-1] if new and self.unread else None

    # The past

    def before(self, missing: Missing) -> str:
        """Return the id of the message that comes after what is missing, "" when there is none."""
        at = self.entries.index(missing)
        return next((e.id for e in self.entries[at:] if isinstance(e, Post) and e.id), "")

    def after(self, missing: Missing) -> str:
        """Return the id of the message that comes before what is missing, "" when there is none."""
        at = self.entries.index(missing)
        return next((e.id for e in self.entries[at::-1] if isinstance(e, Post) and e.id), "")

    def try_again(self) -> None:
        """There is a connection again: what could not be read may be readable now."""
        for entry in self.entries:
            if isinstance(entry, Missing) and entry.filling is Filling.FAILED:
                entry.filling = Filling.WAITING
                entry.touch()

    def fill(self, missing: Missing, page: Iterable[Post], ended: bool, *, forward: bool = False) -> int:
        """Put a page of history behind what is missing, or before it (`forward`); return how many messages
        were new.

        `ended`: there is nothing beyond the page. What is missing goes when the page reaches what is known.
        """
        at = self.entries.index(missing)
        posts = list(page)
        fresh = [post for post in posts if post.id not in self._by_id]
        reached = not missing.top and len(fresh) < len(posts)
        missing.filling = Filling.WAITING
        missing.touch()
        at += not forward
        self.entries[at:at] = fresh
        self._learn(fresh)
        if ended or reached or not fresh:
            self.entries.remove(missing)
        return len(fresh)

    def splice(self, page: list[Post], reason: str) -> None:
        """Put a page in that was read from the middle of what is missing.

        Each run of new messages goes behind the known one before it, or before the known one after it; what
        is between them and the rest stays a gap.
        """
        known: Post | None = None
        run: list[Post] = []
        for post in page:
            found = self._by_id.get(post.id)
            if found is None:
                run.append(post)
                continue
            self._insert(run, known, found, reason)
            known, run = found, []
        self._insert(run, known, None, reason)

    def _insert(self, run: list[Post], before: Post | None, after: Post | None, reason: str) -> None:
        """Put messages in that are new; `before` and `after` are the known ones right beside them."""
        if not run:
            return
        if before is not None and after is not None:
            start, end = self.entries.index(before) + 1, self.entries.index(after)
            between = self.entries[start:end]
            self.entries[start:end] = [*run, *(entry for entry in between if not isinstance(entry, Missing))]
        elif before is not None:
            start = self.entries.index(before) + 1
            self.entries[start:start] = run
        elif after is not None:
            start = self.entries.index(after)
            self.entries[start:start] = run
        else:
            start = self._place_of(run[0].time)
            self.entries[start:start] = [*run, Missing(run[-1].time, reason=reason)]
        self._learn(run)

    def _place_of(self, time: int) -> int:
        """Where something of this time goes that is beside nothing known: behind a gap, if there is one."""
        end = len(self.entries) - self.on_their_way
        at = next(
            (n for n, e in enumerate(self.entries[:end]) if isinstance(e, Post) and e.id and e.time >= time),
            end,
        )
        before = max((n for n, e in enumerate(self.entries[:at]) if isinstance(e, Missing)), default=-1)
        said = any(isinstance(e, Post) for e in self.entries[before + 1 : at])
        return at if said or before < 0 else before + 1

    def _learn(self, posts: list[Post]) -> None:
        """All of them first: a page may hold an answer before what it answers."""
        for post in posts:
            self._by_id.update((msgid, post) for msgid in (post.id, *post.edit_ids) if msgid)
        for post in posts:
            for msgid in (post.id, *post.edit_ids):
                self.threads.learn(post, msgid)
            post.unseen = self.folded(post) and not post.own and post.time > self.read_time

    # People

    def typing(self, who: str, until: float) -> None:
        """Somebody is typing until then (monotonic seconds; 0 is not any more)."""
        self._typing.pop(who, None)
        if until:
            self._typing[who] = until

    def who_types(self, now: float) -> list[str]:
        """Return who is typing."""
        return [who for who, until in self._typing.items() if until > now]

    @property
    def nicks(self) -> list[str]:
        """Who is there, sorted."""
        return [nick for _, nick in sorted(self.members.items())]

    def enter(self, nick: str) -> None:
        """Somebody is there from now on."""
        self.members[fold(nick)] = nick

    def leave(self, nick: str) -> bool:
        """Somebody is not there any more; return whether they were."""
        self._typing.pop(nick, None)
        return self.members.pop(fold(nick), None) is not None

    def speakers(self) -> list[str]:
        """Return who has spoken lately, the latest first: completion offers them first."""
        found: dict[str, None] = {}
        for entry in reversed(self.entries[-500:]):
            if isinstance(entry, Post) and not (entry.own or entry.ignored):
                found.setdefault(entry.sender)
        return list(found)

    def moved(self, move: Move) -> None:
        """Somebody comes or goes: that is told together with who did so right before, on the same day."""
        last = self.entries[-1 - self.on_their_way] if len(self.entries) > self.on_their_way else None
        if isinstance(last, Crowd) and len(last.moves) < _MOST_MOVES and _day(last.time) == _day(move.time):
            last.add(move)
        else:
            self.add(Crowd(move.time, [move]))

    def pin(self, msgid: str, by: str, removed: bool) -> None:
        """A message is pinned, or not any more."""
        if self.pins is not None:
            self.pins.pop(msgid, None)
            if not removed:
                self.pins[msgid] = by


def _day(time: int) -> tuple[int, int]:
    then = clock.localtime(time / 1000)
    return then.tm_year, then.tm_yday
