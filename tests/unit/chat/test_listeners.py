"""Who hears a channel, as people come and go; and who knows whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.chat.audience import NOBODY, Audience, Listeners, together
from securechat.chat.records import StoredAccount
from securechat.chat.state import peers as peers_module
from securechat.chat.state.account import Account
from securechat.chat.state.peers import Peers, sharing
from securechat.chat.state.session import Session, User
from tests.playbooks.runner import FakeLink

A, B, C = FakeLink("a"), FakeLink("b"), FakeLink("c")


def test_an_audience_is_the_same_until_somebody_comes_or_goes() -> None:
    """Messages in between go to one object, which the hub joins into one append; earlier ones keep theirs."""
    listeners = Listeners()
    listeners.add(A, 1)
    listeners.add(B, 2)
    first = listeners.audience
    assert first is listeners.audience and first.groups == {1: (A,), 2: (B,)}
    listeners.add(C, 1)
    listeners.remove(B, 2)
    assert listeners.audience.groups == {1: (A, C)}
    assert first.groups == {1: (A,), 2: (B,)}


def test_an_audience_says_who_has_come_since_another() -> None:
    """In the order of coming; not when anybody has gone, the other is later, or of something else."""
    listeners, others = Listeners(), Listeners()
    others.add(A, 1)
    listeners.add(A, 1)
    first = listeners.audience
    listeners.add(A, 1)
    assert listeners.audience is first
    listeners.add(B, 2)
    second = listeners.audience
    listeners.add(C, 1)
    third = listeners.audience
    assert third.since(first) == [(B, 2), (C, 1)] and third.since(second) == [(C, 1)]
    assert first.since(second) is None and third.since(others.audience) is None
    assert third.since(NOBODY) is None and NOBODY.since(NOBODY) is None
    listeners.remove(B, 2)
    listeners.add(B, 2)
    assert listeners.audience.since(third) is None


def test_not_everybody_who_came_is_remembered() -> None:
    """A channel does not keep a second list of all its members."""
    listeners = Listeners()
    listeners.add(A, 1)
    first = listeners.audience
    for number in range(100):
        listeners.add(FakeLink(str(number)), 1)
    assert listeners.audience.since(first) is None and listeners.audience.size == 101


def test_everybody_once() -> None:
    """Who is in several channels is told once."""
    one, two = Listeners(), Listeners()
    for listeners, link in ((one, A), (one, B), (two, B), (two, C)):
        listeners.add(link, 1)
    assert together([one, two], [Audience({1: (C,)})]).groups == {1: (C, A, B)}


def test_peers_are_found_once_for_who_is_in_the_same_channels() -> None:
    """Of 600 who go at once only the first is looked for; after somebody came they are found anew."""
    peers, found = Peers(), [Audience({1: (A,)}), Audience({1: (A, B)})]
    first, second = found
    assert peers.of(frozenset([1, 2]), lambda: found.pop(0)) is first
    assert peers.of(frozenset([2, 1]), lambda: found.pop(0)) is first
    peers.forget()
    assert peers.of(frozenset([1, 2]), lambda: found.pop(0)) is second


@given(st.lists(st.sets(st.integers(0, 5), max_size=4), min_size=1, max_size=6), st.sets(st.integers(0, 5)))
def test_who_shares_a_channel_is_found_either_way(of_users: list[set[int]], shared: set[int]) -> None:
    """Through the channels and through everybody who is online one finds the same people."""
    users, channels = {}, {one: Listeners() for one in range(6)}
    for number, its in enumerate(of_users):
        account = Account(StoredAccount(number, f"u{number}", None, "member", False, 0, None, {}))
        user = users[number] = User(number, account, f"u{number}", "chat.test", "", 0)
        session = Session(number, FakeLink(f"u{number}"), "192.0.2.7")
        session.key = number % 2
        user.sessions.append(session)
        for one in its:
            channels[one].add(session.link, session.key)
    memberships = {number: dict.fromkeys(its) for number, its in enumerate(of_users)}
    listeners = [channels[one] for one in shared]
    found = []
    for often in (0, 1000):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(peers_module, "_OFTEN", often)
            found.append(sharing(frozenset(shared), listeners, users, memberships).keys)
    assert found[0] == found[1]
