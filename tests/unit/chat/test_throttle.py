"""Delays against guessing: how many guesses get through, and that owners get in all the same."""

from securechat.chat.state.throttle import (
    ACCOUNT_FREE,
    LONGEST,
    Delays,
    Throttle,
    is_known,
    known_network,
    source_of,
)

DAY_MS = 24 * 3600 * 1000


def guesses_in(seconds: int, sources: int) -> int:
    """Guess at every moment that is heard, from as many sources, and count what gets through."""
    throttle, through, now = Throttle(), 0, 0.0
    while now < seconds:
        address = f"10.{through % sources // 250}.{through % sources % 250}.7"
        wait = throttle.wait("alice", address, False, now)
        if wait == 0:
            throttle.failed("alice", address, False, now)
            through += 1
        now += max(wait, 0.001)
    return through


def test_a_thousand_sources_get_few_guesses() -> None:
    """At most 100 guesses an hour on one account, from however many sources."""
    assert 20 < guesses_in(3600, 1000) <= 100


def test_known_network_is_not_delayed_by_strangers() -> None:
    """Who logged in from a network before gets in from there while strangers guess."""
    throttle = Throttle()
    for n in range(50):
        throttle.failed("alice", f"10.0.{n}.1", False, 0.0)
    assert throttle.wait("alice", "10.0.99.1", False, 0.0) > 0
    assert throttle.wait("alice", "192.0.2.7", True, 0.0) == 0
    for _ in range(ACCOUNT_FREE + 1):
        throttle.failed("alice", "192.0.2.7", True, 0.0)
    assert throttle.wait("alice", "192.0.2.7", True, 0.0) > 0


def test_success_clears_the_account_and_not_the_source() -> None:
    """A guesser with an account of his own does not get rid of his source's delay by logging in."""
    throttle = Throttle()
    for n in range(20):
        throttle.failed(f"name{n}", "192.0.2.7", False, 0.0)
    throttle.succeeded("mallory", "192.0.2.7", False, 0)
    assert throttle.wait("mallory", "192.0.2.7", False, 0.0) > 0


def test_delay_doubles_up_to_the_longest_and_is_forgotten() -> None:
    """1, 2, 4 … 64 seconds; after an hour without a failure all is forgotten."""
    delays = Delays(free=1)
    waits = []
    for _ in range(10):
        delays.failed("k", 0.0)
        waits.append(delays.wait("k", 0.0))
    assert waits == [0, 1, 2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST]
    assert delays.wait("k", 3601.0) == 0


def test_memory_is_bounded() -> None:
    """The counter that was touched longest ago is forgotten first."""
    delays = Delays(free=0, size=2)
    for key in "abc":
        delays.failed(key, 0.0)
    assert [delays.wait(key, 0.0) > 0 for key in "abc"] == [False, True, True]


def test_networks() -> None:
    """Sources are /32 and /64, known networks /24 and /48, and IPv4 in IPv6 is IPv4."""
    assert source_of("192.0.2.7") == "192.0.2.7/32"
    assert source_of("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert known_network("::ffff:192.0.2.7") == "192.0.2.0/24"
    assert known_network("2001:db8:1:2:3::4") == "2001:db8:1::/48"
    assert is_known({"192.0.2.0/24": 0}, "192.0.2.9", 29 * DAY_MS)
    assert not is_known({"192.0.2.0/24": 0}, "192.0.2.9", 30 * DAY_MS)


def test_a_network_is_familiar_through_any_account() -> None:
    """Whoever logged in from it within 30 days, before the start or since, in whatever order it was read."""
    now = 100 * DAY_MS
    old, new = {"192.0.2.0/24": now - 31 * DAY_MS}, {"192.0.2.0/24": now - DAY_MS, "198.51.100.0/24": 0}
    for sources in ([old, new], [new, old]):
        throttle = Throttle(sources)
        assert throttle.is_familiar("192.0.2.9", now)
        assert not throttle.is_familiar("198.51.100.1", now)
        assert not throttle.is_familiar("203.0.113.1", now)
    throttle.succeeded("alice", "203.0.113.1", False, now)
    assert throttle.is_familiar("203.0.113.99", now)
