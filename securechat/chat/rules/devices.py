"""Devices: what logs in to an account without its password, and is revoked alone when it is lost.

A device proves itself by a token, which goes where a password goes, or by the key of its certificate. Neither
can be guessed, so no login by them is delayed, and a fast hash is enough.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from securechat.chat.effects import Then
from securechat.chat.items import EndSessions
from securechat.chat.records import Device, DeviceAdded, DeviceRenewed, DeviceRevoked, DeviceUsed
from securechat.chat.requests import USUAL_DAYS, AddDevice, Answer, Done, Refused, RevokeDevice, Row
from securechat.chat.rules.shares import reached
from securechat.chat.shares import DEVICES
from securechat.chat.state.account import Account, sorted_by_name
from securechat.chat.turn.chat import Chat

NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,32}")
DAY_MS: Final = 24 * 3600 * 1000
HOUR_MS: Final = 3600 * 1000
MAX_DAYS: Final = 3650


def find(chat: Chat, key: str) -> tuple[Device, Account] | None:
    """Return the device that this key proves, and its account; None unless it may log in now."""
    device = chat.registry.devices.get(key)
    if device is None or device.expires <= chat.now.wall:
        return None
    account = chat.registry.accounts[device.account]
    return (device, account) if account.usable else None


def used(chat: Chat, key: str) -> None:
    """Store that a device logged in, once an hour. In an outcome of its own: a full disk keeps nobody out."""
    device = chat.registry.devices.get(key)
    if device is not None and chat.now.wall - device.used >= HOUR_MS:
        chat.enter(DeviceUsed(key, chat.now.wall, device), None)


def add(chat: Chat, account: Account, request: AddDevice) -> Answer:
    """Let a device log in."""
    devices, now = chat.registry.devices, chat.now.wall
    if not NAME.fullmatch(request.device):
        text = f"{request.device!r} cannot be a device's name: use up to 32 letters, digits, . _ or - (ASCII)"
        return Refused("DEVICE_INVALID", text)
    if not 1 <= request.days <= MAX_DAYS:
        return Refused("DAYS_INVALID", f"A device is let in for 1 to {MAX_DAYS} days, not {request.days}")
    named = devices.find(account.id, request.device)
    before = devices.get(named) if named is not None else None
    if before is not None and before.expires > now:
        text = f"{account.name} has a device {request.device!r} already: revoke it first, or use another name"
        return Refused("DEVICE_EXISTS", text)
    if request.key != named and devices.get(request.key) is not None:
        return Refused("DEVICE_EXISTS", "This key belongs to a device already")
    full = reached(chat, account, DEVICES, len(devices.of(account.id)) - (before is not None))
    if full is not None:
        return Refused("LIMIT_REACHED", full)
    if named is not None and before is not None:
        end(chat, named, before, "This device was added anew")
    device = Device(account.id, request.device, request.kind, now, now + request.days * DAY_MS)
    chat.enter(DeviceAdded(request.key, device), None)
    return Done()


def revoke(chat: Chat, account: Account, request: RevokeDevice) -> Answer:
    """Let a device log in no more, and end its sessions when that is stored."""
    key = chat.registry.devices.find(account.id, request.device)
    device = chat.registry.devices.get(key) if key is not None else None
    if key is None or device is None:
        text = f"{account.name} has no device {request.device!r}: `devices` lists them"
        return Refused("DEVICE_UNKNOWN", text)
    end(chat, key, device, "This device was revoked")
    return Done()


def end(chat: Chat, key: str, device: Device, reason: str) -> None:
    """Take a device away, and end its sessions when that is stored."""
    chat.enter(DeviceRevoked(key, device), None)
    chat.emit(Then(EndSessions(device.account, reason, device=key)))


def renew(chat: Chat, key: str, device: Device) -> Device:
    """Let a device log in for the usual time from now on; return it. What gains less than a day is not kept.

    A token does not end later than somebody wanted: only who has a key of its own may ask for this.
    """
    expires = chat.now.wall + USUAL_DAYS * DAY_MS
    if expires - device.expires < DAY_MS:
        return device
    chat.enter(DeviceRenewed(key, expires, device), None)
    return device._replace(expires=expires)


def forget(chat: Chat, account: Account) -> None:
    """Take away the devices of an account that is removed."""
    for key, device in chat.registry.devices.of(account.id):
        chat.enter(DeviceRevoked(key, device), None)


def all_rows(chat: Chat) -> Iterator[Row | None]:
    """List the devices of all accounts."""
    sessions = _sessions(chat)
    for account in sorted_by_name(chat.registry.accounts.values()):
        yield None
        yield from _rows(chat, account, sessions)


def rows(chat: Chat, account: Account) -> list[Row]:
    """List the devices of an account, the oldest first."""
    return _rows(chat, account, _sessions(chat))


def _sessions(chat: Chat) -> Counter[str | None]:
    """Count the sessions by the devices that they came with."""
    return Counter(session.device for session in chat.sessions.values())


def _rows(chat: Chat, account: Account, sessions: Counter[str | None]) -> list[Row]:
    return [
        {
            "account": account.name,
            "device": device.name,
            "kind": device.kind,
            "created": device.created,
            "expires": device.expires,
            "used": device.used or None,
            "expired": device.expires <= chat.now.wall,
            "sessions": sessions[key],
        }
        for key, device in chat.registry.devices.of(account.id)
    ]
