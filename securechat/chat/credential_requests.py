"""What an administrator asks about devices and second factors."""

from dataclasses import dataclass, field
from typing import Final

USUAL_DAYS: Final = 365
"""Days for which a device may log in, unless somebody says otherwise; with a key it may renew itself."""


@dataclass(frozen=True, slots=True)
class AddDevice:
    """Let a device log in to an account for so many days; `key` is as in `records.devices`.

    `kind` is token or key.
    """

    name: str
    device: str
    key: str = field(repr=False)
    kind: str = "token"
    days: int = USUAL_DAYS


@dataclass(frozen=True, slots=True)
class ListDevices:
    """List the devices of one account, or ("") of all."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class RevokeDevice:
    """Let a device log in no more and end its sessions."""

    name: str
    device: str


@dataclass(frozen=True, slots=True)
class ListSecondFactors:
    """List the accounts that have a second factor: one account, or ("") all."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class ResetSecondFactor:
    """Take away the second factor of an account whose authenticator is lost."""

    name: str
