"""The app: what becomes of events and keys. What a person does is in `desk_work`."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from securechat.client.clock import Now
from securechat.client.errors import ClientError
from securechat.client.events import Ended, Event, Joined, Left, Ready, Said
from securechat.client.tui import hints, notifying, signals
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.desk_work import DeskWork
from securechat.client.tui.entries import Post, Sort
from securechat.client.tui.keys import BEHIND, BINDINGS
from securechat.client.tui.mailbox import Lag, Snapshot
from securechat.client.tui.notifying import Notifier
from securechat.client.tui.places import SERVER
from securechat.client.tui.servers import Server
from securechat.client.tui.shell import Result, Shell, Start, now
from securechat.client.tui.sidebar import Sidebar
from securechat.client.tui.timeline import Timeline
from securechat.irc.names import fold

TURN: Final = 0.033
"""Seconds between two turns in which events are taken."""
_TICK: Final = 1.0
_MEASURE: Final = 20.0
"""Seconds between two looks at how quick the servers are."""


class ChatApp(Shell):
    """The window on one session."""

    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS, Binding("ctrl+c", "copy", show=False, priority=True)]

    class Arrived(Message):
        """The mailbox has something."""

    def __init__(self, start: Start, clock: Callable[[], Now] = now) -> None:
        super().__init__(start, clock)
        self.work = DeskWork(self)
        self.notifier = Notifier(
            self.to_terminal, lambda: self.settings["notify"], notifying.preferred(start.environment)
        )
        self._taken_at = 0.0
        self._problems: Sequence[str] = start.problems

    def on_mount(self) -> None:
        """Begin."""
        for server in self.servers.all:
            server.link.mailbox.ring = self.ring
        self.composer.focus()
        self.narrow()
        if self.settings["mouse"] == "off":
            self.use_mouse()
        self.set_interval(_TICK, self._tick)
        self.set_interval(_MEASURE, self._measure)
        for problem in self._problems:
            self.chat.note(problem)
        if self.start.signals:
            signals.heed(self._signalled)
        self.call_after_refresh(self.start.painted)
        self.post_message(self.Arrived())

    def ring(self) -> None:
        """A mailbox has something. Any thread may call."""
        self.post_message(self.Arrived())

    def _signalled(self, number: int) -> None:
        self.end(Result(signal=number))

    def end(self, result: Result) -> None:
        """Keep the desk and end the app."""
        self.work.put_away()
        self.exit(replace(result, came_in=any(server.came_in for server in self.servers.all)))

    def on_resize(self, event: events.Resize) -> None:
        """The side bar comes and goes; the app itself takes the new size only after this."""
        self.call_next(self.narrow)

    # Events

    def on_chat_app_arrived(self) -> None:
        """Take what is in the mailbox, at once or after the rest of the turn."""
        rest = self._taken_at + TURN - time.monotonic()
        if rest > 0:
            self.set_timer(rest, self.take)
        else:
            self.take()

    def take(self) -> None:
        """Let happen what has happened."""
        if not self.stands:
            return
        self._taken_at = time.monotonic()
        news = [server for server in self.servers.all if self._take(server)]
        for server in news:
            server.chat.preload()
        if news:
            self.redraw()

    def _take(self, server: Server) -> bool:
        """Let happen what has happened on a server; return whether there was anything."""
        items = server.link.mailbox.take()
        for item in items:
            match item:
                case Snapshot():
                    server.know(item)
                case Lag(seconds):
                    server.lag = seconds
                case _:
                    server.chat.apply(item)
                    self._follow(server, item)
        return bool(items)

    def _follow(self, server: Server, event: Event) -> None:
        """Do what an event asks of the app."""
        shown = server is self.server
        match event:
            case Ready(channels):
                server.line.look()
                if not server.came_in:
                    server.came_in = True
                    self._begin(server, channels)
            case Joined(channel, _, True) if fold(channel) == fold(server.wanted):
                server.wanted = ""
                if shown:
                    self.work.arrived(channel)
            case Left(channel, _, _, True, "") if fold(channel) == fold(server.leaving):
                server.leaving = ""
                self.work.closed(server, server.chat.at(channel))
            case Said(_, messages) if shown:
                self.work.answered(messages)
            case Ended(error):
                self._ended(server, error)
            case _:
                pass

    def _begin(self, server: Server, channels: tuple[str, ...]) -> None:
        """The first login is done: go where one was."""
        chat = server.chat
        wanted = [server.link.first, server.desk.current]
        known = [name for name in wanted if name and fold(name) in chat.conversations]
        place = chat.at(next(iter([*known, *channels[:1]]), SERVER))
        if chat.current is chat.at(SERVER):
            if server is self.server:
                self.work.begin(place)
            else:
                chat.current = place
        problems, self._problems = self._problems, ()
        for problem in problems:
            chat.note(problem)
        chat.note_if(server.link.arrived())
        self.work.device_of(server).offer()

    def _ended(self, server: Server, error: ClientError | None) -> None:
        """A server takes no connection any more: that ends the app, unless there are others."""
        server.ended, server.failure = True, error
        if not self.servers.several:
            self.end(Result(error))
        elif error is not None:
            server.chat.note(str(error), server.chat.at(SERVER), Sort.ERROR)

    def _tick(self) -> None:
        if not self.stands:
            return
        self.update_bars()
        self.work.tick()

    def _measure(self) -> None:
        for server in self.servers.all:
            server.line.measure()

    # What the chat wants

    @property
    def looks_here(self) -> bool:
        """Whether the person looks at the app, as far as the terminal says."""
        return self.notifier.focused

    def call(self, server: Server, conversation: Conversation, post: Post) -> None:
        """Somebody has said something to this person."""
        channel = [conversation.name] if conversation.is_channel else []
        where = ", ".join([*channel, *([server.name] if self.servers.several else [])])
        self.notifier.tell(f"{post.sender} ({where})" if where else post.sender, post.text)

    # What widgets tell

    def on_timeline_reached(self, event: Timeline.Reached) -> None:
        """Read what is missing where one looks."""
        if event.conversation is self.chat.current and event.missing in event.conversation.entries:
            before = event.missing.version
            self.chat.fetch(event.conversation, event.missing, forward=event.forward)
            if event.missing.version != before or event.missing not in event.conversation.entries:
                self.timeline.update()

    def on_timeline_watched(self) -> None:
        """The end came on the screen, or left it."""
        self.work.watch()

    def on_timeline_clicked(self, event: Timeline.Clicked) -> None:
        """The row of a thread was clicked."""
        self.work.turn(event.thread)

    def on_sidebar_chosen(self, event: Sidebar.Chosen) -> None:
        """A conversation was clicked."""
        self.work.go(event.spot)

    def entered(self, text: str, pasted: bool) -> None:
        """A text was entered."""
        self.work.enter(text, pasted)

    def escaped(self) -> None:
        """Nothing is selected, answered or changed any more."""
        self.work.escape()

    def acted(self, key: str) -> None:
        """A key was pressed for the selected message."""
        self.work.act(key)

    def on_text_area_changed(self) -> None:
        """Something is being written."""
        self.work.typed()

    def on_app_focus(self) -> None:
        """The person looks here."""
        self.notifier.focused = True
        self.work.watch()

    def on_app_blur(self) -> None:
        """The person looks elsewhere."""
        self.notifier.focused = False
        self.work.watch()

    def ended(self) -> None:
        """End was pressed where the draft ends."""
        self.timeline.scroll_to_end()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys to what is open above the conversation: an app's come before those of a screen."""
        return len(self.screen_stack) == 1 or action not in BEHIND

    def action_switcher(self) -> None:
        """Go to a conversation by its name."""
        self.work.switch()

    def action_next_unread(self) -> None:
        """Go to the next conversation with something new."""
        self.work.next_unread()

    def action_first_unread(self) -> None:
        """Go to the first new message here."""
        self.work.first_unread()

    def action_thread(self) -> None:
        """Open or close a thread."""
        self.work.turn_nearest()

    def action_select(self, step: int) -> None:
        """Select a message."""
        self.timeline.select(step)
        self.doing.selecting = self.composer.selecting = self.timeline.selected is not None
        self.redraw()

    def action_scroll(self, pages: int) -> None:
        """Turn pages."""
        self.timeline.scroll_rows(pages * max(1, self.timeline.size.height - 2))

    def action_end(self) -> None:
        """Go to the end."""
        self.timeline.scroll_to_end()

    def action_neighbour(self, step: int) -> None:
        """Go to the conversation above or below."""
        self.work.neighbour(step)

    def action_explain(self) -> None:
        """Show the keys and commands."""
        self.work.explain()

    def action_members(self) -> None:
        """Show who is here."""
        if self.chat.current.is_channel:
            self.work.members()

    def action_editor(self) -> None:
        """Write the draft in $EDITOR."""
        self.work.edit_elsewhere()

    def action_bare(self) -> None:
        """Let nothing stand beside the text, and leave the mouse to the terminal; or end that."""
        self.work.bare()

    def action_copy(self) -> None:
        """Copy what the mouse has marked; without that, clear the draft."""
        marked = self.screen.get_selected_text()
        if marked:
            self.copy_to_clipboard(marked)
            self.screen.clear_selection()
        elif len(self.screen_stack) > 1:
            self.screen.dismiss(None)
        elif self.composer.text:
            self.composer.put("")
        else:
            self.work.say(hints.how_to_quit(self.settings))

    def action_leave(self) -> None:
        """End the program."""
        self.end(Result())
