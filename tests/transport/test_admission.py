"""Who may connect."""

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from securechat.server import admission as admissions
from securechat.server.admission import LEAVING, Admission, Refusal, Ticket, source_of
from securechat.server.limits import Limits

LIMITS = Limits(connections_per_source=3, connections_window=5)
HERE = ip_address("192.0.2.1")


def admission(limits: Limits = LIMITS, chance: float = 0.5) -> Admission:
    """An admission whose dice always show `chance`."""
    return Admission(limits, lambda: chance)


def admit(gate: Admission, count: int, address: str = "192.0.2.1", now: float = 0.0) -> list[Ticket]:
    """Let several in."""
    return [gate.admit(ip_address(address), now)[0] for _ in range(count)]


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
    ],
)
def test_a_source_is_an_ipv4_address_or_an_ipv6_network(address: str, source: str) -> None:
    """IPv4 counts by /32, IPv6 by /64."""
    assert source_of(ip_address(address)) == source


def test_connections_of_one_source_are_bounded() -> None:
    """So many connections without a login at once and no more; other sources are not affected."""
    gate = admission()
    admit(gate, 3)
    with pytest.raises(Refusal, match=r"3 of it wait for their login \(limits.connections_per_source\)"):
        admit(gate, 1)
    admit(gate, 1, "192.0.2.2")
    assert (gate.total, gate.unauthenticated) == (4, 4)


def test_a_login_makes_room_for_its_source() -> None:
    """A whole class behind one address gets in, one login after the other."""
    gate = admission()
    for _ in range(50):
        (ticket,) = admit(gate, 1)
        gate.logged_in(ticket)
    assert (gate.total, gate.unauthenticated) == (50, 0)


def test_a_login_forgives_the_looks_at_the_certificate_before_it() -> None:
    """Each of a class connects twice to see the certificate, then logs in: all get in."""
    gate = admission()
    for _ in range(50):
        for probe in admit(gate, 2):
            gate.leave(probe)
        (ticket,) = admit(gate, 1)
        gate.logged_in(ticket)
    assert gate.total == 50


def test_new_connections_are_bounded_in_their_window() -> None:
    """Connections that went away without a login still count for ten minutes."""
    gate = admission()
    for _ in range(5):
        gate.leave(admit(gate, 1)[0])
    with pytest.raises(Refusal, match=r"limits\.connections_window"):
        admit(gate, 1, now=599.0)
    admit(gate, 1, now=600.0)


def test_a_login_does_not_give_back_more_than_it_took() -> None:
    """A login in a later window takes nothing off the connections of that window."""
    gate = admission()
    (old,) = admit(gate, 1, now=0.0)
    admit(gate, 1, now=700.0)
    gate.logged_in(old)
    source = old.source
    assert source is not None and source.connected == 1


def test_leaving_twice_counts_once() -> None:
    """Whether it logged in or not, a connection gives its place back exactly once."""
    gate = admission()
    first, second = admit(gate, 2)
    gate.logged_in(first)
    gate.logged_in(first)
    for ticket in (first, first, second, second):
        gate.leave(ticket)
    assert (gate.total, gate.unauthenticated) == (0, 0)
    admit(gate, 3)


@pytest.mark.parametrize("limits", [Limits(connections_per_source=0, connections_window=0)])
def test_zero_is_no_limit(limits: Limits) -> None:
    """With 0 a source may do what it likes."""
    admit(admission(limits), 500)


def test_exempt_networks() -> None:
    """The limits per source do not hold for networks on the list."""
    gate = admission(replace(LIMITS, exempt=(ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))))
    admit(gate, 100)
    admit(gate, 100, "2001:db8::1")
    admit(gate, 3, "198.51.100.1")
    with pytest.raises(Refusal):
        admit(gate, 1, "198.51.100.1")


def test_all_places_taken() -> None:
    """With all places taken by sessions nobody gets in, until somebody leaves."""
    gate = admission(Limits(connections_per_source=0, connections_window=0, max_connections=2))
    first, second = admit(gate, 2)
    gate.logged_in(first)
    gate.logged_in(second)
    with pytest.raises(Refusal, match=r"limits\.connections"):
        admit(gate, 1)
    gate.leave(first)
    admit(gate, 1)


def test_a_place_without_a_login_makes_room_when_all_are_taken() -> None:
    """A newcomer throws out one that has not logged in; how many may be on their way out is bounded."""
    limits = Limits(connections_per_source=0, connections_window=0, max_connections=4)
    gate = Admission(limits, lambda: 0.99)
    session, *waiting = admit(gate, 4)
    gate.logged_in(session)
    evicted: list[Ticket] = []
    for ticket in waiting:
        ticket.evict = lambda ticket=ticket: evicted.append(ticket)
    _, evict = gate.admit(HERE, 0.0)
    assert evict is not None
    evict()
    assert len(evicted) == 1 and evicted[0] in waiting
    gate.leave(evicted[0])
    assert (gate.total, gate.unauthenticated) == (4, 3)
    with pytest.raises(Refusal, match=r"limits\.connections"):
        admit(gate, LEAVING + 1)


