"""What the app stands on: its widgets, its chat, and what it begins with."""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from securechat.client.clock import Now
from securechat.client.errors import ClientError
from securechat.client.kept.input_history import InputHistory
from securechat.client.tui import hints
from securechat.client.tui.bars import Bar
from securechat.client.tui.chat import Chat
from securechat.client.tui.commands import COMMANDS
from securechat.client.tui.completion import complete
from securechat.client.tui.composer import Composer
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.entries import Post
from securechat.client.tui.line import Line
from securechat.client.tui.looks import Looks
from securechat.client.tui.opening import Opener
from securechat.client.tui.servers import Link, Server, Servers
from securechat.client.tui.settings import Settings
from securechat.client.tui.sidebar import Sidebar
from securechat.client.tui.themes import DEFAULTS, themes
from securechat.client.tui.timeline import Timeline

NARROW: Final = 90
"""Columns below which there is no side bar."""
_MOUSE: Final = (1000, 1003, 1015, 1006)
MOUSE_ON: Final = "".join(f"\x1b[?{mode}h" for mode in _MOUSE)
MOUSE_OFF: Final = "".join(f"\x1b[?{mode}l" for mode in _MOUSE)
_LONGEST_KEY: Final = 1.0
"""Seconds after which the next key is looked at, whatever the last one still does."""


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Start:
    """What the app begins with: at least one link. `save_settings` raises OSError."""

    links: Sequence[Link]
    settings: Settings
    save_settings: Callable[[Settings], None]
    opener: Opener | None = None
    """What opens more servers, if that can be."""
    problems: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    signals: bool = False
    history: InputHistory | None = None
    painted: Callable[[], None] = _nothing
    """What is done when the window is there."""


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended: what ended the connection, the words for the others, the signal that ended the app; or
    the app is `broken`. `came_in`: there was a login.
    """

    error: ClientError | None = None
    goodbye: str = ""
    signal: int = 0
    broken: bool = False
    came_in: bool = False


def now() -> Now:
    """The time."""
    return Now(time.time_ns() // 1_000_000, time.monotonic())


class Shell(App[Result]):
    """The screen and what it shows; `ChatApp` moves it."""

    CSS_PATH = "app.tcss"
    TITLE = "securechat"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, start: Start, clock: Callable[[], Now] = now) -> None:
        self.start = start
        self.settings = start.settings
        super().__init__()
        self.clock = clock
        self.doing = hints.Doing()
        self.looks = Looks()
        self.looks.take(self.settings)
        self.servers = Servers([Server(link, self.call, clock, self.looks) for link in start.links])
        for theme in themes():
            self.register_theme(theme)
        self.theme = self.settings["theme"]
        self.set_keymap(dict(self.settings.keys))

    @property
    def server(self) -> Server:
        """The server of what is shown."""
        return self.servers.current

    @property
    def chat(self) -> Chat:
        """What is known of that server."""
        return self.servers.current.chat

    @property
    def line(self) -> Line:
        """What that server is asked by."""
        return self.servers.current.line

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The variables that a theme of Textual's own lacks."""
        return dict(DEFAULTS)

    def compose(self) -> ComposeResult:
        """The rows and columns."""
        yield Bar(lambda: hints.title(self.servers, self.clock(), self.shows_sidebar), "title")
        with Horizontal(id="middle"):
            yield Sidebar(self.servers, lambda: hints.keys(self.settings))
            with Vertical(id="talk"):
                yield Timeline(self.chat.current, self.chat.me)
                yield Bar(lambda: hints.status(self.chat, self.doing, self.clock(), self.settings), "status")
                with Horizontal(id="writing"):
                    yield Static("> ", id="prompt")
                    yield Composer(lambda line: complete(line, self.chat, COMMANDS), self, self.start.history)

    @property
    def stands(self) -> bool:
        """Whether the window is whole: it is taken down piece by piece, while timers and servers go on."""
        return self.is_running and bool(self.screen_stack) and bool(self.screen_stack[0].query(Composer))

    @property
    def timeline(self) -> Timeline:
        """The current conversation on the screen."""
        return self.screen_stack[0].query_one(Timeline)

    @property
    def composer(self) -> Composer:
        """Where one writes."""
        return self.screen_stack[0].query_one(Composer)

    @property
    def shows_sidebar(self) -> bool:
        """Whether there is room for the side bar."""
        return self.size.width >= NARROW and self.settings["sidebar"] != "hide" and not self.looks.bare

    def narrow(self) -> None:
        """The side bar comes and goes."""
        self.screen_stack[0].set_class(not self.shows_sidebar, "narrow")

    def use_mouse(self) -> None:
        """Take the mouse from the terminal, or leave it there: then the terminal's own marking works."""
        self.to_terminal(MOUSE_ON if self.settings["mouse"] == "on" and not self.looks.bare else MOUSE_OFF)

    def to_terminal(self, text: str) -> None:
        """Write a sequence to the terminal."""
        if self._driver is not None:
            self._driver.write(text)
            self._driver.flush()

    def redraw(self) -> None:
        """Show what has changed."""
        if not self.stands:
            return
        self.timeline.blocks.me = self.chat.me
        self.timeline.update()
        self.screen_stack[0].query_one(Sidebar).update()
        self.update_bars()

    def update_bars(self) -> None:
        """Show what has changed around the timeline."""
        for bar in self.screen_stack[0].query(Bar):
            bar.update()

    async def on_event(self, event: events.Event) -> None:
        """One key after the other: the next one may go elsewhere by what this one does."""
        await super().on_event(event)
        if isinstance(event, events.Key | events.Paste):
            await self._done()

    async def _done(self) -> None:
        """Wait until the last key was handled: by the composer, or by a dialog from its field up."""
        node: Widget = self.focused or self.screen
        way = [node]
        if not isinstance(node, Composer):  # a field tells itself first, and then those above it
            way += [each for each in node.ancestors_with_self if isinstance(each, Widget)]
        for each in way:
            done = asyncio.Event()
            if each.call_later(done.set):
                with suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), _LONGEST_KEY)

    @abstractmethod
    def entered(self, text: str, pasted: bool) -> None:
        """A text was entered."""

    @abstractmethod
    def escaped(self) -> None:
        """Nothing is selected, answered or changed any more."""

    @abstractmethod
    def acted(self, key: str) -> None:
        """A key was pressed for the selected message."""

    @abstractmethod
    def ended(self) -> None:
        """End was pressed where the draft ends."""

    @property
    @abstractmethod
    def looks_here(self) -> bool:
        """Whether the person looks at the app, as far as the terminal says."""

    @abstractmethod
    def ring(self) -> None:
        """A mailbox has something. Any thread may call."""

    @abstractmethod
    def call(self, server: Server, conversation: Conversation, post: Post) -> None:
        """Somebody has said something to this person."""

    @abstractmethod
    def end(self, result: Result) -> None:
        """Keep the desk and end the app."""
