"""Who hears a channel, as people come and go; and who knows whom."""

from securechat.chat.audience import Audience, Listeners, together
from securechat.chat.state.peers import Peers
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
    assert peers.of([1, 2], lambda: found.pop(0)) is first
    assert peers.of([2, 1], lambda: found.pop(0)) is first
    peers.forget()
    assert peers.of([1, 2], lambda: found.pop(0)) is second
