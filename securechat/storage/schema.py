"""The tables, as the newest migration leaves them (a test compares the two).

Times are milliseconds since the epoch. `folded` is what makes a name unique (`irc.names.fold`). Messages
reference accounts and channels without a foreign key: it would be checked for every message, and a channel
that is dropped would have to look for its messages; ids are never given out twice, so there is nothing that
such a key could protect.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Named,
    Table,
    Text,
    TypedColumns,
    false,
)

from securechat.storage.account_columns import FormerNameColumns, LoginSourceColumns
from securechat.storage.credential_columns import AuthenticatorColumns, DeviceColumns, InvitationColumns
from securechat.storage.moderation_columns import BanColumns, ChannelListColumns, ReportColumns

HEAD: Final = "0026"
"""The newest migration's revision: four digits, counted up."""

metadata: Final = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

# Only "INTEGER PRIMARY KEY" is SQLite's own row key; a BIGINT one would be a second tree beside it.
_ROW_KEY: Final = BigInteger().with_variant(Integer(), "sqlite")


class AccountColumns(TypedColumns):
    """`phc` is NULL once the account was removed: then only its name is reserved.

    `erase` says what is still to be done with its messages then ("anonymise" or "delete"), NULL for nothing.
    """

    id: Named[int] = Column(_ROW_KEY, primary_key=True, autoincrement=False)
    name: Named[str] = Column(Text)
    folded: Named[str] = Column(Text, unique=True)
    phc: Named[str | None] = Column(Text)
    role: Named[str] = Column(Text)
    disabled: Named[bool] = Column(Boolean)
    created: Named[int] = Column(BigInteger)
    last_login: Named[int | None] = Column(BigInteger)
    seen: Named[int | None] = Column(BigInteger)
    erase: Named[str | None] = Column(Text)
    password_due: Named[bool] = Column(Boolean, server_default=false())


class ChannelColumns(TypedColumns):
    """The topic "" is no topic. `modes` is a JSON object: arguments by letter, "" for none; that of
    `f` is a channel's id.

    `retention_days` is NULL where the server's setting holds; 0 keeps messages for ever.
    """

    id: Named[int] = Column(_ROW_KEY, primary_key=True, autoincrement=False)
    name: Named[str] = Column(Text)
    folded: Named[str] = Column(Text, unique=True)
    founder: Named[int | None] = Column(BigInteger, ForeignKey("accounts.id"))
    created: Named[int] = Column(BigInteger)
    topic: Named[str] = Column(Text)
    topic_setter: Named[str] = Column(Text)
    topic_at: Named[int] = Column(BigInteger)
    modes: Named[str] = Column(Text, server_default="{}")
    retention_days: Named[int | None] = Column(Integer)


class MembershipColumns(TypedColumns):
    """Who is a member of which channel since when, and with which ranks. `joined_id` is the JOIN's id."""

    channel: Named[int] = Column(BigInteger, ForeignKey("channels.id"), primary_key=True)
    account: Named[int] = Column(BigInteger, ForeignKey("accounts.id"), primary_key=True)
    joined: Named[int] = Column(BigInteger)
    ranks: Named[str] = Column(Text, server_default="")
    joined_id: Named[int] = Column(BigInteger, server_default="0")


class DroppedChannelColumns(TypedColumns):
    """Channels that are no more: messages stay under their ids, which are not given out again."""

    id: Named[int] = Column(_ROW_KEY, primary_key=True, autoincrement=False)
    name: Named[str] = Column(Text)
    at: Named[int] = Column(BigInteger)


