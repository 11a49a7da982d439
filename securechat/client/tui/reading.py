"""Moving about: which conversation is open, what is new, and what is written there meanwhile."""

import os
import shlex
import subprocess
import tempfile
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Final

from securechat.client.errors import Refused
from securechat.client.safe import safe
from securechat.client.tui.completion import EMOJI
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.drawing import LINK
from securechat.client.tui.entries import Post
from securechat.client.tui.language import _
from securechat.client.tui.places import SERVER, label
from securechat.client.tui.screens import Choice, Chooser
from securechat.client.tui.servers import Server, Spot
from securechat.client.tui.shell import Shell
from securechat.client.tui.window import Misused
from securechat.irc.names import fold

_TYPING_EVERY: Final = 3.0
"""Seconds between two signals that one is typing (IRCv3 `typing`)."""
_KEEP_EVERY: Final = 2.0


class Reading:
    """The part of the person's work that is going about."""

    def __init__(self, app: Shell) -> None:
        self.app = app
        self._typed_at = 0.0
        self._kept = ""

    # Conversations

    def go(self, spot: Spot) -> None:
        """Show a conversation of any server."""
        server, place = spot
        if server is not self.app.server:
            self.keep_draft()
            self._save(self.app.server)
            self.app.servers.show(server)
        self.open(place)

    def open(self, place: Conversation) -> None:
        """Show a conversation, with the draft that one left there."""
        app, chat = self.app, self.app.chat
        if place is chat.current and app.timeline.conversation is place:
            return
        if app.timeline.conversation is chat.current:  # else another server was shown, and its draft is kept
            self.keep_draft()
        app.doing.answering = app.doing.changing = app.doing.thread = None
        app.doing.selecting = app.composer.selecting = False
        chat.watched = False
        chat.open(place)
        app.timeline.show(place)
        app.composer.put(app.server.desk.drafts.get(fold(place.name), ""))
        self._typed_at = 0.0
        self.watch()
        app.redraw()

    def show(self, name: str) -> None:
        """Show the conversation of this name."""
        self.open(self.app.chat.at(name))

    def keep_draft(self) -> None:
        """Keep what is written where one is."""
        if self.app.doing.changing is None:
            self.app.server.desk.draft(self.app.chat.current.name, self.app.composer.text)

    def _save(self, server: Server) -> None:
        try:
            server.link.save(server.desk)
        except OSError:
            return  # it is tried again at the next change, and what is not kept is still on the screen

    def tick(self) -> None:
        """A second has passed: a draft that has changed is kept."""
        text = self.app.composer.text
        if text != self._kept:
            self._kept = text
            self.keep_draft()
            self._save(self.app.server)

    def watch(self) -> None:
        """What the person sees has changed: the end of a conversation that is seen is read."""
        app = self.app
        app.chat.watched = app.timeline.at_end and app.looks_here
        app.chat.read()
        app.redraw()

    def switch(self) -> None:
        """Go to a conversation by a part of its name."""
        servers = self.app.servers
        spots = sorted(servers.spots(), key=lambda spot: (not spot[1].mentions, not spot[1].unread))
        shown: list[Choice[Spot | str]] = [self._choice(spot) for spot in spots if spot != servers.spot]
        for name in self.closed_servers():
            shown.append(Choice(_("open the server {name}").format(name=name), name, name))

        def chosen(wanted: Spot | str | None) -> None:
            if isinstance(wanted, str):
                self.open_server(wanted)
            elif wanted is not None:
                self.go(wanted)

        self.app.push_screen(Chooser(_("Go to"), shown), chosen)

    def closed_servers(self) -> list[str]:
        """Return the names of the servers that could be opened."""
        raise NotImplementedError

    def open_server(self, name: str) -> None:
        """Open a server."""
        raise NotImplementedError

    def _choice(self, spot: Spot) -> Choice[Spot | str]:
        server, place = spot
        named = place.name != SERVER and self.app.servers.several
        name = label(place, server.name) + (f"  {safe(server.name)}" if named else "")
        return Choice(f"{name}   {place.unread or ''}", name, spot)

    def next_unread(self) -> None:
        """Go to the next conversation with something new, one that names the person first."""
        spots, here = self.app.servers.spots(), self.app.servers.spot
        at = spots.index(here) if here in spots else 0
        around = [spot for spot in [*spots[at + 1 :], *spots[:at]] if spot[1].unread and not spot[1].muted]
        found = next((spot for spot in around if spot[1].mentions), None) or next(iter(around), None)
        if found is not None:
            self.go(found)
        elif not self.app.timeline.at_end:
            self.app.timeline.scroll_to_end()

    def first_unread(self) -> None:
        """Go to the first new message here."""
        divider = self.app.chat.current.divider
        if divider is not None and divider in self.app.chat.current.entries:
            self.app.timeline.jump(divider)
            self.watch()

    def neighbour(self, step: int) -> None:
        """Go to the conversation above or below; 0: to the one in the place of one that is gone."""
        spots, here = self.app.servers.spots(), self.app.servers.spot
        at = spots.index(here) + step if here in spots else min(1, len(spots) - 1)
        self.go(spots[at % len(spots)])

    def go_to(self, spot: Spot, post: Post) -> None:
        """Show a message, which is read from the server when it is not here."""
        server, place = spot
        self.go(spot)
        known = place.find(post.id)
        if known is not None:
            self._point(known)
            return

        def found(page: list[Post], refused: Refused | None) -> None:
            place.splice(page, _("there is more between"))
            there = place.find(post.id)
            if spot != self.app.servers.spot:
                return
            if there is not None:
                self._point(there)
            else:
                reason = str(refused) if refused is not None else _("the server does not have it any more")
                self.app.chat.note(_("The message cannot be shown: {reason}").format(reason=reason))
                self.app.redraw()

        server.chat.pages.around(place.name, post.id, found)

    def _point(self, post: Post) -> None:
        timeline = self.app.timeline
        timeline.jump(post)
        timeline.selected = post
        self.app.doing.selecting = self.app.composer.selecting = True
        self.watch()

    # Writing

    def typed(self) -> None:
        """The draft has changed: say so to the others, now and then."""
        app, chat = self.app, self.app.chat
        text = app.composer.text
        mono = app.clock().mono
        wanted = app.settings["typing"] == "send" and chat.online and chat.current.name != SERVER
        if not text or text.startswith("/") or not wanted or app.doing.changing is not None:
            return
        if mono - self._typed_at >= _TYPING_EVERY and "message-tags" in chat.granted:
            self._typed_at = mono
            with suppress(Refused):  # a name that cannot be sent to: to write there says so
                app.line.signal(chat.current.name, {"+typing": "active"})

    def edit_elsewhere(self) -> None:
        """Write the draft in the person's editor."""
        app = self.app
        environment = app.start.environment
        editor = environment.get("VISUAL") or environment.get("EDITOR") or "vi"
        with tempfile.TemporaryDirectory(prefix="securechat-") as directory:
            path = Path(directory) / "draft.txt"
            path.write_text(app.composer.text, encoding="utf-8")
            try:
                with app.suspend():  # after which Textual takes the mouse
                    subprocess.run([*shlex.split(editor), os.fspath(path)], check=False)
                app.use_mouse()
            except (OSError, ValueError) as error:
                app.chat.note(_("The editor cannot be started: {reason}").format(reason=error))
                app.redraw()
                return
            app.composer.put(path.read_text(encoding="utf-8", errors="replace").rstrip("\n"))

    def choose_reaction(self) -> None:
        """Choose an emoji for the selected message."""
        rows = [Choice(f"{emoji}  {name}", name, emoji) for name, emoji in EMOJI.items()]
        timeline, post = self.app.timeline, self.app.timeline.selected

        def chosen(emoji: str | None) -> None:
            if timeline.selected is post:  # else another conversation is shown by now
                self.react(emoji)

        self.app.push_screen(Chooser(_("React with"), rows), chosen)

    def react(self, emoji: str | None) -> None:
        """React to the selected message."""
        raise NotImplementedError

    def open_link(self, post: Post) -> None:
        """Open the first link of a message in the browser, because the person asks for it."""
        found = LINK.search(safe(post.text))
        if found is None:
            raise Misused(_("There is no link in this message"))
        if not webbrowser.open(found[0]):
            raise Refused(
                "NO_BROWSER", _("No browser can be started. The link: {link}").format(link=found[0])
            )

    def bare(self) -> None:
        """Let nothing stand beside the text, and leave the mouse to the terminal; or end that."""
        app = self.app
        app.looks.bare = not app.looks.bare
        app.narrow()
        app.use_mouse()
        app.redraw()
