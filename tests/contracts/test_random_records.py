"""Any run of records that can happen leaves the store and the registry saying the same."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from securechat.chat.ports import Reader, StoreFull
from securechat.chat.records import (
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    AccountRemoved,
    AccountRenamed,
    AccountSeen,
    ChannelCreated,
    ChannelDropped,
    ChannelModesChanged,
    ChannelRenamed,
    DirectDelivered,
    EntryChanged,
    FlagsChanged,
    FounderSet,
    Joined,
    Kicked,
    ListEntry,
    LoginRemembered,
    MessageSent,
    Parted,
    PasswordDue,
    PasswordSet,
    RanksChanged,
    Record,
    RoleSet,
    Topic,
    TopicSet,
)
from securechat.chat.state import applying
from securechat.chat.state.account import Account
from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from tests.contracts.databases import DurableDatabase, PrunedStore
from tests.contracts.facts import NOON, PEOPLE, message, state_in, state_of, too_big

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
SOURCES = [f"192.0.{number}.0/24" for number in range(12)]


class World:
    """A registry, the store that follows it, and the messages that both are to know."""

    def __init__(self, draw: DataObject, database: DurableDatabase) -> None:
        self.draw = draw
        self.database = database
        self.store: PrunedStore = database.store()
        self.reader: Reader = database.reader()
        self.store.commit(PEOPLE)
        self.registry = Registry("chat.example", self.store.load())
        self.last = 100
        self.waiting: dict[int, list[MessageSent]] = {}

    def next(self) -> int:
        self.last += self.draw.draw(st.integers(1, 3))
        return self.last

    def record(self) -> Record:
        """Draw one of the records that can happen now."""
        account = self.draw.draw(st.sampled_from([a for a in self.registry.accounts.values() if a.phc]))
        kinds: list[Callable[[Account], Record]] = [self.account_added, self.channel_created, self.to_account]
        kinds += [
            self.password_set,
            self.account_renamed,
            self.role_set,
            self.password_due,
            self.switched,
            self.login,
            self.seen,
            self.delivered,
        ]
        if len([a for a in self.registry.accounts.values() if a.phc]) > 2:
            kinds.append(self.removed)
        if self.registry.channels:
            kinds += [self.membership, self.topic, self.to_channel, self.modes, self.renamed, self.dropped]
            kinds.append(self.given)
        return self.draw.draw(st.sampled_from(kinds))(account)

    def account_added(self, _account: Account) -> Record:
        key = max(self.registry.accounts) + 1
        return AccountAdded(key, f"Person{key}", f"${key}", "member", NOON + key)

    def channel_created(self, account: Account) -> Record:
        key = self.registry.last_channel + 1
        return ChannelCreated(key, f"#Room{key}", self.draw.draw(st.sampled_from([None, account.id])), NOON)

    def password_set(self, account: Account) -> Record:
        assert account.phc is not None
        return PasswordSet(account.id, f"${self.next()}", account.phc, NOON, self.draw.draw(st.booleans()))

    def switched(self, account: Account) -> Record:
        return (AccountEnabled if account.disabled else AccountDisabled)(account.id, NOON)

    def account_renamed(self, account: Account) -> Record:
        name = self.draw.draw(
            st.sampled_from([f"Other{self.next()}", account.name.swapcase(), *account.former])
        )
        return AccountRenamed(account.id, name, account.name, NOON + self.next(), account.former)

    def password_due(self, account: Account) -> Record:
        return PasswordDue(account.id, not account.password_due, NOON)

    def role_set(self, account: Account) -> Record:
        return RoleSet(account.id, self.draw.draw(st.sampled_from(["admin", "bot"])), account.role, NOON)

    def removed(self, account: Account) -> Record:
        assert account.phc is not None
        self.waiting.pop(account.id, None)
        return AccountRemoved(account.id, account.phc, NOON, positions=account.known_positions())

    def login(self, account: Account) -> Record:
        source = self.draw.draw(st.sampled_from(SOURCES))
        return LoginRemembered(account.id, source, NOON + self.next(), tuple(account.sources.items()))

    def seen(self, account: Account) -> Record:
        name = self.draw.draw(st.sampled_from(["", "work", "phone", "tablet"]))
        others = [known for known in account.known_positions() if known[0] != name]
        forgotten = others[0] if name and len(others) > 1 else None
        return AccountSeen(account.id, self.next(), account.seen(name), name, forgotten)

    def channel(self) -> Channel:
        return self.draw.draw(st.sampled_from(list(self.registry.channels.values())))

    def membership(self, account: Account) -> Record:
        channel = self.channel()
        member = channel.members.get(account.id)
        if member is None:
            ranks = self.draw.draw(st.sampled_from(["", "q", "ov"]))
            return Joined(self.next(), account.id, channel.id, NOON + self.last, ranks)
        if self.draw.draw(st.booleans()):
            return Kicked(self.next(), account.id, channel.id, NOON, "x", "bye", member)
        return Parted(self.next(), account.id, channel.id, NOON, "bye", member)

    def modes(self, account: Account) -> Record:
        """Change flags, an entry of a list, or the ranks of a member, or all of these."""
        channel = self.channel()
        kind, mask = (
            self.draw.draw(st.sampled_from("beI")),
            self.draw.draw(st.sampled_from(["a!*@*", "$a:b"])),
        )
        previous = channel.lists[kind].get(mask)
        entry = ListEntry(account.name, NOON + self.next()) if self.draw.draw(st.booleans()) else None
        entries = (EntryChanged(kind, mask, entry, previous),) if entry or previous else ()
        member = channel.members.get(account.id)
        ranks = (RanksChanged(account.id, "hv", member.ranks),) if member is not None else ()
        flags = None
        if self.draw.draw(st.booleans()):
            chosen = self.draw.draw(st.dictionaries(st.sampled_from("klms"), TEXTS))
            flags = FlagsChanged(chosen, dict(channel.modes))
        return ChannelModesChanged(self.next(), channel.id, NOON, account.name, (), flags, entries, ranks)

    def renamed(self, account: Account) -> Record:
        channel, key = self.channel(), self.next()
        return ChannelRenamed(key, channel.id, f"#Named{key}", channel.name, NOON, account.name, "")

    def given(self, account: Account) -> Record:
        channel = self.channel()
        founder = self.draw.draw(st.sampled_from([None, account.id]))
        return FounderSet((channel.id,), founder, channel.founder)

    def dropped(self, _account: Account) -> Record:
        channel = self.channel()
        return ChannelDropped(self.next(), channel.id, NOON, "over", channel.stored())

    def topic(self, account: Account) -> Record:
        channel = self.channel()
        topic = Topic(self.draw.draw(TEXTS), account.name, NOON)
        return TopicSet(self.next(), channel.id, topic, channel.topic)

    def to_channel(self, account: Account) -> Record:
        key = self.next()
        return message(
            key,
            sender=account.id,
            channel=self.channel().id,
            text=self.draw.draw(TEXTS),
            tags=self.draw.draw(st.dictionaries(TEXTS, TEXTS, max_size=2)),
            nonce=self.draw.draw(st.sampled_from([None, str(key)])),
        )

    def to_account(self, account: Account) -> Record:
        sent = message(
            self.next(),
            sender=account.id,
            recipient=account.id,
            text=self.draw.draw(TEXTS),
            undelivered=self.draw.draw(st.booleans()),
        )
        if sent.undelivered:
            self.waiting.setdefault(account.id, []).append(sent)
        return sent

    def delivered(self, account: Account) -> Record:
        self.waiting.pop(account.id, None)
        return DirectDelivered(account.id, self.last, False, self.registry.waiting[account.id])

    def batch(self) -> list[Record]:
        """Draw some records, and let the registry follow them."""
        records = []
        for _ in range(self.draw.draw(st.integers(1, 8))):
            records.append(self.record())
            applying.apply(self.registry, records[-1])
        return records

    def refused(self) -> None:
        """Let a batch end in a full database, and everything be as before."""
        before = self.store.load()
        waiting = {account: list(messages) for account, messages in self.waiting.items()}
        records = [*self.batch(), too_big(self.next())]
        self.database.fill()
        with pytest.raises(StoreFull):
            self.store.commit(records)
        self.database.free()
        assert self.store.load() == before
        self.registry = Registry("chat.example", before)
        self.waiting = waiting

    def agree(self) -> None:
        assert state_of(self.store.load()) == state_in(self.registry)
        for account in self.registry.accounts:
            assert self.reader.undelivered(account, 0, 1000) == self.waiting.get(account, [])


@settings(max_examples=15, deadline=None)
@given(draw=st.data())
def test_the_store_follows_the_registry(
    make_durable: Callable[[Path], DurableDatabase], draw: DataObject
) -> None:
    """After every batch, also a refused one, and a reopening, the store says what the registry says."""
    with tempfile.TemporaryDirectory() as name:
        database = make_durable(Path(name) / "chat")
        try:
            world = World(draw, database)
            for _ in range(draw.draw(st.integers(1, 5))):
                if draw.draw(st.booleans()):
                    world.refused()
                else:
                    world.store.commit(world.batch())
                world.agree()
            assert state_of(database.store().load()) == state_in(world.registry)
        finally:
            database.close()
