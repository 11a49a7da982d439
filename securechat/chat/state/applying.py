"""What a record does to the registry, and its undoing.

Doing and undoing stand side by side: together they are the identity (a property test). `back` undoes.
"""

from typing import assert_never

from securechat.chat.membership import Membership
from securechat.chat.records import (
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    AccountRecord,
    AccountRemoved,
    AccountRenamed,
    AccountSeen,
    AccountSpent,
    Audited,
    AuthenticatorSet,
    BanRecord,
    ChannelCreated,
    ChannelDropped,
    ChannelModesChanged,
    ChannelRecord,
    ChannelRenamed,
    DeviceAdded,
    DeviceRecord,
    DeviceRenewed,
    DeviceRevoked,
    DeviceUsed,
    DirectDelivered,
    DirectMissed,
    FounderSet,
    InvitationAdded,
    InvitationRecord,
    InvitationRevoked,
    InvitationUsed,
    Joined,
    Kicked,
    LoginRemembered,
    MarkerMoved,
    MarkersForgotten,
    MessagePinned,
    MessageRedacted,
    MessageSent,
    MessageUnpinned,
    MetadataForgotten,
    MetadataSet,
    Parted,
    PasswordDue,
    PasswordSet,
    PersonalSet,
    PlaceRecord,
    Record,
    ReportRecord,
    RetentionSet,
    RoleSet,
    Silenced,
    TopicSet,
)
from securechat.chat.state import applying_moderation as moderation
from securechat.chat.state.nested import put, put_inside
from securechat.chat.state.registry import Registry
from securechat.irc.capabilities import EDIT_TAG
from securechat.irc.names import fold


def apply(registry: Registry, record: Record) -> None:
    """Let a fact be true of the registry."""
    _change(registry, record, back=False)


def revert(registry: Registry, record: Record) -> None:
    """Undo exactly what `apply` did, when nothing later is applied any more."""
    _change(registry, record, back=True)


def _change(registry: Registry, record: Record, back: bool) -> None:
    if isinstance(record, MessageSent):
        sent(registry, record, back)
    elif isinstance(record, MessageRedacted | DirectDelivered | DirectMissed):
        _message(registry, record, back)
    elif isinstance(record, ChannelRecord):
        _channel(registry, record, back)
    elif isinstance(record, AccountRecord):
        _account(registry, record, back)
    elif isinstance(record, PlaceRecord):
        _place(registry, record, back)
    elif isinstance(record, InvitationRecord):
        _invitation(registry, record, back)
    elif isinstance(record, DeviceRecord):
        _device(registry, record, back)
    elif isinstance(record, BanRecord | ReportRecord):
        moderation.change(registry, record, back)
    elif isinstance(record, AuthenticatorSet):
        put(registry.authenticators, record.account, record.previous if back else record.authenticator)
    elif isinstance(record, Audited):
        pass  # nothing of it lives in the registry
    else:
        assert_never(record)


def _message(
    registry: Registry, record: MessageRedacted | DirectDelivered | DirectMissed, back: bool
) -> None:
    match record:
        case MessageRedacted():
            before, after = record.original, record.tombstone
            registry.nonces.replace(*((after, before) if back else (before, after)))
            if not back:
                registry.revisions.note(before.id)
        case DirectDelivered():
            if record.more:
                pass  # somebody still waits
            elif back:
                registry.waiting[record.account] = record.counted
            else:
                del registry.waiting[record.account]
        case DirectMissed():
            registry.waiting[record.account] += -1 if back else 1
        case _:
            assert_never(record)


def sent(registry: Registry, message: MessageSent, back: bool) -> None:
    """Let a message be said, or undo that."""
    if message.channel is not None:
        registry.channels[message.channel].said += -1 if back else 1
    if message.nonce is not None:
        if back:
            registry.nonces.discard(message.sender, message.nonce)
        else:
            registry.nonces.add(message.sender, message.nonce, message)
    if message.undelivered and message.recipient is not None:
        registry.waiting[message.recipient] += -1 if back else 1
        (registry.boxes.take_back if back else registry.boxes.add)(message, message.recipient)
    if message.refers is not None and EDIT_TAG in message.tags and not back:
        registry.revisions.note(message.refers)


def _channel(registry: Registry, record: ChannelRecord, back: bool) -> None:
    match record:
        case Joined():
            membership = None if back else Membership(record.at, record.id, record.ranks)
            _member(registry, record.channel, record.user, membership)
        case Parted() | Kicked():
            _member(registry, record.channel, record.user, record.membership if back else None)
        case ChannelCreated():
            if back:
                registry.forget_channel(record.channel)
            else:
                registry.add_channel(record.channel, record.name, record.founder, record.at, record.modes)
        case ChannelDropped():
            if back:
                registry.restore_channel(record.stored)
            else:
                registry.drop_channel(record.channel)
            for account, upto in record.read:
                put_inside(registry.markers, account, record.channel, upto if back else None)
        case ChannelRenamed():
            registry.rename_channel(record.channel, record.previous if back else record.name)
        case FounderSet():
            for channel in record.channels:
                registry.set_founder(channel, record.previous if back else record.founder)
        case RetentionSet():
            registry.channels[record.channel].retention_days = record.previous if back else record.days
        case TopicSet():
            registry.channels[record.channel].topic = record.previous if back else record.topic
        case ChannelModesChanged():
            _modes(registry, record, back)
        case _:
            assert_never(record)


