"""Facts: every change of shared state is one of these values.

`state.applying` does a record to the registry, and undoes it when the store has no room for it. The store
writes records and the registry is rebuilt from what it wrote, so a fact enters the chat by one door whether
this hub made it or another node did.

A *user id* is an account's id; where each session is a user of its own (`identity.nicknames = "free"`) it is
minus the session's id, and such memberships are never stored. Times are milliseconds since the epoch, ids are
message ids.
"""

from securechat.chat.records.accounts import (
    NOBODY,
    ONLINE,
    ROLES,
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    AccountRecord,
    AccountRemoved,
    AccountRenamed,
    AccountSeen,
    AccountSpent,
    Fate,
    LoginRemembered,
    PasswordDue,
    PasswordSet,
    RoleSet,
)
from securechat.chat.records.audit import Audited
from securechat.chat.records.authenticators import AuthenticatorSet
from securechat.chat.records.bans import BanAdded, BanRecord, BanRemoved
from securechat.chat.records.channels import (
    NEW_CHANNEL_MODES,
    ChannelCreated,
    ChannelDropped,
    ChannelRenamed,
    FounderSet,
    Joined,
    Kicked,
    Parted,
    RetentionSet,
    TopicSet,
)
from securechat.chat.records.devices import (
    DeviceAdded,
    DeviceRecord,
    DeviceRenewed,
    DeviceRevoked,
    DeviceUsed,
)
from securechat.chat.records.invitations import (
    InvitationAdded,
    InvitationRecord,
    InvitationRevoked,
    InvitationUsed,
)
from securechat.chat.records.messages import (
    DirectDelivered,
    DirectMissed,
    MessageRecord,
    MessageRedacted,
    MessageSent,
    original_of,
    same_conversation,
)
from securechat.chat.records.modes import (
    LISTS,
    ChannelModesChanged,
    EntryChanged,
    FlagsChanged,
    RanksChanged,
    Shown,
    mode_params,
)
from securechat.chat.records.places import (
    MarkerMoved,
    MarkersForgotten,
    MessagePinned,
    MessageUnpinned,
    MetadataForgotten,
    MetadataSet,
    Personal,
    PersonalSet,
    PlaceRecord,
    Silenced,
)
from securechat.chat.records.reports import ReportDropped, ReportKept, ReportRecord
from securechat.chat.records.stored import (
    Authenticator,
    Ban,
    Device,
    Invitation,
    ListEntry,
    Report,
    StoredAccount,
    StoredChannel,
    StoredSpending,
    Topic,
)

ChannelRecord = (
    ChannelCreated
    | ChannelDropped
    | ChannelModesChanged
    | ChannelRenamed
    | FounderSet
    | Joined
    | Kicked
    | Parted
    | RetentionSet
    | TopicSet
)
Record = (
    AccountRecord
    | Audited
    | AuthenticatorSet
    | BanRecord
    | ChannelRecord
    | DeviceRecord
    | InvitationRecord
    | MessageRecord
    | PlaceRecord
    | ReportRecord
)

DEPARTURES = (ChannelDropped, Kicked, Parted)
"""The records that are announced before they are applied: afterwards nobody would hear of them."""

__all__ = [
    "Invitation",
    "InvitationAdded",
    "InvitationRecord",
    "InvitationRevoked",
    "InvitationUsed",
    "DEPARTURES",
    "LISTS",
    "NEW_CHANNEL_MODES",
    "NOBODY",
    "ONLINE",
    "ROLES",
    "AccountAdded",
    "AccountDisabled",
    "AccountEnabled",
    "AccountRecord",
    "AccountRemoved",
    "AccountRenamed",
    "AccountSeen",
    "AccountSpent",
    "Audited",
    "Authenticator",
    "AuthenticatorSet",
    "Ban",
    "BanAdded",
    "BanRecord",
    "BanRemoved",
    "ChannelCreated",
    "ChannelDropped",
    "ChannelModesChanged",
    "ChannelRecord",
    "ChannelRenamed",
    "Device",
    "DeviceAdded",
    "DeviceRecord",
    "DeviceRenewed",
    "DeviceRevoked",
    "DeviceUsed",
    "DirectDelivered",
    "DirectMissed",
    "EntryChanged",
    "Fate",
    "FlagsChanged",
    "FounderSet",
    "Joined",
    "Kicked",
    "ListEntry",
    "LoginRemembered",
    "MarkerMoved",
    "MarkersForgotten",
    "MessagePinned",
    "MessageRecord",
    "MessageRedacted",
    "MessageSent",
    "MessageUnpinned",
    "MetadataSet",
    "Parted",
    "Personal",
    "MetadataForgotten",
    "PersonalSet",
    "PasswordDue",
    "PasswordSet",
    "PlaceRecord",
    "RanksChanged",
    "Report",
    "ReportDropped",
    "ReportKept",
    "ReportRecord",
    "Record",
    "RetentionSet",
    "RoleSet",
    "Shown",
    "Silenced",
    "StoredAccount",
    "StoredChannel",
    "StoredSpending",
    "Topic",
    "TopicSet",
    "mode_params",
    "original_of",
    "same_conversation",
]
