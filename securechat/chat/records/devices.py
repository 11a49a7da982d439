"""Facts about devices, which log in to an account without its password.

`key` is a hash (`tokens`): of a device's token, or of its certificate's public key. Neither is kept.
"""

from dataclasses import dataclass

from securechat.chat.records.stored import Device


@dataclass(frozen=True, slots=True)
class DeviceAdded:
    """A device may log in from now on."""

    key: str
    device: Device


@dataclass(frozen=True, slots=True)
class DeviceUsed:
    """A device logged in; `previous` is what was known of it."""

    key: str
    at: int
    previous: Device


@dataclass(frozen=True, slots=True)
class DeviceRenewed:
    """A device may log in until `expires`; `previous` is what was known of it."""

    key: str
    expires: int
    previous: Device


@dataclass(frozen=True, slots=True)
class DeviceRevoked:
    """A device may not log in any more. `previous` is what was known of it."""

    key: str
    previous: Device


DeviceRecord = DeviceAdded | DeviceUsed | DeviceRenewed | DeviceRevoked
