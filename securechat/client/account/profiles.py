"""Profiles: the servers and accounts that a person uses, so that nothing has to be typed again.

A TOML file of mode 0600, with a table for each profile:

    [work]
    host = "chat.example.org:6697"
    user = "alice"
    ca = "/home/alice/ca.pem"           # or pin = "sha256:…"; without either as docs/client.md says
    password_file = "/home/alice/pw"    # or password_command = "pass show chat"
    join = ["#ops"]                     # channels to enter at every start
    open = true                         # the app opens it at every start, beside the last one

The file is the person's: they edit it, and the client only ever adds a table at its end. The profile that was
used last is kept elsewhere, by its name. An installation may have profiles of its own (`scripts/quickstart`
makes one); a person's profile of the same name takes its place.
"""

import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from securechat.client.account.credentials import PasswordSource
from securechat.client.address import DEFAULT_PORT, Address, parse_address
from securechat.client.errors import InvalidAddress, InvalidProfile
from securechat.client.paths import Places, write_own
from securechat.irc.names import fold

_BARE: Final = re.compile("[A-Za-z0-9_-]+")
_HEAD: Final = (
    "# The servers and accounts of `securechat connect`. You may edit this file, and rename the profiles.\n"
    '# Keys: host, user, ca or pin, password_file or password_command, join = ["#channel"], open = true.\n'
)


@dataclass(frozen=True, slots=True)
class Profile:
    """One account on one server. Of `ca` and `pin`, and of the password's places, one is set."""

    name: str
    address: Address
    user: str
    ca: Path | None = None
    pin: str = ""
    password_file: Path | None = None
    password_command: str = ""
    join: tuple[str, ...] = ()
    open: bool = False
    """Whether the app opens it at each start, beside the one that was used last."""

    @property
    def password(self) -> PasswordSource:
        """Where the password is."""
        return PasswordSource(file=self.password_file, command=self.password_command or None)

    def of(self, user: str) -> "Profile":
        """Return the profile of an account there: whom to trust is the server's, the rest its own."""
        if fold(user) == fold(self.user):
            return self
        if not self.user:
            return replace(self, user=user)
        return Profile("", self.address, user, self.ca, self.pin)


class Profiles:
    """The files of the profiles, read once. The methods raise InvalidProfile where a file cannot be read."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._found: dict[str, Profile] | None = None

    def all(self) -> list[Profile]:
        """Return every profile: the person's in the order of their file, then those of the installation."""
        return list(self._all().values())

    def named(self, name: str) -> Profile:
        """Return a profile. Raises InvalidProfile also when there is none of this name."""
        found = self._all().get(name)
        if found is None:
            names = ", ".join(self._all()) or "none"
            raise InvalidProfile(f"there is no profile {name!r} in {self._places.profiles} (there: {names})")
        return found

    def last(self) -> Profile | None:
        """Return the profile that was used last, else the newest one, if there is any."""
        try:
            used = self._places.last_profile.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            used = ""
        own = [profile for profile in self._all().values() if profile.name in self._own_names()]
        return self._all().get(used) or next(iter([*reversed(own), *self._all().values()]), None)

    def meant(self, where: str, user: str = "") -> Profile:
        """Return the profile that HOST or HOST:PORT and a name mean; its name is "" when it is not kept.

        Without a `user` any account will do. Whom to trust belongs to the server: another account there takes
        that, and nothing else. Raises InvalidAddress.
        """
        address, known = parse_address(where), self._by_use()
        if address != parse_address(where, DEFAULT_PORT + 1):  # it names no port
            servers = {profile.address for profile in known if profile.address.host == address.host}
            if len(servers) == 1:
                (address,) = servers
        here = [profile for profile in known if profile.address == address]
        for profile in here:
            if not user or fold(profile.user) == fold(user):
                return profile
        return here[0].of(user) if here else Profile("", address, user)

    def use(self, profile: Profile, *, last: bool = True) -> Profile | None:
        """A login with this profile was right: it is kept unless there is one like it, and is the last one
        unless it was opened beside that (not `last`).

        Returns the profile if it is new. Raises OSError, and InvalidProfile when it cannot be written down.
        """
        kept = next((known for known in self.all() if _is_same(known, profile)), None)
        new = replace(profile, name=self._free_name(profile)) if kept is None else None
        if new is not None:
            self._append(new)
        if last:
            write_own(self._places.last_profile, f"{(kept or new or profile).name}\n".encode())
        return new

    # Inside

    def _all(self) -> dict[str, Profile]:
        if self._found is None:
            own = _read(self._places.profiles)
            site = _read(self._places.site_profiles)
            self._found = {**own, **{name: profile for name, profile in site.items() if name not in own}}
        return self._found

    def _own_names(self) -> set[str]:
        return set(_read(self._places.profiles))

    def _by_use(self) -> list[Profile]:
        last = self.last()
        return sorted(self.all(), key=lambda profile: profile is not last)

    def _free_name(self, profile: Profile) -> str:
        short = profile.address.host if profile.address.port == DEFAULT_PORT else str(profile.address)
        names = (short, f"{profile.user}@{short}", *(f"{short} {number}" for number in range(2, 1000)))
        return next(name for name in names if name not in self._all())

    def _append(self, profile: Profile) -> None:
        path = self._places.profiles
        text = path.read_text(encoding="utf-8") if path.exists() else _HEAD
        end = "" if text.endswith("\n") or not text else "\n"
        write_own(path, f"{text}{end}\n{as_toml(profile)}".encode())
        self._found = None


