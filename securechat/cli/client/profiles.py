"""Which server and account the options of a command mean, and what is kept of them for the next time."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from securechat.cli.files import stdin_or_file

if TYPE_CHECKING:
    from securechat.client.account.credentials import PasswordSource
    from securechat.client.account.profiles import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the options of a command say; "" and None is what was not given. `where` is an argument."""

    where: str = ""
    profile: str = ""
    host: str = ""
    user: str = ""
    ca: Path | None = None
    pin: str = ""
    stdin: bool = False
    file: Path | None = None
    command: str = ""

    @property
    def names_server(self) -> bool:
        """Whether an option or the argument says which server is meant."""
        return bool(self.where or self.profile or self.host)

    @property
    def names_password(self) -> bool:
        """Whether an option says where the password is."""
        return self.stdin or self.file is not None or bool(self.command)


def remember(profile: "Profile", first: bool = True) -> str:
    """A login with this profile was right, so it need not be typed again. The next start goes there if it was
    the `first` one of the window.

    Returns what the person should know of that, "" for nothing.
    """
    from securechat.client.account.profiles import Profiles
    from securechat.client.errors import InvalidProfile
    from securechat.client.paths import places

    where = places(os.environ)
    try:
        new = Profiles(where).use(profile, last=first)
    except (OSError, InvalidProfile) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        return f"* What you have typed cannot be kept for the next time: {reason}."
    if new is None:
        return ""
    if not first:
        return f"* /server {new.name} opens this from now on: it is a profile in {where.profiles}."
    return f"* `securechat connect` alone comes here from now on: profile {new.name} in {where.profiles}."


def knows_a_server() -> bool:
    """Return whether `connect` needs no argument. Raises InvalidProfile when the profiles cannot be read."""
    from securechat.client.account.profiles import Profiles
    from securechat.client.paths import places

    return bool(Profiles(places(os.environ)).all())


def find_profile(given: Given) -> "Profile":
    """Return what the options mean; what they do not say is as it is kept.

    Raises InvalidProfile, and BadParameter when nothing says which server is meant.
    """
    from dataclasses import replace

    source = password_source(stdin=given.stdin, file=given.file, command=given.command)
    if given.ca is not None and given.pin:
        raise typer.BadParameter("use one of --ca and --pin")
    profile = _kept_profile(given)
    profile = profile.of(given.user or profile.user or own_name())
    if given.ca is not None or given.pin:
        profile = replace(profile, ca=_lasting(given.ca), pin=_pin(given.pin))
    if source.given:
        profile = replace(profile, password_file=_lasting(source.file), password_command=given.command)
    return profile


def is_lost(profile: "Profile") -> bool:
    """Return whether the password's file that was kept is not there any more."""
    return profile.password_file is not None and not profile.password_file.exists()


def _lasting(file: Path | None) -> Path | None:
    """Return a file's name as it can be kept: whole. It is found there again from any directory."""
    return file and file.absolute()


def _kept_profile(given: Given) -> "Profile":
    from securechat.client.account.profiles import Profiles
    from securechat.client.errors import InvalidAddress
    from securechat.client.paths import places

    where = given.host or given.where
    if bool(given.where) + bool(given.profile) + bool(given.host) > 1:
        raise typer.BadParameter("name the server once: as the argument, by --host or by --profile")
    profiles = Profiles(places(os.environ))
    try:
        if given.profile or any(profile.name == given.where for profile in profiles.all()):
            return profiles.named(given.profile or given.where)
        if where:
            name, _, host = where.rpartition("@")
            return profiles.meant(host, given.user or name)
        last = profiles.last()
    except InvalidAddress as error:
        raise typer.BadParameter(str(error), param_hint="HOST") from error
    if last is None:
        raise typer.BadParameter("no server is known yet: name one, as in `securechat connect NAME@HOST`")
    return last


def password_source(*, stdin: bool, file: Path | None, command: str) -> "PasswordSource":
    """Return where the password comes from. Raises BadParameter when more than one place is named."""
    from securechat.client.account.credentials import PasswordSource

    stdin, file = stdin_or_file(stdin, file)
    source = PasswordSource(stdin, file, command or None)
    if source.given > 1:
        raise typer.BadParameter("use one of --password-stdin, --password-file and --password-command")
    return source


def _pin(text: str) -> str:
    from securechat.tls.errors import InvalidPin
    from securechat.tls.pins import parse_pin

    try:
        return parse_pin(text) if text else ""
    except InvalidPin as error:
        raise typer.BadParameter(str(error), param_hint="--pin") from error


def own_name() -> str:
    """Return this user's name on this computer. Raises BadParameter."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise typer.BadParameter("this user has no name here: name the account with --user") from error


def usual_name() -> str:
    """Return this user's name on this computer, "" when it cannot be one in the chat."""
    from securechat.irc.names import InvalidName, check_account

    try:
        return check_account(own_name())
    except (InvalidName, typer.BadParameter):
        return ""