def _member(registry: Registry, channel: int, user: int, membership: Membership | None) -> None:
    if membership is None:
        registry.remove_member(channel, user)
    else:
        registry.add_member(channel, user, membership)


def _modes(registry: Registry, record: ChannelModesChanged, back: bool) -> None:
    channel = registry.channels[record.channel]
    if record.flags is not None:
        channel.set_modes(record.flags.previous if back else record.flags.modes)
        registry.channel_names.look(channel)
    if record.entries:
        channel.set_entries(
            (one.kind, one.mask, one.previous if back else one.entry) for one in record.entries
        )
    if channel.ends:
        registry.temporary.add(channel.id)
    for change in record.ranks:
        # A session that is a user of its own may have gone since, and its membership with it.
        if change.user in channel.members:
            channel.set_ranks(change.user, change.previous if back else change.ranks)


def _account(registry: Registry, record: AccountRecord, back: bool) -> None:
    if isinstance(record, AccountAdded):
        if back:
            registry.forget_account(record.account)
        else:
            registry.add_account(record.account, record.name, record.phc, record.role, record.at)
        return
    account = registry.accounts[record.account]
    match record:
        case AccountRemoved():
            if back:
                account.restore(record.phc, record.sources, record.positions)
                registry.waiting[record.account] = record.waiting
            else:
                account.remove()
                registry.waiting.pop(record.account, None)
        case PasswordSet():
            account.set_password(record.previous if back else record.phc, rehash=record.rehash)
        case PasswordDue():
            account.password_due = record.due is not back
        case AccountDisabled():
            (account.enable if back else account.disable)()
        case AccountEnabled():
            (account.disable if back else account.enable)()
        case LoginRemembered():
            if back:
                account.sources = dict(record.previous)
            else:
                account.remember_source(record.source, record.at)
        case AccountSeen():
            account.move(record.name, record.previous if back else record.seen)
            if record.forgotten is not None:
                name, seen = record.forgotten
                account.move(name, seen if back else None)
        case AccountRenamed():
            if back:
                registry.rename_account(record.account, record.previous, record.former)
            else:
                registry.rename_account(record.account, record.name, former_names(record))
        case RoleSet():
            registry.set_role(account, record.previous if back else record.role)
        case AccountSpent():
            pass  # it is noted from what the registry has
        case _:
            assert_never(record)


def former_names(record: AccountRenamed) -> tuple[str, ...]:
    """Return which names an account has had when it is renamed. Letters in another case are no other name."""
    names = [name for name in (*record.former, record.previous) if fold(name) != fold(record.name)]
    return tuple(sorted(names, key=fold))


def _place(registry: Registry, record: PlaceRecord, back: bool) -> None:
    match record:
        case MarkerMoved():
            upto = record.previous if back else record.upto
            put_inside(registry.markers, record.account, record.target, upto)
        case MarkersForgotten():
            if back:
                registry.markers[record.account] = dict(record.markers)
            else:
                del registry.markers[record.account]
        case MetadataSet():
            put_inside(
                registry.metadata, record.target, record.key, record.previous if back else record.value
            )
        case PersonalSet():
            _personal(
                registry, record.account, record.target, record.key, record.previous if back else record.value
            )
        case MetadataForgotten():
            registry.metadata.pop(record.target, None)
            if back and record.values:
                registry.metadata[record.target] = dict(record.values)
            for account, target, key, value in record.personal:
                _personal(registry, account, target, key, value if back else None)
        case Silenced():
            since = record.previous if back else record.since
            registry.silences.put(record.account, record.mask, since)
        case MessagePinned() | MessageUnpinned():
            registry.pinned.note(record.channel)  # pins are only in the store, as messages are
        case _:
            assert_never(record)


def _personal(registry: Registry, account: int, target: int, key: str, value: str | None) -> None:
    targets = registry.personal.setdefault(account, {})
    put_inside(targets, target, key, value)
    if not targets:
        del registry.personal[account]


def _invitation(registry: Registry, record: InvitationRecord, back: bool) -> None:
    invitations, code = registry.invitations, record.code
    match record:
        case InvitationAdded():
            put(invitations, code, None if back else record.invitation)
        case InvitationUsed():
            left = record.previous._replace(uses=record.previous.uses - 1)
            put(invitations, code, record.previous if back else left if left.uses else None)
        case InvitationRevoked():
            put(invitations, code, record.previous if back else None)
        case _:
            assert_never(record)


def _device(registry: Registry, record: DeviceRecord, back: bool) -> None:
    devices, key = registry.devices, record.key
    match record:
        case DeviceAdded():
            if back:
                devices.remove(key)
            else:
                devices.put(key, record.device)
        case DeviceUsed():
            devices.put(key, record.previous if back else record.previous._replace(used=record.at))
        case DeviceRenewed():
            devices.put(key, record.previous if back else record.previous._replace(expires=record.expires))
        case DeviceRevoked():
            if back:
                devices.put(key, record.previous)
            else:
                devices.remove(key)
        case _:
            assert_never(record)
