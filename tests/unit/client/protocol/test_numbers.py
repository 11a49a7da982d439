"""A number and its noun agree, wherever a person reads one."""

from collections.abc import Callable

import pytest

from securechat.client import Client, OutcomeUnknown
from securechat.client.events import ModesChanged
from securechat.client.network.trust import Trust
from securechat.client.protocol.registration import Credentials
from securechat.client.words.modewords import changes_in_words
from tests.unit.client.conftest import Serve
from tests.unit.client.fake_server import Conversation, FakeServer


@pytest.mark.parametrize(
    ("letter", "argument", "words"),
    [
        ("l", "1", "op: #c takes at most 1 member"),
        ("l", "2", "op: #c takes at most 2 members"),
        ("l", "11", "op: #c takes at most 11 members"),
        ("W", "1", "op: in #c everybody may send one message in 1 second"),
        ("W", "30", "op: in #c everybody may send one message in 30 seconds"),
        ("f", "#b", "op: people who cannot join #c are sent on to #b"),
    ],
)
def test_modes_with_a_number(letter: str, argument: str, words: str) -> None:
    """One member, one second."""
    assert changes_in_words(ModesChanged("#c", "op", ((True, letter, argument),), own=False)) == [words]


@pytest.mark.parametrize(
    ("added", "mask", "words"),
    [
        (True, "$a:bob", "op has banned bob from #c"),
        (False, "$a:bob", "op has lifted the ban of bob from #c"),
        (True, "$m:$a:bob", "op has muted bob in #c"),
        (False, "$m:$a:bob", "op lets bob speak in #c again"),
        (True, "$m:spam*!*@*", "op has muted spam*!*@* in #c"),
    ],
)
def test_bans_and_mutes_of_a_person(added: bool, mask: str, words: str) -> None:
    """A person is called by the name of the account."""
    assert changes_in_words(ModesChanged("#c", "op", ((added, "b", mask),), own=False)) == [words]


@pytest.mark.parametrize(("timeout", "words"), [(1.0, "within 1 second$"), (0.5, "within 0.5 seconds$")])
def test_seconds_of_a_timeout(
    serve: Serve, trusting: Callable[[FakeServer], Trust], timeout: float, words: str
) -> None:
    """As the caller has given them."""

    def keep_quiet(conversation: Conversation) -> None:
        conversation.wait_for_the_end()

    trust = trusting(serve(keep_quiet))
    with pytest.raises(OutcomeUnknown, match=words), Client.over(trust, Credentials("a", "b"), timeout):
        pass
