"""The app from its beginning to its end: what is on disk, the connection, and the terminal afterwards."""

import os
import secrets
from collections.abc import Callable, Mapping

from securechat.client.bookmark_file import BookmarkFile
from securechat.client.connection import Connection, keep_connected
from securechat.client.deliveries import Outgoing
from securechat.client.login import Login
from securechat.client.outbox import Outbox
from securechat.client.outbox_file import OutboxFile, outbox_directory
from securechat.client.paths import Places
from securechat.client.tui import language
from securechat.client.tui.app import ChatApp
from securechat.client.tui.desk import DeskFile
from securechat.client.tui.keys import ACTIONS
from securechat.client.tui.line import Line
from securechat.client.tui.mailbox import Mailbox
from securechat.client.tui.settings import SettingsFile
from securechat.client.tui.shell import Result, Start


class Kept:
    """What is on disk for one account."""

    def __init__(self, login: Login, places: Places) -> None:
        self.problems: list[str] = []
        address, account = login.trust.address, login.credentials.account
        self._login = login
        self._bookmarks = BookmarkFile(places.bookmarks)
        self.bookmarks = self._bookmarks.load(address, account)
        self.desk = DeskFile(places.state, address, account)
        self.settings = SettingsFile(places.settings)
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


def run(
    login: Login,
    channels: list[str],
    places: Places,
    environment: Mapping[str, str],
    arrived: Callable[[], str],
) -> tuple[Result, int]:
    """Chat until the end of it; return how it ended, and how many messages wait on disk.

    `arrived` is called after the first login; what it returns is shown. Raises OSError when it cannot be kept
    how far everything was told.
    """
    kept = Kept(login, places)
    settings = kept.settings.load(frozenset(ACTIONS))
    language.use(language.chosen(settings["language"], environment))
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
    app = ChatApp(
        Start(
            account=login.credentials.account,
            line=Line(connection.submit, mailbox),
            mailbox=mailbox,
            desk=kept.desk.load(),
            settings=settings,
            save=kept.desk.save,
            save_settings=kept.settings.save,
            reconnect=connection.renew,
            address=str(login.trust.address),
            enrolment=login.enrolment,
            first="".join(channels[:1]),
            problems=[*kept.problems, *kept.settings.problems],
            environment=dict(environment),
            arrived=arrived,
            signals=True,
        )
    )
    return _until_the_end(app, connection, kept)


def _until_the_end(app: ChatApp, connection: Connection, kept: Kept) -> tuple[Result, int]:
    connection.start()
    result: Result | None = None
    try:
        result = app.run()
    finally:
        connection.close(result.goodbye if result is not None else "")
        waiting = len(kept.outbox)
        kept.close()
    if result is None:  # the app broke, and has said so on the terminal
        result = Result(broken=True)
    return result, waiting
