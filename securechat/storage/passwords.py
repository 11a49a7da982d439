"""Passwords: argon2id hashes as PHC strings, and what a password has to be.

No oracle: whatever a login is refused for costs the same. An account that does not exist, one that was
removed, a damaged hash and a password that cannot be right cost one verification, like a wrong password.
Where accounts have hashes of other parameters than today's, since nobody has logged in since these were
changed, every refusal costs one verification with each set of parameters that there is. Of many sets it is
the four dearest: an account's own hash, of a cheaper one, takes the place of the cheapest of them, and what
is left of that one's work is done as well. argon2 runs outside of the interpreter lock, so that any number of
threads may use one `Hasher`.
"""

import logging
import secrets
from base64 import b64encode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

import argon2
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import ARGON2_VERSION, Type

from securechat.chat.jobs import PasswordChecked, PasswordHashed
from securechat.chat.tokens import LENGTH, PREFIX, is_token

MIN_LENGTH: Final = 8
"""Characters of a new password."""
MAX_BYTES: Final = 1024
"""UTF-8 bytes of any password."""
MAX_MEMORY: Final = 256 * 1024
"""KiB that one hash may take."""
MAX_SETS: Final = 4
"""Sets of parameters of which a refusal costs one verification each, the dearest ones."""

_FLOOR: Final = {"time_cost": 2, "memory_cost": 19 * 1024, "parallelism": 1}
"""OWASP's minimum for argon2id."""

# Crockford's base32: no letter that looks like a digit, and no U.
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_GROUPS: Final = 7
INVITATION_GROUPS: Final = 13
"""Groups of a code that a fast hash may hide: 260 bits."""

_log = logging.getLogger(__name__)


class WeakPassword(ValueError):
    """The password must not be set. The text says why, for the person who chose it."""


def check_policy(password: str) -> str:
    """Return a password that may be set, in the form that is hashed (RFC 8265 OpaqueString).

    Raises `WeakPassword`.
    """
    if not _is_short_enough(password):
        raise WeakPassword(f"The password is longer than {MAX_BYTES} bytes: choose a shorter one")
    prepared = _prepare(password)
    if prepared is None and password:
        raise WeakPassword("The password contains control or unassigned characters: leave them out")
    if prepared is None or len(prepared) < MIN_LENGTH:
        raise WeakPassword(f"The password is too short: it needs {MIN_LENGTH} characters or more")
    if is_token(prepared):
        raise WeakPassword("The password looks like the token of a device: choose another one")
    return prepared


