"""Opening and closing servers in the window."""

from collections.abc import Callable, Iterator

from securechat.client.account.login import Login
from securechat.client.account.profiles import Profile
from securechat.client.errors import ClientError, DeviceRefused
from securechat.client.tui import hints, sidebar
from securechat.client.tui.entries import Sort
from securechat.client.tui.language import _, n_
from securechat.client.tui.servers import Link, Server, Spot
from securechat.client.tui.shell import Shell
from securechat.client.tui.window import Misused
from securechat.client.tui.wizard_screen import WizardScreen
from securechat.irc.names import fold


class ServerWork:
    """The part of the person's work that is about servers. `go` shows a conversation."""

    def __init__(self, app: Shell, go: Callable[[Spot], None]) -> None:
        self._app = app
        self._go = go

    def tell(self) -> None:
        """Show which servers there are, and which could be opened."""
        servers = self._app.servers.all
        lines = [
            f"{sidebar.state(server)} {server.name}  {server.chat.me}  {sidebar.condition(server)}".rstrip()
            for server in servers
        ]
        closed = ", ".join(profile.name for profile in self.closed())
        if closed:
            lines.append(_("/server NAME opens {names}").format(names=closed))
        self._app.chat.note("\n".join(lines))

    def closed(self) -> list[Profile]:
        """Return the profiles that are not open. Raises Misused when the file cannot be read."""
        return list(self._closed())

    def _closed(self) -> Iterator[Profile]:
        opener = self._app.start.opener
        try:
            profiles = opener.profiles() if opener is not None else []
        except ClientError as error:
            raise Misused(str(error)) from None
        here = {(server.link.address, fold(server.link.account)) for server in self._app.servers.all}
        yield from (each for each in profiles if (str(each.address), fold(each.user)) not in here)

    def open(self, name: str) -> None:
        """Show a server; one that is not there is opened, for which the person may be asked."""
        server, opener, by_key = self._app.servers.named(name), self._app.start.opener, True
        if server is not None and not server.ended:
            self._go((server, server.chat.current))
            return
        if opener is None:
            raise Misused(_("No server can be opened here"))
        if server is not None:
            by_key = not isinstance(server.failure, DeviceRefused)
        try:
            wizard = opener.way(name, by_key=by_key)
        except ClientError as error:
            raise Misused(str(error)) from None

        def found(login: Login | None) -> None:
            if login is not None:
                if server is not None and server in self._app.servers.all:
                    self._drop(server)
                self._add(opener.link(login, patience=True))

        self._app.push_screen(WizardScreen(wizard), found)

    def _add(self, link: Link) -> None:
        server = Server(link, self._app.call, self._app.clock, self._app.looks)
        self._app.servers.add(server)
        link.mailbox.ring = self._app.ring
        link.start()
        self._go((server, server.chat.current))
        for problem in link.problems:
            server.chat.note(problem)

    def close(self, name: str) -> None:
        """Close a server, the one that is shown unless it is named."""
        servers = self._app.servers
        server = servers.named(name) if name else servers.current
        if server is None:
            names = ", ".join(each.name for each in servers.all)
            raise Misused(
                _("No server here is called {name}; there are {names}").format(name=name, names=names)
            )
        if not servers.several:
            raise Misused(
                _("It is the only server here. {how}").format(how=hints.how_to_quit(self._app.settings))
            )
        if server is servers.current:
            other = servers.all[servers.all.index(server) - 1]
            self._go((other, other.chat.current))
        self._drop(server)
        self._app.redraw()

    def _drop(self, server: Server) -> None:
        """Let a server go. A connection that is there ends beside, and one that has ended at once."""
        server.put_away()
        self._app.servers.remove(server)
        if server.ended:
            self._say(*_end(server))
        else:
            self._app.run_worker(lambda: self._app.call_from_thread(self._say, *_end(server)), thread=True)

    def _say(self, text: str, sort: Sort) -> None:
        if text:
            self._app.chat.note(text, sort=sort)
            self._app.redraw()


def _end(server: Server) -> tuple[str, Sort]:
    """Wait for the end of a connection; return what there is to say of it. Any thread may call."""
    try:
        waiting = server.link.close("")
    except OSError as error:
        return f"{server.name}: {error}", Sort.ERROR
    if not waiting:
        return "", Sort.NOTE
    count = n_("{} message waits on disk", "{} messages wait on disk", waiting)
    return _("{name} is closed: {count} until it is opened again").format(
        name=server.name, count=count
    ), Sort.NOTE
