"""The client: connection and session, trust, the plain terminal client, and the Python API.

`Client` and the events are exported from here and imported when they are first used, so that importing the
package costs nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from securechat.client.api.aio import AsyncClient
    from securechat.client.api.client import Client
    from securechat.client.api.logs import SecureChatHandler
    from securechat.client.api.opening import Options
    from securechat.client.api.sent import Sent
    from securechat.client.device_events import Enrolled, NotEnrolled
    from securechat.client.errors import (
        ClientError,
        Closed,
        CredentialError,
        DeviceRefused,
        InvalidAddress,
        InvalidInvitation,
        LoginFailed,
        OutcomeUnknown,
        PasswordDue,
        Refused,
        TrustError,
        Unreachable,
        Unsuitable,
    )
    from securechat.client.events import (
        Announced,
        Answered,
        AwayChanged,
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
        Listed,
        Message,
        MessageRefused,
        MessageTaken,
        Missed,
        ModesChanged,
        Names,
        NickChanged,
        Person,
        Pin,
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
        Tagged,
        Talked,
        Topic,
        Typing,
        Value,
        Welcome,
        Whois,
    )

_HOMES = ("errors", "device_events", "events", "api.client", "api.sent", "api.opening", "api.logs", "api.aio")
"""Where the names are, those that cost most to import last."""

__all__ = [
    "AsyncClient",
    "Client",
    "Options",
    "SecureChatHandler",
    "Sent",
    "ClientError",
    "Closed",
    "CredentialError",
    "DeviceRefused",
    "InvalidAddress",
    "InvalidInvitation",
    "LoginFailed",
    "PasswordDue",
    "OutcomeUnknown",
    "Refused",
    "TrustError",
    "Unreachable",
    "Unsuitable",
    "Announced",
    "Answered",
    "AwayChanged",
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
    "Listed",
    "Message",
    "MessageRefused",
    "MessageTaken",
    "Missed",
    "ModesChanged",
    "Names",
    "NickChanged",
    "NotEnrolled",
    "Pin",
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
    "Tagged",
    "Talked",
    "Topic",
    "Typing",
    "Value",
    "Welcome",
    "Whois",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        from importlib import import_module

        for module in _HOMES:
            found: object = getattr(import_module(f"{__name__}.{module}"), name, None)
            if found is not None:
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
