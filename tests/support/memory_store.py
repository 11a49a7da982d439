"""A store in memory: it passes the same contract suite as the real ones, and can be told to be full."""

from collections.abc import Sequence
from dataclasses import replace

from securechat.chat.ports import Snapshot, StoredAccount, StoredChannel, StoreFull
from securechat.chat.records import (
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    AccountRemoved,
    ChannelCreated,
    DirectDelivered,
    Joined,
    LoginRemembered,
    MessageSent,
    Parted,
    PasswordSet,
    Record,
    Topic,
    TopicSet,
)


class MemoryStore:
    """Implements `ports.Store` and `ports.Reader`."""

    def __init__(self) -> None:
        self.full = False
        self.accounts: dict[int, StoredAccount] = {}
        self.channels: dict[int, StoredChannel] = {}
        self.messages: list[MessageSent] = []
        self.waiting: dict[int, list[MessageSent]] = {}

    def load(self) -> Snapshot:
        waiting = frozenset(account for account, messages in self.waiting.items() if messages)
        last = max((message.id for message in self.messages), default=0)
        return Snapshot(list(self.accounts.values()), list(self.channels.values()), waiting, last)

    def commit(self, records: Sequence[Record]) -> None:
        if self.full:
            raise StoreFull("no room")
        for record in records:
            self._write(record)

    def close(self) -> None:
        pass

    def find_nonce(self, account: int, nonce: str) -> MessageSent | None:
        found = [message for message in self.messages if (message.sender, message.nonce) == (account, nonce)]
        return found[0] if found else None

    def undelivered(self, account: int, after: int, limit: int) -> Sequence[MessageSent]:
        return [message for message in self.waiting.get(account, []) if message.id > after][:limit]

    def _write(self, record: Record) -> None:
        match record:
            case AccountAdded(account, name, phc, role, at):
                self.accounts[account] = StoredAccount(account, name, phc, role, False, at, None, {})
            case AccountRemoved():
                self._account(record.account, phc=None)
            case PasswordSet():
                self._account(record.account, phc=record.phc)
            case AccountDisabled():
                self._account(record.account, disabled=True)
            case AccountEnabled():
                self._account(record.account, disabled=False)
            case LoginRemembered(account, source, at):
                sources = {**self.accounts[account].sources, source: at}
                self._account(account, sources=sources, last_login=at)
            case MessageSent():
                self.messages.append(record)
                if record.undelivered and record.recipient is not None:
                    self.waiting.setdefault(record.recipient, []).append(record)
            case DirectDelivered(account, upto):
                self.waiting[account] = [m for m in self.waiting.get(account, []) if m.id > upto]
            case _:
                self._write_channel(record)

    def _write_channel(self, record: Record) -> None:
        match record:
            case ChannelCreated(channel, name, founder, at):
                self.channels[channel] = StoredChannel(channel, name, founder, at, Topic("", "", 0), {})
            case TopicSet():
                stored = self.channels[record.channel]
                self.channels[record.channel] = replace(stored, topic=record.topic)
            case Joined(_, user, channel, at) if user > 0:
                self._members(channel, {**self.channels[channel].members, user: at})
            case Parted(_, user, channel) if user > 0:
                members = dict(self.channels[channel].members)
                members.pop(user, None)
                self._members(channel, members)
            case _:
                pass

    def _members(self, channel: int, members: dict[int, int]) -> None:
        self.channels[channel] = replace(self.channels[channel], members=members)

    def _account(self, account: int, **changes: object) -> None:
        self.accounts[account] = replace(self.accounts[account], **changes)  # type: ignore[arg-type]