class MessageColumns(TypedColumns):
    """`id` is the msgid's key. `tags` is a JSON object of client-only tags, NULL without any.

    `refers` is the message that this one answers, reacts to or edits. Only members with `rank`, a letter, or
    a higher one read it; NULL is everybody. A redacted message has no text or tags; `redacted` is the time,
    `redacted_id` the key of the redaction's own msgid. `imported` is when it came from an export; what was
    sent here has NULL.
    """

    id: Named[int] = Column(_ROW_KEY, primary_key=True, autoincrement=False)
    at: Named[int] = Column(BigInteger)
    command: Named[str] = Column(Text)
    sender: Named[int] = Column(BigInteger)
    nick: Named[str] = Column(Text)
    channel: Named[int | None] = Column(BigInteger)
    recipient: Named[int | None] = Column(BigInteger)
    addressed: Named[str] = Column(Text)
    text: Named[str] = Column(Text)
    tags: Named[str | None] = Column(Text)
    nonce: Named[str | None] = Column(Text)
    refers: Named[int | None] = Column(BigInteger)
    redacted: Named[int | None] = Column(BigInteger)
    redacted_by: Named[int | None] = Column(BigInteger)
    rank: Named[str | None] = Column(Text)
    redacted_id: Named[int | None] = Column(BigInteger)
    redacted_reason: Named[str | None] = Column(Text)
    imported: Named[int | None] = Column(BigInteger)


