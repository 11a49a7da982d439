"""The app from its beginning to its end: what is on disk, the connection, and the terminal afterwards."""

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from securechat.client.account.login import Login
from securechat.client.account.wizard import Wizard
from securechat.client.deliveries import Outgoing
from securechat.client.kept.bookmark_file import BookmarkFile
from securechat.client.kept.outbox_file import OutboxFile, outbox_directory
from securechat.client.network.connection import keep_connected
from securechat.client.paths import Places
from securechat.client.protocol.outbox import Outbox
from securechat.client.tui import language
from securechat.client.tui.app import ChatApp
from securechat.client.tui.desk import DeskFile
from securechat.client.tui.keys import ACTIONS
from securechat.client.tui.line import Line
from securechat.client.tui.mailbox import Mailbox
from securechat.client.tui.servers import Link
from securechat.client.tui.settings import SettingsFile
from securechat.client.tui.shell import Result, Start
from securechat.client.tui.wizard_screen import FirstRun


@dataclass(frozen=True, slots=True)
class Reached:
    """A server that the app can have: `start` begins to connect; `problems` are for the person."""

    link: Link
    start: Callable[[], None]
    problems: Sequence[str]


class Kept:
    """What is on disk for one account."""

    def __init__(self, login: Login, places: Places) -> None:
        self.problems: list[str] = []
        address, account = login.trust.address, login.credentials.account
        self._login = login
        self._bookmarks = BookmarkFile(places.bookmarks)
        self.bookmarks = self._bookmarks.load(address, account)
        self.desk = DeskFile(places.state, address, account)
        self._outbox_file: OutboxFile | None = None
        self.outbox = Outbox()
        try:
            self._outbox_file, waiting = _outbox(outbox_directory(places.state, address, account))
            self.outbox = Outbox(self._outbox_file, waiting)
        except OSError as error:
            self.problems.append(f"what is sent cannot be kept until it is confirmed: {error}")

    def close(self) -> None:
        """Keep up to where everything was told; the connection is closed. Raises OSError."""
        if self._outbox_file is not None:
            self._outbox_file.close()
        self._bookmarks.store(self._login.trust.address, self._login.credentials.account, self.bookmarks)


def _outbox(directory: os.PathLike[str]) -> tuple[OutboxFile, tuple[Outgoing, ...]]:
    from pathlib import Path

    journal = OutboxFile(Path(directory), f"{os.getpid()}-{secrets.token_hex(4)}")
    return journal, journal.take_over()


def reach(login: Login, channels: Sequence[str], places: Places) -> Reached:
    """Prepare a server: nothing is sent before `start`."""
    kept = Kept(login, places)
    mailbox = Mailbox()
    connection = keep_connected(
        login.trust,
        login.credentials,
        mailbox.put,
        channels,
        bookmarks=kept.bookmarks,
        replay=False,
        outbox=kept.outbox,
        enrolment=login.enrolment,
    )

    def close(reason: str) -> int:
        connection.close(reason)
        waiting = len(kept.outbox)
        kept.close()
        return waiting

    link = Link(
        account=login.credentials.account,
        line=Line(connection.submit, mailbox),
        mailbox=mailbox,
        desk=kept.desk.load(),
        save=kept.desk.save,
        reconnect=connection.renew,
        leave=connection.leave,
        close=close,
        name=login.profile.name if login.profile is not None else "",
        address=str(login.trust.address),
        enrolment=login.enrolment,
        first="".join(channels[:1]),
    )
    return Reached(link, connection.start, kept.problems)


def run(
    logins: Sequence[tuple[Login, Sequence[str]]],
    places: Places,
    environment: Mapping[str, str],
    arrived: Callable[[], str],
) -> tuple[Result, int]:
    """Chat until the end of it; return how it ended, and how many messages wait on disk.

    `logins` are those of the servers to begin with, at least one, each with the channels to enter. `arrived`
    is called after the first login of the first one; what it returns is shown. Raises OSError when it cannot
    be kept how far everything was told.
    """
    file = SettingsFile(places.settings)
    settings = file.load(frozenset(ACTIONS))
    language.use(language.chosen(settings["language"], environment))
    reached = [reach(login, channels, places) for login, channels in logins]
    reached[0] = replace(reached[0], link=replace(reached[0].link, arrived=arrived))
    app = ChatApp(
        Start(
            links=[each.link for each in reached],
            settings=settings,
            save_settings=file.save,
            problems=[*(problem for each in reached for problem in each.problems), *file.problems],
            environment=dict(environment),
            signals=True,
        )
    )
    return _until_the_end(app, reached)


def _until_the_end(app: ChatApp, reached: Sequence[Reached]) -> tuple[Result, int]:
    for each in reached:
        each.start()
    result: Result | None = None
    try:
        result = app.run()
    finally:
        links = [server.link for server in app.servers.all]
        goodbye = result.goodbye if result is not None else ""
        waiting = _close(links, goodbye)
    if result is None:  # the app broke, and has said so on the terminal
        result = Result(broken=True)
    return result, waiting


def _close(links: Sequence[Link], goodbye: str) -> int:
    """Close every connection; return how many messages wait on disk. Raises OSError."""
    waiting: list[int] = []
    for link in links:
        link.leave(goodbye)  # to all, before one of them is waited for
    with ExitStack() as closing:
        for link in links:
            closing.callback(lambda close: waiting.append(close(goodbye)), link.close)
    return sum(waiting)


def find_the_way(wizard: Wizard, places: Places, environment: Mapping[str, str]) -> Login | None:
    """Have a person find the way to a login; None when they stopped."""
    settings = SettingsFile(places.settings).load(frozenset(ACTIONS))
    language.use(language.chosen(settings["language"], environment))
    return FirstRun(wizard, settings["theme"]).run()
