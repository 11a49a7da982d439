"""Pages of history, and what a search finds: asked for, collected until the answer is complete, put in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from securechat.client.errors import Refused
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.entries import Filling, Missing, Post

PAGE: Final = 100
"""Messages that are read at once."""


@dataclass(slots=True)
class _Page:
    """A page that is coming. The edits in it are applied to what they replace, unless it shows what a search
    `finds`: there each is a message like others.
    """

    done: Callable[["_Page", Refused | None, bool], None]
    finds: bool = False
    count: int = 0
    posts: list[Post] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)


class Pages:
    """The answers that are coming. `send` sends a command and returns its label."""

    def __init__(self, send: Callable[..., str]) -> None:
        self._send = send
        self._open: dict[str, _Page] = {}

    def is_open(self, label: str) -> bool:
        """Whether this is the label of a page that is coming."""
        return label in self._open

    @property
    def is_idle(self) -> bool:
        """Whether no page is coming."""
        return not self._open

    def finds(self, label: str) -> bool:
        """Whether this is what a search finds."""
        page = self._open.get(label)
        return page is not None and page.finds

    def ask(self, place: Conversation, missing: Missing, *, forward: bool = False) -> None:
        """Read a page of what is missing in a conversation: its end, or its beginning (`forward`)."""
        forward = forward and bool(place.after(missing))
        msgid = place.after(missing) if forward else place.before(missing)
        direction = "AFTER" if forward else "BEFORE"
        how = (direction, place.name, f"msgid={msgid}") if msgid else ("LATEST", place.name, "*")
        missing.filling = Filling.ASKED
        missing.touch()

        def done(page: _Page, refused: Refused | None, ended: bool) -> None:
            if missing not in place.entries:
                return
            if refused is None:
                place.fill(missing, page.posts, ended or not page.count, forward=forward)
                place.count_unread()
                return
            missing.filling, missing.reason = Filling.FAILED, str(refused)
            missing.touch()

        self._open[self._send("CHATHISTORY", *how, str(PAGE))] = _Page(done)

    def around(self, target: str, msgid: str, found: Callable[[list[Post], Refused | None], None]) -> None:
        """Read what was said around a message."""
        label = self._send("CHATHISTORY", "AROUND", target, f"msgid={msgid}", str(PAGE))
        self._open[label] = _Page(lambda page, refused, _: found(page.posts, refused))

    def search(self, query: str, found: Callable[[list[tuple[str, Post]], Refused | None], None]) -> None:
        """Search; `found` gets what was said and where."""
        label = self._send("SEARCH", query)
        self._open[label] = _Page(
            lambda page, refused, _: found(list(zip(page.targets, page.posts, strict=True)), refused),
            finds=True,
        )

    def take(self, label: str, post: Post, target: str, edits: str = "") -> bool:
        """Take a message of a page; return whether it was one."""
        page = self._open.get(label)
        if page is None:
            return False
        page.count += 1
        original = self.find(label, edits) if edits else None
        if original is not None:
            original.text, original.edited = post.text, True
            original.edit_ids.append(post.id)
        else:
            page.posts.append(post)
            page.targets.append(target)
        return True

    def find(self, label: str, msgid: str) -> Post | None:
        """Return a message of a page that is coming."""
        page = self._open.get(label)
        return next((post for post in page.posts if post.id == msgid), None) if page is not None else None

    def answered(self, label: str, refused: Refused | None, ended: bool) -> None:
        """A page is complete."""
        page = self._open.pop(label)
        page.done(page, refused, ended)

    def lost(self) -> None:
        """The connection is lost, and the answers with it: the session tells no refusal for what it lost."""
        pages, self._open = list(self._open.values()), {}
        for page in pages:
            page.done(page, Refused("CONNECTION_LOST", "the connection was lost"), False)
