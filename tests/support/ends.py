"""Things that all end in the same second, and long requests of administrators, for `world`."""

from collections.abc import Callable, Iterator
from functools import partial

from securechat.chat.clock import Now
from securechat.chat.items import Administer, Item, Tick
from securechat.chat.people import EndSessionsOf
from securechat.chat.records import Audited, Authenticator, Ban, Device, Invitation, ListEntry
from securechat.chat.requests import (
    ListAccounts,
    ListDevices,
    ListInvitations,
    ListSecondFactors,
    ListSessions,
    Request,
)
from securechat.chat.sanctions import AddBan, ChannelUnban, ListBans, RemoveBan
from securechat.chat.state.bans import NETWORK
from tests.support.world import START, Cost, World, called, channel_name, mask, nick

MINUTE = 60


def scenes(world: World, many: int) -> Iterator[tuple[str, Callable[[], Cost]]]:
    """What happens when `many` things end, or are asked for, at once; each is to be called once, in order."""
    yield "no ban ends", partial(_network_bans, world, many, ends=False)
    yield "network bans end", partial(_network_bans, world, many, ends=True)
    yield "channel bans end", partial(_channel_bans, world, many)
    yield "batches end", partial(_batches, world)
    yield "entries are owed", partial(_owed, world, many)
    _people(world, many)
    networks = ",".join(f"10.{one // 256}.{one % 256}.0/24" for one in range(min(100, many)))
    masks = ",".join(("*?x" * 20 + f"*{one:03}").ljust(150, "?") + "!*x*x*x*y@*" for one in range(40))
    for name, request in (
        ("networks are banned", AddBan(networks, "1h", "x")),
        ("masks are banned", AddBan(masks, "1h", "x")),
        ("bans are listed", ListBans()),
        ("bans are lifted", RemoveBan(networks)),
        ("sessions are listed", ListSessions("")),
        ("somebody is let in again", ChannelUnban(channel_name(3), nick(0))),
        ("accounts are listed", ListAccounts()),
        ("devices are listed", ListDevices()),
        ("second factors are listed", ListSecondFactors()),
        ("invitations are listed", ListInvitations()),
        ("sessions end", EndSessionsOf("", "2001:db8::/32")),
    ):
        yield name, partial(_asked, world, request)


def _people(world: World, many: int) -> None:
    """More accounts, each with a device and a second factor, and as many invitations."""
    registry, ends = world.core.registry, world.now.wall + 1_000 * MINUTE * 1000
    first = max(registry.accounts) + 1
    for one in range(first, first + many):
        registry.add_account(one, f"more{one}", "phc", "member", START)
        registry.devices.put(f"key{one}", Device(one, "laptop", "token", START, ends))
        registry.authenticators[one] = Authenticator("secret", START, 0, ())
        registry.invitations[f"code{one}"] = Invitation(1, ends, START)


def _asked(world: World, request: Request) -> Cost:
    return world.happens(Administer(1, request, "root", "local"))


def _later(world: World, *items: Item) -> Cost:
    world.now = Now(world.now.wall + MINUTE * 1000, world.now.mono + MINUTE)
    return world.happens(*items)


def _network_bans(world: World, many: int, *, ends: bool) -> Cost:
    bans, after = world.core.registry.bans, world.now.wall + MINUTE * 1000
    for one in range(many):
        network = f"11.{one // 256}.{one % 256}.0/24"
        bans.put(Ban(NETWORK, network, "r" * 100, nick(0), START, after - 1 if ends else 2 * after))
    return _later(world, Tick())


def _channel_bans(world: World, many: int) -> Cost:
    """All entries of some channels end."""
    registry, soon = world.core.registry, world.now.wall + 1
    for number in range(min(world.crowd.own, max(1, many // 100))):
        channel = registry.channel(channel_name(number))
        assert channel is not None
        channel.set_entries(
            (kind, one, entry._replace(expires=soon))
            for kind, entries in channel.lists.items()
            for one, entry in [*entries.items()]
        )
        registry.temporary.add(channel.id)
    cost = _later(world, Tick())
    channel = registry.channel(channel_name(3))
    assert channel is not None
    entries = [f"b{mask(one)}" for one in range(world.crowd.masks)] + [f"$a:{nick(0)}"]
    channel.set_entries(("b", one, ListEntry(nick(0), START)) for one in entries)
    return cost


def _batches(world: World) -> Cost:
    for number in range(1, world.crowd.accounts):
        name = called(number)
        if name in world.peers and not world.peers[name].closed:
            world.say(name, f"BATCH +1 draft/multiline {channel_name(0)}")
    return _later(world, Tick())


def _owed(world: World, many: int) -> Cost:
    world.core.owed.extend(Audited(START, "root", "local", "note", "x", "d" * 100) for _ in range(many))
    return world.happens(Tick())
