"""What a window needs to reach a server: profiles, the way to a login, and the link that a login makes.

It needs no terminal.
"""

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from securechat.client.account.errands import RealErrands
from securechat.client.account.login import Login
from securechat.client.account.profiles import Profile, Profiles
from securechat.client.account.wizard import Wizard
from securechat.client.deliveries import Outgoing
from securechat.client.kept.bookmark_file import BookmarkFile
from securechat.client.kept.outbox_file import OutboxFile, outbox_directory
from securechat.client.network import trust
from securechat.client.network.connection import keep_connected
from securechat.client.paths import Places
from securechat.client.protocol.outbox import Outbox
from securechat.client.tui.desk import DeskFile
from securechat.client.tui.line import Line
from securechat.client.tui.mailbox import Mailbox
from securechat.client.tui.servers import Link


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


def _outbox(directory: Path) -> tuple[OutboxFile, tuple[Outgoing, ...]]:
    journal = OutboxFile(directory, f"{os.getpid()}-{secrets.token_hex(4)}")
    return journal, journal.take_over()


class Opener:
    """Opens servers. `usual` is the name that newcomers are offered; `arrived` keeps a profile with which a
    login was right, and returns what the person should know of that.
    """

    def __init__(self, places: Places, usual: str, arrived: Callable[[Profile], str]) -> None:
        self._places = places
        self._usual = usual
        self._arrived = arrived

    def profiles(self) -> list[Profile]:
        """Return all that could be opened. Raises InvalidProfile."""
        return Profiles(self._places).all()

    def way(self, meant: str, *, by_key: bool = True) -> Wizard:
        """Return the way to the server of a profile, or to one by its address or an invitation's link.

        Raises InvalidProfile.
        """
        errands = RealErrands(self._places, by_key=by_key)
        for profile in self.profiles():
            if profile.name == meant:
                return Wizard(errands, self._usual, profile)
        wizard = Wizard(errands, self._usual)
        wizard.answer(meant)
        return wizard

    def unasked(self, profile: Profile) -> Login | None:
        """Return how to log in there without asking anybody, if that can be; nothing is sent.

        Raises ClientError.
        """
        trusted = trust.settle(profile.address, self._places, ca=profile.ca, pin=profile.pin or None)
        return RealErrands(self._places).kept_login(trusted, profile)

    def link(
        self, login: Login, channels: Sequence[str] = (), *, patience: bool, first: bool = False
    ) -> Link:
        """Prepare a connection; nothing is sent before its `start`. With `patience` it is tried again also
        when it never got through; the `first` one is the profile that the next start opens.
        """
        kept = Kept(login, self._places)
        mailbox = Mailbox()
        profile = login.profile
        channels = channels or (profile.join if profile is not None else ())
        connection = keep_connected(
            login.trust,
            login.credentials,
            mailbox.put,
            channels,
            bookmarks=kept.bookmarks,
            replay=False,
            outbox=kept.outbox,
            enrolment=login.enrolment,
            patience=patience,
        )

        def close(reason: str) -> int:
            connection.close(reason)
            waiting = len(kept.outbox)
            kept.close()
            return waiting

        def arrived() -> str:
            return self._arrived(profile) if profile is not None and (first or not profile.name) else ""

        return Link(
            account=login.credentials.account,
            line=Line(connection.submit, mailbox),
            mailbox=mailbox,
            desk=kept.desk.load(),
            save=kept.desk.save,
            reconnect=connection.renew,
            start=connection.start,
            leave=connection.leave,
            close=close,
            name=(profile.name if profile is not None else "") or login.trust.address.short,
            address=str(login.trust.address),
            enrolment=login.enrolment,
            first="".join(channels[:1]),
            arrived=arrived,
            problems=kept.problems,
        )
