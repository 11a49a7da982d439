"""The channels by their names, and who of their members is online."""

from securechat.chat.membership import Membership
from securechat.chat.ports import Snapshot
from securechat.chat.records import StoredAccount, StoredChannel, Topic
from securechat.chat.state.channel import Channel
from securechat.chat.state.channel_names import ChannelNames
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import User


def stored(key: int, name: str, members: dict[int, Membership] | None = None) -> StoredChannel:
    return StoredChannel(key, name, None, 0, Topic("", "", 0), members or {}, {}, {})


def channels(*names: str) -> list[Channel]:
    return [Channel(stored(key, name)) for key, name in enumerate(names, 1)]


def listed(names: ChannelNames) -> list[str]:
    return [channel.name for channel in names.all()]


def test_all_are_in_order() -> None:
    """Whatever came and went in between, and however a name is spelled."""
    names, made = ChannelNames(), channels("#dev", "#Bar", "#ops", "#art")
    for channel in made[:3]:
        names.add(channel)
    assert listed(names) == ["#Bar", "#dev", "#ops"]
    names.add(made[3])
    names.remove(made[0])
    assert listed(names) == ["#art", "#Bar", "#ops"]
    names.remove(made[3])
    made[3].rename("#zoo")
    names.add(made[3])
    assert listed(names) == ["#Bar", "#ops", "#zoo"]
    assert names.of("#art") is None and names.of("#ZOO") is made[3]


def test_the_hidden_are_known() -> None:
    """A channel is among them from the mode on, until it is open again, or no more."""
    names, (dev, ops) = ChannelNames(), channels("#dev", "#ops")
    ops.set_modes({"s": ""})
    names.add(dev)
    names.add(ops)
    assert names.hidden == {ops.id}
    dev.set_modes({"p": ""})
    names.look(dev)
    assert names.hidden == {dev.id, ops.id}
    names.remove(ops)
    dev.set_modes({})
    names.look(dev)
    assert names.hidden == set()


def registry(members: int) -> Registry:
    """A channel whose members have joined from the last account to the first."""
    accounts = [
        StoredAccount(key, f"a{key}", "$", "member", False, 0, None, {}) for key in range(1, members + 1)
    ]
    joined = {key: Membership(0, 100 - key) for key in range(members, 0, -1)}
    return Registry("chat.test", Snapshot(accounts, [stored(1, "#dev", joined)], frozenset(), 0))


def test_who_is_online_comes_in_the_order_of_joining() -> None:
    """Where nearly everybody is away as where everybody is here."""
    one = registry(9)
    here = {key: User(key, one.accounts[key], f"a{key}", "chat.test", "", 0) for key in (2, 7, 5)}
    one.users.update(here)
    assert [user.id for user in one.online(one.channels[1])] == [7, 5, 2]
    everybody = {key: User(key, one.accounts[key], f"a{key}", "chat.test", "", 0) for key in range(1, 10)}
    one.users.update(everybody)
    assert [user.id for user in one.online(one.channels[1])] == [9, 8, 7, 6, 5, 4, 3, 2, 1]