CROWDED = Limits(connections_per_source=0, connections_window=0, max_unauthenticated=10)


@pytest.mark.parametrize(
    ("there", "chance", "evicts"),
    [(5, 0.0, False), (6, 0.19, True), (6, 0.2, False), (9, 0.79, True), (9, 0.8, False), (10, 0.99, True)],
)
def test_early_random_drop(there: int, chance: float, evicts: bool) -> None:
    """From half of the places on a newcomer throws one out, the more likely the fuller it is."""
    dice = [0.99]
    gate = Admission(CROWDED, lambda: dice[0])
    evicted: list[Ticket] = []
    for ticket in admit(gate, there):
        ticket.evict = lambda ticket=ticket: evicted.append(ticket)
    dice[0] = chance
    _, evict = gate.admit(HERE, 0.0)
    assert (evict is not None) is evicts
    if evict is not None:
        evict()
        assert len(evicted) == 1
        assert evicted[0].place == -1
        assert gate.unauthenticated == there
        gate.leave(evicted[0])
    assert gate.total == gate.unauthenticated


def test_who_cannot_be_ended_yet_is_not_drawn() -> None:
    """A connection that another listener is about to hand over: another one makes room, or nobody does."""
    gate = admission(Limits(max_unauthenticated=2), chance=0.0)
    first, second = admit(gate, 2)
    assert gate.admit(HERE, 0.0)[1] is None
    assert gate.unauthenticated == 3
    second.evict = lambda: None
    assert gate.admit(HERE, 0.0)[1] is not None
    assert (gate.unauthenticated, first.place >= 0, second.place) == (3, True, -1)


def test_who_has_logged_in_is_not_drawn() -> None:
    """Only connections without a login are thrown out."""
    gate = admission(CROWDED, chance=0.0)
    tickets = admit(gate, 5)
    drawn: list[Ticket] = []
    for ticket in tickets:
        ticket.evict = lambda ticket=ticket: drawn.append(ticket)
    for ticket in tickets:
        gate.logged_in(ticket)
    for _ in range(30):
        _, evict = gate.admit(HERE, 0.0)
        if evict is not None:
            evict()
    assert drawn == []


def test_sources_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory for sources is bounded, and those with connections are kept."""
    monkeypatch.setattr(admissions, "MAX_SOURCES", 500)
    gate = admission()
    (held,) = admit(gate, 1, "192.0.2.1")
    for number in range(600):
        gate.leave(admit(gate, 1, str(ip_address(0x0A000000 + number)))[0])
    assert len(gate._sources) <= 500
    admit(gate, 2, "192.0.2.1")
    with pytest.raises(Refusal):
        admit(gate, 1, "192.0.2.1")
    gate.leave(held)


def test_old_sources_are_forgotten_first() -> None:
    """Sources whose window is over leave as new ones come."""
    gate = admission()
    for number in range(100):
        gate.leave(admit(gate, 1, f"10.0.0.{number}")[0])
    for number in range(100):
        gate.leave(admit(gate, 1, f"10.0.1.{number}", now=700.0)[0])
    assert len(gate._sources) == 100


def test_limits_can_change() -> None:
    """A reload's limits hold for the next newcomer."""
    gate = admission()
    admit(gate, 3)
    gate.limits = replace(LIMITS, connections_per_source=4)
    admit(gate, 1)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8:7::9"])
def test_a_banned_network_gets_no_place(address: str) -> None:
    """Not even where no limits apply; the others do, and so does everybody once it is not banned any more."""
    exempt = replace(LIMITS, exempt=(ip_network("0.0.0.0/0"), ip_network("::/0")))
    gate = Admission(exempt, lambda: 0.5, ["192.0.2.0/24"])
    gate.ban("2001:db8:7::/48", True)
    with pytest.raises(Refusal, match="is banned"):
        gate.admit(ip_address(address), 0.0)
    assert (gate.total, gate.unauthenticated) == (0, 0)
    admit(gate, 1, "192.0.3.1")
    admit(gate, 1, "2001:db8:8::1")
    proxied, _ = gate.admit(None, 0.0)
    with pytest.raises(Refusal, match="is banned"):
        gate.identify(proxied, ip_address(address), 0.0)
    gate.ban("192.0.2.0/24", False)
    gate.ban("2001:db8:7::/48", False)
    admit(gate, 1, address)


def test_this_host_is_never_banned() -> None:
    """Whatever the networks are: somebody has to be able to mend it."""
    gate = Admission(LIMITS, lambda: 0.5, ["127.0.0.0/8", "::/0"])
    admit(gate, 1, "127.0.0.1")
    admit(gate, 1, "::1")
