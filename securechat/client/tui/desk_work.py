"""What a person does in the app: the keys and commands end here. It implements `commands.Window`."""

from securechat.client.errors import Refused
from securechat.client.events import Kind
from securechat.client.protocol.sendable import check_text
from securechat.client.safe import safe
from securechat.client.tui import commands, hints, language
from securechat.client.tui.chat import Chat
from securechat.client.tui.composer import clean
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.entries import Delivery, Post, Sort
from securechat.client.tui.language import _, n_
from securechat.client.tui.listwork import ListWork
from securechat.client.tui.places import SERVER, label
from securechat.client.tui.screens import Question, Reader
from securechat.client.tui.server_work import ServerWork
from securechat.client.tui.servers import Server, Spot
from securechat.client.tui.shell import Result
from securechat.client.tui.window import Misused
from securechat.client.words.device_desk import DeviceDesk
from securechat.irc.names import fold

MANY_LINES = 5
"""Lines of a paste above which the person is asked."""


class DeskWork(ListWork):
    """The person's side of the app: what is written, asked and chosen."""

    @property
    def chat(self) -> Chat:
        """What is known."""
        return self.app.chat

    @property
    def selected(self) -> Post | None:
        """The message that is selected."""
        return self.app.timeline.selected

    @property
    def servers(self) -> ServerWork:
        """What can be done with servers."""
        return ServerWork(self.app, self.go)

    def closed_servers(self) -> list[str]:
        """Return the names of the servers that could be opened; /server says why there are none."""
        try:
            return [profile.name for profile in self.servers.closed()]
        except Misused:
            return []

    def open_server(self, name: str) -> None:
        """Open a server."""
        commands.enter(self, f"/server {name}")

    @property
    def device(self) -> DeviceDesk:
        """This computer as a device of the account."""
        return self.device_of(self.app.server)

    def device_of(self, server: Server) -> DeviceDesk:
        """This computer as a device of the account on a server."""
        return DeviceDesk(Notes(server.chat), server.link.enrolment, server.line.submit)

    # Entering

    def enter(self, text: str, pasted: bool) -> None:
        """Send a text, or do a command; nothing of what cannot be done is lost."""
        lines, spot = text.count("\n") + 1, self.app.servers.spot
        place = self.chat.current
        if pasted and lines > MANY_LINES and not text.startswith("/") and place.name != SERVER:
            question = n_("Send {} line as one message to", "Send {} lines as one message to", lines)

            def answered(yes: bool | None) -> None:
                if spot != self.app.servers.spot:
                    self._leave_draft(spot, text)
                elif yes:
                    self._enter(text)
                else:
                    self.app.composer.put(text)

            self.app.push_screen(Question(f"{question} {place.name}?"), answered)
        else:
            self._enter(text)

    def _leave_draft(self, spot: Spot, text: str) -> None:
        """The window has left where a text was to go: it waits there."""
        server, place = spot
        server.desk.draft(place.name, text)
        said = _("Nothing was sent: you are in {here} now. Your lines are the draft of {there}.")
        here = label(self.chat.current, self.app.server.name)
        self.say(said.format(here=here, there=label(place, server.name)))

    def _enter(self, text: str) -> None:
        doing = self.app.doing
        answers = doing.answering.id if doing.answering is not None else ""
        edits = doing.changing.id if doing.changing is not None else ""
        try:
            commands.enter(self, check_text(text), answers, edits)
        except (Misused, Refused) as error:
            self.chat.note(str(error), sort=Sort.ERROR)
            self.app.composer.put(text)
        else:
            if not text.startswith("/") or text.startswith("//"):
                answered = self.chat.current.find(answers or self._thread_id())
                if answered is None or not self.chat.current.folds:
                    self.app.timeline.scroll_to_end()
            self._done()
        self.app.redraw()

    def say(self, text: str) -> None:
        """Show the person a line."""
        self.chat.note(text)
        self.app.redraw()

    def _thread_id(self) -> str:
        thread = self.app.doing.thread
        return thread.first.id if thread is not None else ""

    def escape(self) -> None:
        """Nothing is selected, answered or changed any more; when nothing was, the thread is left."""
        doing = self.app.doing
        if doing.selecting or doing.answering is not None or doing.changing is not None:
            self._done()
        else:
            self.leave_thread()
            self.app.redraw()

    def _done(self) -> None:
        if self.app.doing.changing is not None:
            self.app.composer.put("")
        self.app.doing.answering = self.app.doing.changing = None
        self._unselect()
        self.app.redraw()

    def _unselect(self) -> None:
        self.app.doing.selecting = self.app.composer.selecting = False
        self.app.timeline.selected = None

    # Commands

    def write(self, target: str, text: str, answers: str = "", edits: str = "") -> None:
        """Send a message."""
        self._typed_at = 0.0
        if not (answers or edits) and fold(target) == fold(self.chat.current.name):
            answers = self._thread_id()
        self.app.line.write(target, text, answers, edits)
        if fold(target) != fold(self.chat.current.name):
            self.show(target)

    def request(self, command: str, *params: str) -> None:
        """Send a command; what the server says to it is shown here."""
        self.need_connection()
        self.chat.asked[self.app.line.ask(command, *params)] = self.chat.current

    def signal(self, target: str, tags: dict[str, str]) -> None:
        """Send tags without a text."""
        self.need_connection()
        self.app.line.signal(target, tags)

    def join(self, channel: str, key: str = "") -> None:
        """Enter a channel, and show it."""
        known = self.chat.conversations.get(fold(channel))
        if known is not None and known.joined:
            self.open(known)
            return
        self.app.server.wanted = channel
        self.request("JOIN", channel, *((key,) if key else ()))

    def arrived(self, channel: str) -> None:
        """Show a channel that one has come into, unless something is written or asked: it would go there."""
        if self.app.composer.text or len(self.app.screen_stack) > 1:
            key = hints.key_of("switcher", self.app.settings)
            self.say(_("You are in {channel} now: {key} goes there").format(channel=safe(channel), key=key))
        else:
            self.show(channel)

    def begin(self, place: Conversation) -> None:
        """Show where one was; what was written before the login goes along, unless there is a draft."""
        text = self.app.composer.text
        self.open(place)
        if text and not self.app.composer.text:
            self.app.composer.put(text)
            self.app.server.desk.draft(SERVER, "")

    def part(self, channel: str, reason: str) -> None:
        """Leave a channel, or close the conversation with a person."""
        known = self.chat.conversations.get(fold(channel))
        if known is not None and not known.joined:
            self.closed(self.app.server, known)
            return
        self.app.server.leaving = channel
        self.request("PART", channel, *((reason,) if reason else ()))

    def explain(self) -> None:
        """Show the keys and commands."""
        title = _("Help (PageDown reads on, Esc closes it)")
        self.app.push_screen(Reader(title, hints.help_lines(self.app.settings)))

    def choose(self, name: str, value: str) -> None:
        """Change a setting."""
        app = self.app
        try:
            app.settings = app.settings.with_choice(name, value)
        except ValueError as error:
            raise Misused(str(error)) from None
        app.theme = app.settings["theme"]
        app.looks.take(app.settings)
        if name == "language":
            language.use(language.chosen(value, app.start.environment))
            app.timeline.blocks.drawn.clear()
        app.narrow()
        app.use_mouse()
        try:
            app.start.save_settings(app.settings)
        except OSError as error:
            raise Misused(
                _("It is so now, but cannot be kept: {reason}").format(reason=error.strerror)
            ) from None

    def retry(self) -> None:
        """Send the messages of this conversation that were refused again."""
        place = self.chat.current
        for entry in list(place.entries):
            if isinstance(entry, Post) and entry.delivery is Delivery.REFUSED:
                place.drop(entry)
                text = f"\x01ACTION {entry.text}\x01" if entry.kind is Kind.ACTION else entry.text
                self.app.line.write(place.name, text, entry.answers)

    def again(self) -> None:
        """Make a new connection."""
        self.app.server.link.reconnect()

    def leave(self, reason: str) -> None:
        """End the program."""
        self.app.end(Result(goodbye=reason))

    # The selected message

    def act(self, key: str) -> None:
        """Do what a key does with the selected message."""
        post = self.selected
        if post is None:
            return
        try:
            self._act(key, post)
        except (Misused, Refused) as error:
            self.chat.note(str(error), sort=Sort.ERROR)
        self.app.redraw()

    def _act(self, key: str, post: Post) -> None:
        match key:
            case "r":
                self.app.doing.answering = post
                self._unselect()
            case "e" if post.own and post.id:
                self.app.composer.put(post.text)
                self.app.doing.changing = post
                self._unselect()
            case "e":
                raise Misused(_("Only your own messages can be changed"))
            case "d":
                commands.enter(self, "/delete")
            case "t":
                self.turn_nearest()
            case "p":
                pinned = post.id in (self.chat.current.pins or {})
                commands.enter(self, "/unpin" if pinned else "/pin")
            case "u":
                commands.enter(self, "/unread")
                self._unselect()
            case "+":
                self.choose_reaction()
            case "c":
                self.app.copy_to_clipboard(clean(post.text))
                self.chat.note(_("The message is copied"))
            case "o":
                self.open_link(post)

    def react(self, emoji: str | None) -> None:
        """React to the selected message."""
        if emoji:
            commands.enter(self, f"/react {emoji}")
            self.app.redraw()

    # The end

    def put_away(self) -> None:
        """Keep what lies on the desk."""
        self.keep_draft()
        for server in self.app.servers.all:
            server.put_away()

    def closed(self, server: Server, place: Conversation) -> None:
        """A conversation is left: it goes from the list."""
        server.chat.close(place)
        if place is not server.chat.current:
            return
        if server is self.app.server:
            self.neighbour(0)
        else:
            server.chat.current = server.chat.at(SERVER)


class Notes:
    """Shows a device desk's lines in the chat."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def tell(self, *lines: str) -> None:
        """Show lines to the person."""
        for line in lines:
            self._chat.note(line.removeprefix("* ").strip())

    def refuse(self, line: str) -> None:
        """Show why what was entered was not done."""
        self._chat.note(line.removeprefix("* "), sort=Sort.ERROR)
