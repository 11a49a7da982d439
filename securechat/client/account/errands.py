"""What the way to a login has done at the server and on disk: `wizard_steps.Errands` for this user."""

from dataclasses import replace

from securechat.client.account import joining, proving
from securechat.client.account.credentials import read_password
from securechat.client.account.login import Login, by_its_key, log_in
from securechat.client.account.profiles import Profile
from securechat.client.account.wizard_steps import UnknownIssuer
from securechat.client.network import trust
from securechat.client.network.devices import DeviceFiles
from securechat.client.network.enrolment import Enrolment
from securechat.client.network.trust import Trust, UnknownServer
from securechat.client.paths import Places
from securechat.client.protocol.registration import Credentials


class RealErrands:
    """Any thread may call. `by_key` is whether a key of this computer may be used."""

    def __init__(self, places: Places, *, by_key: bool = True) -> None:
        self._places = places
        self._files = DeviceFiles(places.devices)
        self._by_key = by_key

    def look(self, profile: Profile, invited: bool, confirmed: str) -> Trust:
        """See that the server is the right one."""

        def ask(server: UnknownServer) -> bool:
            if not confirmed:
                raise UnknownIssuer(server.pin)
            return server.pin == confirmed

        if invited:
            found = trust.settle_invited(profile.address, profile.pin, self._places, ask=ask)
        else:
            pin = profile.pin or None
            found = trust.settle(profile.address, self._places, ca=profile.ca, pin=pin, ask=ask)
        trust.look(found)
        return found

    def kept_login(self, trust: Trust, profile: Profile) -> Login | None:
        """Return how the account logs in without a person, if it can."""
        kept = self._files.find(profile.address, profile.user) if self._by_key else None
        if kept is not None and kept.fits(trust):
            return by_its_key(trust, profile.user, self._files, kept, profile)
        lost = profile.password_file is not None and not profile.password_file.exists()
        if not profile.password.given or lost:
            return None
        return self._log_in(trust, profile, read_password(profile.password, ""))

    def register(self, trust: Trust, name: str, password: str, code: str) -> bool:
        """Make an account."""
        return joining.make_account(trust, name, password, code) and self._asks(trust, name)

    def prove(self, trust: Trust, name: str, password: str) -> bool:
        """See whether a password is right."""
        return proving.prove(trust, Credentials(name, password)) and self._asks(trust, name)

    def finish(self, trust_: Trust, profile: Profile, password: str, device: bool | None) -> Login:
        """Keep whom to trust, and what this computer is to be."""
        if not profile.name:  # the pin is that of an invitation
            trust.remember(profile.address, profile.pin, self._places)
            profile = replace(profile, pin="")
        login = self._log_in(trust_, profile, password)
        if device is False:
            login.enrolment.decline()
        login.enrolment.wanted = device is True
        return login

    def _log_in(self, trust: Trust, profile: Profile, password: str) -> Login:
        return log_in(trust, profile.user, self._places, lambda: password, by_key=False, profile=profile)

    def _asks(self, trust: Trust, name: str) -> bool:
        """Whether a person is to be asked about this computer: not, if they did not want it before."""
        return not Enrolment(self._files, trust, name, None).declined()