def _is_same(one: Profile, other: Profile) -> bool:
    return one.address == other.address and fold(one.user) == fold(other.user)


def as_toml(profile: Profile) -> str:
    """Write a profile as a table. Raises InvalidProfile when a file's name in it is no text."""
    values = {
        "host": str(profile.address),
        "user": profile.user,
        "ca": str(profile.ca or ""),
        "pin": profile.pin,
        "password_file": str(profile.password_file or ""),
        "password_command": profile.password_command,
    }
    name = profile.name if _BARE.fullmatch(profile.name) else _quoted(profile.name)
    lines = [f"{key} = {_quoted(value)}\n" for key, value in values.items() if value]
    join = f"join = [{', '.join(map(_quoted, profile.join))}]\n" if profile.join else ""
    return f"[{name}]\n{''.join(lines)}{join}"


def _quoted(text: str) -> str:
    """Write a text as a basic string of TOML, whose escapes are those of JSON (and there is DEL)."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise InvalidProfile(f"{text!a} is not UTF-8, so it cannot stand in a profile")
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(path: Path) -> dict[str, Profile]:
    try:
        with path.open("rb") as stream:
            if os.name == "posix" and os.fstat(stream.fileno()).st_mode & 0o022:
                raise InvalidProfile(f"others can change {path}: chmod 600 {path}")
            tables = tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InvalidProfile(f"the profiles in {path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise InvalidProfile(f"the profiles in {path} cannot be read: {error}") from error
    return {name: _profile(path, name, table) for name, table in tables.items()}


def _profile(path: Path, name: str, table: object) -> Profile:
    where = f"{path}, profile {name!r}"
    if not isinstance(table, dict):
        raise InvalidProfile(f"{path}: {name!r} stands outside of a profile: write [NAME] above it")
    unknown = sorted(set(table) - set(_KEYS))
    if unknown:
        known = ", ".join(_KEYS)
        raise InvalidProfile(f"{where}: the key {unknown[0]!r} is not known (known: {known})")
    for key, value in table.items():
        if not _KEYS[key](value):
            kind = _KINDS.get(key, "a text in quotation marks")
            raise InvalidProfile(f"{where}: {key} must be {kind}")
    for one, other in (("ca", "pin"), ("password_file", "password_command")):
        if one in table and other in table:
            raise InvalidProfile(f"{where}: use one of {one} and {other}")
    return _made(where, name, table)


def _made(where: str, name: str, table: Mapping[str, object]) -> Profile:
    def text(key: str) -> str:
        return str(table.get(key, ""))

    def file(key: str) -> Path | None:
        return Path(text(key)).expanduser() if key in table else None

    try:
        address = parse_address(text("host"))
        pin = _pin(text("pin"))
    except InvalidAddress as error:
        raise InvalidProfile(f"{where}: host: {error}") from error
    except ValueError as error:
        raise InvalidProfile(f"{where}: pin: {error}") from error
    channels = table.get("join", ())
    return Profile(
        name,
        address,
        text("user"),
        file("ca"),
        pin,
        file("password_file"),
        text("password_command"),
        tuple(map(str, channels)) if isinstance(channels, list) else (),
        table.get("open") is True,
    )


def _pin(text: str) -> str:
    from securechat.tls.pins import parse_pin

    return parse_pin(text) if text else ""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_choice(value: object) -> bool:
    return isinstance(value, bool)


_KINDS: Final[Mapping[str, str]] = {"join": 'a list of texts, such as ["#ops"]', "open": "true or false"}
_KEYS: Final[Mapping[str, Callable[[object], bool]]] = {
    "host": _is_text,
    "user": _is_text,
    "ca": _is_text,
    "pin": _is_text,
    "password_file": _is_text,
    "password_command": _is_text,
    "join": _is_texts,
    "open": _is_choice,
}