def generate(groups: int = _GROUPS) -> str:
    """Return a random password in groups of 20 bits that can be read aloud, such as `k3v9-0mxq-…`."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(groups))


def generate_token() -> str:
    """Return a random token for a device."""
    return PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))


class Hasher:
    """Makes and verifies hashes with the configured parameters (`auth.argon2`). Any thread may use it.

    `memory_cost` is in KiB. Raises `ValueError`, which names the setting, for parameters that are too weak
    or that take more than `MAX_MEMORY`.
    """

    def __init__(self, time_cost: int = 3, memory_cost: int = 65536, parallelism: int = 1) -> None:
        _check_parameters(time_cost=time_cost, memory_cost=memory_cost, parallelism=parallelism)
        self._argon2 = argon2.PasswordHasher(time_cost, memory_cost, parallelism, type=Type.ID)
        self._dummies: dict[str, str] = {}
        """For each set of parameters that a refusal costs, a hash that no password matches; dearest first."""
        usual = f"$argon2id$v={ARGON2_VERSION}$m={memory_cost},t={time_cost},p={parallelism}"
        self.stand_beside([usual + _unmatched()])

    def stand_beside(self, hashes: Iterable[str]) -> None:
        """Let a refusal cost what it costs for these hashes of accounts, whatever it is for.

        Called before the threads begin with the hashes of all accounts, and by one thread with those that an
        administrator adds: their command has read the configuration when it was another one.
        """
        dummies = dict(self._dummies)  # others go through them at this moment
        for phc in hashes:
            parameters = _parameters(phc)
            if parameters is not None:
                dummies.setdefault(parameters, parameters + _unmatched())
        dearest = sorted(dummies, key=lambda each: (_cost(each), each), reverse=True)[:MAX_SETS]
        self._dummies = {parameters: dummies[parameters] for parameters in dearest}

    def hash(self, password: str) -> str:
        """Return the PHC string for a new password. Raises `WeakPassword`."""
        return self._argon2.hash(check_policy(password))

    def make(self, password: str) -> PasswordHashed:
        """Hash a new password, or say why it may not be set."""
        try:
            return PasswordHashed(self.hash(password))
        except WeakPassword as problem:
            return PasswordHashed(None, str(problem))

    def check(self, phc: str | None, password: str) -> PasswordChecked:
        """Verify a password that somebody logs in with. None stands for an account that cannot log in.

        `rehash` of the result is set when the password is right and was hashed with other parameters.
        """
        prepared = _prepare(password) if _is_short_enough(password) else None
        parameters = _parameters(phc) if phc is not None and prepared is not None else None
        # Its own hash comes first, so that a right password costs nothing more.
        own = (phc, prepared) if phc is not None and prepared is not None and parameters is not None else None
        if own is not None and self._matches(*own):
            return PasswordChecked(True, self._rehash(*own))
        for dummy in _beside(parameters, self._dummies):
            self._matches(dummy, "")
        return PasswordChecked(False)

    def _matches(self, phc: str, prepared: str) -> bool:
        try:
            return self._argon2.verify(phc, prepared)
        except VerifyMismatchError:
            return False
        except VerificationError as error:
            _log.error("a stored password hash cannot be verified: %s", error)
            # It failed before any work was done.
            with suppress(VerificationError):
                self._argon2.verify(phc.rsplit("$", 2)[0] + _unmatched(), "")
            return False

    def _rehash(self, phc: str, prepared: str) -> str | None:
        if not self._argon2.check_needs_rehash(phc):
            return None
        try:
            return self._argon2.hash(prepared)
        except HashingError as error:
            _log.error("a password could not be hashed with the new parameters: %s", error)
            return None


def _check_parameters(**parameters: int) -> None:
    for name, least in _FLOOR.items():
        if parameters[name] < least:
            raise ValueError(f"auth.argon2.{name} is {parameters[name]}: it must be at least {least}")
    if parameters["memory_cost"] > MAX_MEMORY:
        raise ValueError(
            f"auth.argon2.memory_cost is {parameters['memory_cost']}: it must be at most {MAX_MEMORY} (KiB)"
        )


def _beside(own: str | None, dummies: Mapping[str, str]) -> list[str]:
    """Return what is verified besides a hash of these parameters, so that all of it is the usual work."""
    if own is None or len(dummies) < MAX_SETS:
        return [dummy for parameters, dummy in dummies.items() if parameters != own]
    *others, cheapest = [parameters for parameters in dummies if parameters != own][-MAX_SETS:]
    if own in dummies:
        return [dummies[parameters] for parameters in (*others, cheapest)]
    rest = 1 - _cost(own) / _cost(cheapest)
    found = argon2.extract_parameters(dummies[cheapest])
    memory = int(found.memory_cost * rest)
    part = cheapest.replace(f"$m={found.memory_cost},", f"$m={memory},")
    least = 8 * found.parallelism  # argon2 takes no less
    return [*(dummies[each] for each in others), *([part + _unmatched()] if memory >= least else [])]


def _cost(parameters: str) -> int:
    """Return how much memory a verification goes through, in KiB: it takes time in proportion to that."""
    found = argon2.extract_parameters(parameters + _unmatched())
    return found.time_cost * found.memory_cost


def _unmatched() -> str:
    """Return the end of a hash, salt and digest, that no password matches: it was not made from one."""
    return "".join(f"${b64encode(secrets.token_bytes(size)).decode().rstrip('=')}" for size in (16, 32))


def _parameters(phc: str) -> str | None:
    """Return how a hash begins: with its parameters. None for one that may not be verified.

    It has to be argon2id, and may take no more memory than is allowed.
    """
    try:
        parameters = argon2.extract_parameters(phc)
        if not phc.isascii():
            raise InvalidHashError
    except InvalidHashError:
        _log.error("a stored password hash is damaged: nobody can log in with it")
        return None
    if parameters.type is not Type.ID:
        _log.error("a stored password hash is not argon2id: nobody can log in with it")
        return None
    if parameters.memory_cost > MAX_MEMORY:
        _log.error(
            "a stored password hash asks for %d KiB, which is more than %d: nobody can log in with it",
            parameters.memory_cost,
            MAX_MEMORY,
        )
        return None
    return phc.rsplit("$", 2)[0]


def _is_short_enough(password: str) -> bool:
    """Return whether a password may be looked at: to prepare a long text takes long."""
    return len(password) <= MAX_BYTES and len(password.encode("utf-8", "surrogatepass")) <= MAX_BYTES


def _prepare(password: str) -> str | None:
    """Return the password as RFC 8265 OpaqueString prepares it, None when it refuses it."""
    # Here, since its tables take 20 ms to load and most commands check no password.
    from precis_i18n import get_profile

    try:
        return get_profile("OpaqueString").enforce(password)
    except UnicodeEncodeError:
        return None
