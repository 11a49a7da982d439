"""The requests of administrators by how they are done and what they concern."""

from typing import Final

from securechat.chat.people import (
    AddAccounts,
    CheckNames,
    EndSessionsOf,
    RenameAccount,
    RequirePassword,
    SetRole,
)
from securechat.chat.requests import (
    AddAccount,
    AddDevice,
    AddInvitation,
    DisableAccount,
    DropChannels,
    EnableAccount,
    EndSession,
    ListAccounts,
    ListChannels,
    ListDevices,
    ListInvitations,
    ListSecondFactors,
    ListSessions,
    Note,
    RemoveAccount,
    ResetSecondFactor,
    RevokeDevice,
    RevokeInvitation,
    SetFounder,
    SetPassword,
    SetRetention,
)
from securechat.chat.sanctions import LOOKS, QuickSanction, SlowSanction

OfAccount = (
    SetPassword
    | RequirePassword
    | DisableAccount
    | EnableAccount
    | RenameAccount
    | SetRole
    | ListSessions
    | EndSession
    | EndSessionsOf
    | AddDevice
    | ListDevices
    | RevokeDevice
    | ListSecondFactors
    | ResetSecondFactor
)
"""What concerns one account, which has to be there."""
Change = (
    OfAccount
    | AddAccount
    | AddAccounts
    | CheckNames
    | SetRetention
    | AddInvitation
    | Note
    | RevokeInvitation
    | QuickSanction
)
"""What is answered at once."""
InSteps = SlowSanction | RemoveAccount | DropChannels | SetFounder
"""What is done in steps, for which the chat may take several turns."""

Listing = ListAccounts | ListChannels | ListInvitations
"""What is listed in steps; sessions, devices and second factors are, too, where no account is named."""

QUESTIONS: Final = (
    CheckNames,
    ListAccounts,
    ListChannels,
    ListDevices,
    ListInvitations,
    ListSecondFactors,
    *LOOKS,
    ListSessions,
)
"""What changes nothing, and is not in the audit log."""
