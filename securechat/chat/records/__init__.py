"""Facts: every change of shared state is one of these values.

A record changes the registry by `apply`, and `revert` undoes exactly that (the store was full: DESIGN law 3).
The store writes records and the registry is rebuilt from what it wrote, so a fact enters the chat by one door
whether this hub made it or another node did.

A *user id* is an account's id; where each session is a user of its own (`identity.nicknames = "free"`) it is
minus the session's id, and such memberships are never stored. Times are milliseconds since the epoch, ids are
message ids.
"""

from securechat.chat.records.accounts import (
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    AccountRecord,
    AccountRemoved,
    LoginRemembered,
    PasswordSet,
)
from securechat.chat.records.audit import Audited
from securechat.chat.records.channels import ChannelCreated, ChannelRecord, Joined, Parted, Topic, TopicSet
from securechat.chat.records.messages import DirectDelivered, MessageRecord, MessageSent

Record = AccountRecord | Audited | ChannelRecord | MessageRecord

__all__ = [
    "AccountAdded",
    "AccountDisabled",
    "AccountEnabled",
    "AccountRecord",
    "AccountRemoved",
    "Audited",
    "ChannelCreated",
    "ChannelRecord",
    "DirectDelivered",
    "Joined",
    "LoginRemembered",
    "MessageRecord",
    "MessageSent",
    "Parted",
    "PasswordSet",
    "Record",
    "Topic",
    "TopicSet",
]