class UndeliveredColumns(TypedColumns):
    """Direct messages that wait for an account which was offline."""

    account: Named[int] = Column(BigInteger, ForeignKey("accounts.id"), primary_key=True)
    message: Named[int] = Column(
        BigInteger, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class AstrayColumns(TypedColumns):
    """Messages whose ids do not say their time `at`: they were sent while the clock was behind the newest id.

    `place` is a channel's id, or minus the recipient's account. Nothing is in here while the clock is right,
    so that a message costs nothing more, which an index of these in `messages` would.
    """

    message: Named[int] = Column(
        _ROW_KEY, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    place: Named[int] = Column(BigInteger)
    at: Named[int] = Column(BigInteger)


class AuditColumns(TypedColumns):
    """The audit log. Rows are only ever added; `hash` chains each to the one before (`storage.audit`)."""

    id: Named[int] = Column(_ROW_KEY, primary_key=True, autoincrement=False)
    at: Named[int] = Column(BigInteger)
    actor: Named[str] = Column(Text)
    origin: Named[str] = Column(Text)
    action: Named[str] = Column(Text)
    target: Named[str] = Column(Text)
    detail: Named[str] = Column(Text)
    hash: Named[str] = Column(Text)


class MarkerColumns(TypedColumns):
    """How far an account has read a target: a channel's id, or minus an account's."""

    account: Named[int] = Column(BigInteger, primary_key=True)
    target: Named[int] = Column(BigInteger, primary_key=True)
    upto: Named[int] = Column(BigInteger)


class PositionColumns(TypedColumns):
    """As `accounts.seen`, for the sessions of one name."""

    account: Named[int] = Column(BigInteger, primary_key=True)
    name: Named[str] = Column(Text, primary_key=True)
    seen: Named[int] = Column(BigInteger)


class PinColumns(TypedColumns):
    """The pinned messages of a channel, with who pinned them and when. A deleted one takes its pin along."""

    channel: Named[int] = Column(BigInteger, primary_key=True)
    message: Named[int] = Column(BigInteger, primary_key=True)
    account: Named[int] = Column(BigInteger)
    at: Named[int] = Column(BigInteger)


class MetadataColumns(TypedColumns):
    """What people and channels say of themselves, for programs; `target` is as in `markers`."""

    target: Named[int] = Column(BigInteger, primary_key=True)
    key: Named[str] = Column(Text, primary_key=True)
    value: Named[str] = Column(Text)


class PersonalColumns(TypedColumns):
    """Metadata that is the account's alone."""

    account: Named[int] = Column(BigInteger, primary_key=True)
    target: Named[int] = Column(BigInteger, primary_key=True)
    key: Named[str] = Column(Text, primary_key=True)
    value: Named[str] = Column(Text)


class SilenceColumns(TypedColumns):
    """Whom an account ignores (SILENCE): a mask, and since when."""

    account: Named[int] = Column(BigInteger, primary_key=True)
    mask: Named[str] = Column(Text, primary_key=True)
    since: Named[int] = Column(BigInteger)


class SpendingColumns(TypedColumns):
    """What an account had spent of its budgets of a day at the time `at`: bytes and channels."""

    account: Named[int] = Column(BigInteger, primary_key=True)
    stored: Named[int] = Column(BigInteger)
    channels: Named[float] = Column(Double)
    at: Named[int] = Column(BigInteger)


class ClockColumns(TypedColumns):
    """One row: what the wall clock said last, and for how many seconds it had been steady."""

    id: Named[int] = Column(_ROW_KEY, primary_key=True, autoincrement=False)
    at: Named[int] = Column(BigInteger)
    steady: Named[int] = Column(BigInteger)


accounts: Final = Table("accounts", metadata, AccountColumns)
audit: Final = Table("audit", metadata, AuditColumns)
bans: Final = Table("bans", metadata, BanColumns, sqlite_with_rowid=False)
invitations: Final = Table("invitations", metadata, InvitationColumns, sqlite_with_rowid=False)
devices: Final = Table("devices", metadata, DeviceColumns, sqlite_with_rowid=False)
authenticators: Final = Table("authenticators", metadata, AuthenticatorColumns, sqlite_with_rowid=False)
clock: Final = Table("clock", metadata, ClockColumns)
former_names: Final = Table("former_names", metadata, FormerNameColumns, sqlite_with_rowid=False)
login_sources: Final = Table("login_sources", metadata, LoginSourceColumns, sqlite_with_rowid=False)
channels: Final = Table("channels", metadata, ChannelColumns)
markers: Final = Table("markers", metadata, MarkerColumns, sqlite_with_rowid=False)
metadata_values: Final = Table("metadata", metadata, MetadataColumns, sqlite_with_rowid=False)
personal: Final = Table("personal", metadata, PersonalColumns, sqlite_with_rowid=False)
positions: Final = Table("positions", metadata, PositionColumns, sqlite_with_rowid=False)
silences: Final = Table("silences", metadata, SilenceColumns, sqlite_with_rowid=False)
spendings: Final = Table("spendings", metadata, SpendingColumns, sqlite_with_rowid=False)
reports: Final = Table("reports", metadata, ReportColumns)
pins: Final = Table("pins", metadata, PinColumns, sqlite_with_rowid=False)
memberships: Final = Table("memberships", metadata, MembershipColumns, sqlite_with_rowid=False)
channel_lists: Final = Table("channel_lists", metadata, ChannelListColumns, sqlite_with_rowid=False)
dropped_channels: Final = Table("dropped_channels", metadata, DroppedChannelColumns)
messages: Final = Table("messages", metadata, MessageColumns)
astray: Final = Table("astray", metadata, AstrayColumns)
undelivered: Final = Table("undelivered", metadata, UndeliveredColumns, sqlite_with_rowid=False)

# `where` is named for SQLite alone: for PostgreSQL as well SQLAlchemy would load all of its drivers. A
# database is made by the migrations, which name it for both.
_of_channel = messages.c.channel.is_not(None)
_direct = messages.c.recipient.is_not(None)
_with_nonce = messages.c.nonce.is_not(None)
_referring = messages.c.refers.is_not(None)
_redacted = messages.c.redacted_id.is_not(None)

Index(
    "messages_channel",
    messages.c.channel,
    messages.c.id,
    sqlite_where=_of_channel,
)
# One side of a conversation; the other is the same index with the accounts exchanged.
Index(
    "messages_direct",
    messages.c.recipient,
    messages.c.sender,
    messages.c.id,
    sqlite_where=_direct,
)
Index(
    "messages_nonce",
    messages.c.sender,
    messages.c.nonce,
    unique=True,
    sqlite_where=_with_nonce,
)
# The edits of a message, and the reactions to it.
Index(
    "messages_refers",
    messages.c.refers,
    messages.c.id,
    sqlite_where=_referring,
)
# The redactions of a place, in their own order: they are shown where they happened.
Index(
    "messages_channel_redacted",
    messages.c.channel,
    messages.c.redacted_id,
    sqlite_where=_redacted,
)
Index(
    "messages_direct_redacted",
    messages.c.recipient,
    messages.c.sender,
    messages.c.redacted_id,
    sqlite_where=_redacted,
)
# What is astray in a place, and everywhere, by its time; all else is found by its id.
Index("astray_place", astray.c.place, astray.c.at, astray.c.message)
Index("astray_at", astray.c.at, astray.c.message)
