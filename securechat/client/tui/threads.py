"""Which messages are replies, and to what: the threads of one conversation.

A reply whose message is not known here stands for itself until that message is read.
"""

from bisect import insort
from collections.abc import Callable, Iterator

from securechat.client.tui.entries import Delivery, Post, Thread


class Threads:
    """`find` returns the message with a msgid."""

    def __init__(self, find: Callable[[str], Post | None]) -> None:
        self._find = find
        self._waiting: dict[str, list[Post]] = {}
        """Replies by the msgid of what they answer, where that is not known here."""
        self._all: dict[int, Thread] = {}

    def __iter__(self) -> Iterator[Thread]:
        return iter(self._all.values())

    def learn(self, post: Post, msgid: str) -> None:
        """A message is there, known by this msgid (too), or it has another place now."""
        if post.answers:
            self._place(post)
        for reply in self._waiting.pop(msgid, ()) if msgid else ():
            self._attach(reply, post)

    def forget(self, post: Post) -> None:
        """A message is not there any more."""
        thread = post.thread
        if thread is not None and thread.first is not post:
            thread.replies.remove(post)
            post.thread = None
            self._changed(thread)

    def _place(self, post: Post) -> None:
        thread = post.thread
        if thread is not None and thread.first is not post:
            thread.replies.remove(post)
            insort(thread.replies, post, key=_order)
            self._changed(thread)
            return
        answered = self._find(post.answers)
        if answered is not None:
            self._attach(post, answered)
        else:
            self._waiting.setdefault(post.answers, []).append(post)

    def _attach(self, reply: Post, answered: Post) -> None:
        """Make it a reply in the thread of what it answers, with the replies that it has itself."""
        own, thread = reply.thread, answered.thread
        if reply is answered or (own is not None and own is thread):
            return  # a server that lets a message answer what answers it
        if thread is None:
            thread = answered.thread = self._all[answered.serial] = Thread(answered)
        moved = [reply]
        if own is not None:
            moved += own.replies
            thread.open = thread.open or own.open
            self._all.pop(own.first.serial, None)
        for post in moved:
            post.thread = thread
            insort(thread.replies, post, key=_order)
            post.touch()
        self._changed(thread)

    def _changed(self, thread: Thread) -> None:
        thread.version += 1
        if not thread.replies:
            thread.first.thread = None
            self._all.pop(thread.first.serial, None)


def _order(post: Post) -> tuple[bool, int]:
    return post.delivery is Delivery.QUEUED, post.time
