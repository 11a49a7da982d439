"""What a window needs to reach a server: profiles, the way to a login, and the link that a login makes.

It needs no terminal.
"""

from collections.abc import Callable, Sequence

from securechat.client.account.errands import RealErrands
from securechat.client.account.login import Login
from securechat.client.account.profiles import Profile, Profiles
from securechat.client.account.wizard import Wizard
from securechat.client.kept.account import Kept
from securechat.client.kept.desk import DeskFile
from securechat.client.network import trust
from securechat.client.network.connection import keep_connected
from securechat.client.paths import Places
from securechat.client.tui.line import Line
from securechat.client.tui.mailbox import Mailbox
from securechat.client.tui.servers import Link


class Opener:
    """Opens servers. `usual` is the name that newcomers are offered; `arrived` keeps a profile with which a
    login was right, the first one of the window or not, and returns what the person should know of that.
    """

    def __init__(self, places: Places, usual: str, arrived: Callable[[Profile, bool], str]) -> None:
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
        address, account = login.trust.address, login.credentials.account
        kept = Kept(address, account, self._places)
        desk = DeskFile(self._places.state, address, account)
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
            return (
                self._arrived(profile, first) if profile is not None and (first or not profile.name) else ""
            )

        return Link(
            account=login.credentials.account,
            line=Line(connection.submit, mailbox),
            mailbox=mailbox,
            desk=desk.load(),
            save=desk.save,
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
