"""The shape of the load."""

import pytest

from scripts.bench.ircbench.plan import Account, Load, Target, nick_of


@pytest.mark.parametrize("generators", [1, 2, 3])
def test_every_member_has_one_generator(generators: int) -> None:
    """The members are dealt out completely, none twice, and the senders evenly."""
    load = Load(members=50, senders=7, generators=generators)
    shares = [load.share(number) for number in range(generators)]
    assert sorted(member for share in shares for member in share) == list(range(50))
    senders = [sum(member < 7 for member in share) for share in shares]
    assert max(senders) - min(senders) <= 1
    assert all(any(member >= 7 for member in share) for share in shares)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"members": 21, "senders": 20, "generators": 2}, "at least 22"),
        ({"size": 39}, "40 to 400"),
        ({"size": 401}, "40 to 400"),
        ({"window": 0}, "window is 0"),
        ({"members": 10_001}, "at most 10000"),
    ],
)
def test_an_impossible_load_is_refused(changes: dict[str, int], reason: str) -> None:
    """The error says which number is wrong and what it may be."""
    with pytest.raises(ValueError, match=reason):
        Load(**changes)


def test_totals() -> None:
    """The number of messages follows from the senders, or from rate and time."""
    load = Load(senders=20, messages=5000, rate=200, seconds=1.5)
    assert (load.saturated_total, load.steady_total) == (100_000, 300)


def test_members_share_accounts() -> None:
    """With fewer accounts than members, they go round; without any there is no login."""
    accounts = (Account("a", "x"), Account("b", "y"))
    target = Target("127.0.0.1", 1, "ca.pem", 8, accounts)
    assert [target.account_of(member) for member in range(3)] == [*accounts, accounts[0]]
    assert Target("127.0.0.1", 1, "ca.pem", 8).account_of(0) is None


def test_nicks_have_one_length() -> None:
    """All lines have one size, so nicks do; nine characters are the limit of ngIRCd."""
    assert {len(nick_of(member)) for member in (0, 9999)} == {5}
