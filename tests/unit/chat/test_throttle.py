"""Budgets against guessing: how many guesses are heard, and that owners get in all the same."""

from collections.abc import Iterator

from securechat.chat.state.session import Session
from securechat.chat.state.throttle import (
    HOUR,
    MOST_FAMILIAR,
    Budgets,
    Rate,
    Throttle,
    Verdict,
    is_known,
    known_network,
    source_of,
)

DAY_MS = 24 * 3600 * 1000
HOME, OFFICE = "192.0.2.7", "192.0.2.200"
"""Two addresses of one network."""


class Link:
    """A connection that is always there."""

    queued = 0
    closed = False


def session(address: str) -> Session:
    return Session(1, Link(), address)


def strangers() -> Iterator[Session]:
    """A new source each time."""
    return (session(f"10.{n // 65536}.{n // 256 % 256}.{n % 256}") for n in range(1 << 24))


def wrong(
    throttle: Throttle, guesser: Session, now: float, *, name: str = "alice", known: bool = False
) -> bool:
    """Guess once; True when the guess was heard."""
    heard = throttle.attempt(guesser, name, known, now) is Verdict.HEARD
    if heard:
        throttle.failed(guesser)
    return heard


def right(throttle: Throttle, owner: Session, now: float, *, known: bool = False) -> bool:
    """Log in; True when the password was heard."""
    heard = throttle.attempt(owner, "alice", known, now) is Verdict.HEARD
    if heard:
        throttle.succeeded(owner, 0)
    return heard


def test_everybody_together_gets_a_hundred_guesses_in_an_hour() -> None:
    """From a thousand new sources, from the owner's network and from its own address, at every moment."""
    throttle, at_home, heard, source = Throttle(), session(HOME), [], strangers()
    assert right(throttle, at_home, 0.0)
    for second in range(0, 3 * 3600, 5):
        neighbours = (session(f"192.0.2.{n}") for n in (second // 5 % 200 + 10, 250))
        guesses = [
            (next(source), False),
            (next(source), False),
            (at_home, True),
            *((n, True) for n in neighbours),
        ]
        heard += [
            second for guesser, known in guesses if wrong(throttle, guesser, float(second), known=known)
        ]
    most = max(sum(start <= at < start + HOUR for at in heard) for start in heard)
    assert 60 < most <= 100


def test_guesses_at_the_same_moment_are_counted_before_they_are_answered() -> None:
    """Sixty-six connections that guess at once are told no more than the burst of one source."""
    throttle, now = Throttle(), 0.0
    guessers = [session(HOME) for _ in range(66)]
    verdicts = [throttle.attempt(guesser, "alice", False, now) for guesser in guessers]
    assert verdicts.count(Verdict.HEARD) == 6
    assert verdicts.count(Verdict.LATER) == 60
    woken = [one for guesser in guessers[:6] for one in throttle.failed(guesser)]
    assert len(woken) == 60
    assert {throttle.attempt(guesser, "alice", False, now) for guesser in woken} == {Verdict.REFUSED}


def test_twenty_devices_come_back_at_the_same_moment() -> None:
    """Those beyond the budget wait until the ones before them have proven their password, and get in."""
    throttle, now = Throttle(), 0.0
    waiting, inside = [session(HOME) for _ in range(20)], 0
    while waiting:
        begun = [one for one in waiting if throttle.attempt(one, "alice", False, now) is Verdict.HEARD]
        assert begun
        waiting = [woken for one in begun for woken in throttle.succeeded(one, 0)]
        inside += len(begun)
    assert inside == 20


def test_who_hangs_up_takes_nothing_away() -> None:
    """An attempt that nobody hears of gives its tokens back, and those behind it go on."""
    throttle, now = Throttle(), 0.0
    first = [session(HOME) for _ in range(6)]
    behind = session(HOME)
    for one in first:
        throttle.attempt(one, "alice", False, now)
    assert throttle.attempt(behind, "alice", False, now) is Verdict.LATER
    assert throttle.withdrawn(first[0]) == [behind]
    assert throttle.attempt(behind, "alice", False, now) is Verdict.HEARD
    assert throttle.withdrawn(session(HOME)) == []


def test_strangers_keep_no_owner_out_of_a_known_network() -> None:
    """A thousand sources have used up all that strangers have; the owner is heard where it was before."""
    throttle, source = Throttle(), strangers()
    for _ in range(1000):
        wrong(throttle, next(source), 0.0)
    assert not wrong(throttle, next(source), 0.0)
    assert right(throttle, session(OFFICE), 0.0, known=True)


def test_neighbours_keep_no_owner_out_of_its_own_address() -> None:
    """Guesses from all over the owner's network leave the address alone that it logged in from."""
    throttle = Throttle()
    assert right(throttle, session(HOME), 0.0, known=True)
    for n in range(10, 200):
        wrong(throttle, session(f"192.0.2.{n}"), 0.0, known=True)
    assert not wrong(throttle, session("192.0.2.201"), 0.0, known=True)
    assert right(throttle, session(HOME), 0.0, known=True)


def test_one_guesser_leaves_something_to_an_owner_who_has_never_been_here() -> None:
    """Who repeats one guess a minute uses up its own budget, not that of every stranger."""
    throttle, guesser = Throttle(), session("198.51.100.1")
    for minute in range(24 * 60):
        wrong(throttle, guesser, minute * 60.0)
        assert throttle.is_open("203.0.113.9", "alice", minute * 60.0)


def test_a_source_that_tries_one_password_on_many_names_is_stopped() -> None:
    """Spraying costs tokens of the source, and one account of its own does not give them back."""
    throttle, sprayer = Throttle(), session("198.51.100.1")
    heard = sum(wrong(throttle, sprayer, 0.0, name=f"name{n}") for n in range(100))
    assert heard == 20
    assert throttle.attempt(sprayer, "mallory", False, 0.0) is Verdict.REFUSED


def test_a_person_who_mistypes_is_heard_again_soon() -> None:
    """Six wrong ones are free, then one each five minutes; after half an hour of patience all are back."""
    throttle, person = Throttle(), session(HOME)
    assert [wrong(throttle, person, 0.0) for _ in range(7)] == [True] * 6 + [False]
    assert right(throttle, person, 300.0)


def test_what_was_inside_is_limited_too() -> None:
    """A member's right password costs a hash as well: ten at once, then one a minute."""
    throttle = Throttle()
    assert [throttle.may_use_powers(1, 0.0) for _ in range(11)] == [True] * 10 + [False]
    assert throttle.may_use_powers(2, 0.0)
    assert throttle.may_use_powers(1, 60.0)


def test_memory_is_bounded() -> None:
    """Budgets that are full again go first, then the one that was used longest ago, and none that is held."""
    budgets = Budgets(Rate(1, 60), size=2)
    budgets.of("held", 0.0).take()
    for key in "abc":
        budgets.of(key, 0.0).take()
        budgets.of(key, 0.0).settle(give_back=False)
    assert [budgets.of(key, 0.0).left(0.0) for key in ("held", "c", "b")] == [0, 0, 1]
    assert budgets.of("b", 120.0).left(120.0) == 1


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
    guest = session("203.0.113.1")
    assert throttle.attempt(guest, "alice", False, 0.0) is Verdict.HEARD
    throttle.succeeded(guest, now)
    assert throttle.is_familiar("203.0.113.99", now)
    assert MOST_FAMILIAR > 0
