"""The client: connection and session, trust, the plain terminal client, and the Python API.

`Client` and the events are exported from here and imported when they are first used, so that importing the
package costs nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from securechat.client.api import Client, Sent
    from securechat.client.device_events import Enrolled, NotEnrolled
    from securechat.client.errors import (
        ClientError,
        Closed,
        CredentialError,
        DeviceRefused,
        InvalidAddress,
        LoginFailed,
        OutcomeUnknown,
        Refused,
        TrustError,
        Unreachable,
        Unsuitable,
    )
    from securechat.client.events import (
        Announced,
        Answered,
        CatchingUp,
        Disconnected,
        Ended,
        Event,
        Failed,
        Gap,
        Invited,
        Joined,
        Kind,
        Left,
        Message,
        MessageRefused,
        MessageTaken,
        Missed,
        ModesChanged,
        Names,
        NickChanged,
        Person,
        Pinned,
        Quit,
        Reacted,
        ReadUpTo,
        Ready,
        Redacted,
        Renamed,
        Said,
        ServerText,
        Silenced,
        Silences,
        Topic,
        Typing,
        Welcome,
    )

__all__ = [
    "Client",
    "Sent",
    "ClientError",
    "Closed",
    "CredentialError",
    "DeviceRefused",
    "InvalidAddress",
    "LoginFailed",
    "OutcomeUnknown",
    "Refused",
    "TrustError",
    "Unreachable",
    "Unsuitable",
    "Announced",
    "Answered",
    "CatchingUp",
    "Disconnected",
    "Ended",
    "Enrolled",
    "Event",
    "Failed",
    "Gap",
    "Invited",
    "Joined",
    "Kind",
    "Left",
    "Message",
    "MessageRefused",
    "MessageTaken",
    "Missed",
    "ModesChanged",
    "Names",
    "NickChanged",
    "NotEnrolled",
    "Pinned",
    "Quit",
    "Reacted",
    "Person",
    "ReadUpTo",
    "Ready",
    "Redacted",
    "Renamed",
    "Said",
    "ServerText",
    "Silenced",
    "Silences",
    "Topic",
    "Typing",
    "Welcome",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        from importlib import import_module

        for module in ("errors", "device_events", "events", "api"):
            found: object = getattr(import_module(f"{__name__}.{module}"), name, None)
            if found is not None:
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
