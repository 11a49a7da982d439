"""What the store makes goes away by reference counting: the collector runs rarely in a server."""

import gc
from collections.abc import Iterator

import pytest

from securechat.chat.reading import LAST_ID, ChannelPlace, Span
from securechat.chat.records import LoginRemembered
from tests.contracts.databases import Database
from tests.contracts.facts import ALICE, CHANNELS, GENERAL, NOON, PEOPLE, message


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Leave to the test what is collected and when."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_logins_and_history_leave_no_cycles(database: Database) -> None:
    """What happens at each login, and each look at the history, leaves nothing that refers to itself."""
    store = database.store()
    store.commit([*PEOPLE, *CHANNELS, message(5)])
    span = Span(-1, LAST_ID, 100, newest=True)

    def a_while() -> None:
        reader = database.reader()
        for at in range(NOON, NOON + 50):
            store.commit([LoginRemembered(ALICE, "192.0.2.0/24", at, (("192.0.2.0/24", at - 1),))])
            reader.history(ChannelPlace(GENERAL, 0), span, events=False, tombstones=False)
            reader.targets(ALICE, [ChannelPlace(GENERAL, 0)], span, events=False, tombstones=True)

    a_while()  # what is made once is made
    gc.collect()
    a_while()
    assert gc.collect() < 50
