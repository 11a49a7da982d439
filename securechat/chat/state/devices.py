"""The devices of accounts, by the hashes that they are known by and by their names."""

from collections.abc import Mapping

from securechat.chat.records import Device


class Devices:
    """Which device has which key. Names are told apart without their case."""

    __slots__ = ("_by_key", "_keys")

    def __init__(self, devices: Mapping[str, Device]) -> None:
        self._by_key: dict[str, Device] = {}
        self._keys: dict[int, dict[str, str]] = {}
        for key, device in devices.items():
            self.put(key, device)

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def get(self, key: str) -> Device | None:
        """Return the device that has this key."""
        return self._by_key.get(key)

    def everything(self) -> Mapping[str, Device]:
        """Return all devices by their keys."""
        return self._by_key

    def of(self, account: int) -> list[tuple[str, Device]]:
        """Return the devices of an account with their keys, the oldest first."""
        devices = ((key, self._by_key[key]) for key in self._keys.get(account, {}).values())
        return sorted(devices, key=lambda item: (item[1].created, item[1].name))

    def find(self, account: int, name: str) -> str | None:
        """Return the key of the device that an account calls so."""
        return self._keys.get(account, {}).get(name.lower())

    def put(self, key: str, device: Device) -> None:
        """Keep what is known of a device."""
        self._by_key[key] = device
        self._keys.setdefault(device.account, {})[device.name.lower()] = key

    def remove(self, key: str) -> None:
        """Forget a device."""
        device = self._by_key.pop(key)
        keys = self._keys[device.account]
        del keys[device.name.lower()]
        if not keys:
            del self._keys[device.account]
