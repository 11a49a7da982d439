"""The data set of the size benchmark is what a server would have written, the same each time."""

from pathlib import Path

import pytest

from scripts.bench.sizebench.dataset import make
from scripts.bench.sizebench.measuring import Figure, Taken
from scripts.bench.sizebench.people import Place, Probe, Sizes, channels_of, token_of
from scripts.bench.sizebench.report import as_text, faults
from scripts.bench.sizebench.talk import Talk
from securechat.chat.core import Core
from securechat.chat.limits import MAX_CHANNELS
from securechat.chat.records import MessageRedacted, MessageSent
from securechat.chat.settings import Settings
from securechat.chat.tokens import is_token
from securechat.storage.looking import look_at_file
from securechat.storage.sqlite import open_store

SIZES = Sizes.of(2000)


def test_it_makes_a_database_that_a_server_takes(tmp_path: Path) -> None:
    """The doctor's look at its pages finds nothing, and the rules load all of it."""
    state = tmp_path / "state"
    make(state, SIZES, lambda _: None)
    looked = look_at_file(state)
    assert looked.newest > 0 and not looked.behind
    store = open_store(state)
    try:
        registry = Core(Settings("chat.example", "Chat", "1"), store.load()).registry
    finally:
        store.close()
    assert (len(registry.channels), len(registry.accounts)) == (SIZES.channels, SIZES.accounts)
    assert len(registry.channels_of(Probe.MANY)) == MAX_CHANNELS
    assert len(registry.channels[Place.EVERYBODY].members) == SIZES.accounts
    assert sum(map(len, registry.markers.values())) == SIZES.markers // SIZES.accounts * SIZES.accounts


def test_everything_is_said_and_the_same_each_time() -> None:
    """In the order of ids, with every kind of message in it."""
    records = list(Talk(SIZES).records())
    assert records == list(Talk(SIZES).records())
    said = [record for record in records if isinstance(record, MessageSent)]
    assert len(said) == SIZES.messages
    assert [message.id for message in said] == sorted({message.id for message in said})
    tags = {name for message in said for name in message.tags}
    assert tags == {"+draft/reply", "+draft/react", "+securechat/edit", "+securechat/nonce"}
    assert any(message.recipient for message in said) and any(message.undelivered for message in said)
    assert sum(isinstance(record, MessageRedacted) for record in records) >= 10


def test_who_is_asked_for_is_alike_in_every_size() -> None:
    """The same channels, and a token that logs in."""
    for account, number in ((Probe.FEW, 9), (Probe.SOCIAL, 199), (Probe.MANY, MAX_CHANNELS - 1)):
        for sizes in (SIZES, Sizes.of(10_000_000)):
            assert len(set(channels_of(sizes, account))) == number
    assert is_token(token_of(Probe.FEW)) and token_of(Probe.FEW) != token_of(Probe.SOCIAL)


def figure(name: str, cpu: float, lines: int) -> Figure:
    return Figure(name, (cpu,), cpu, lines, 0.0)


@pytest.mark.parametrize(
    ("cpu", "lines", "found"), [(100.0, 10, 1), (100.0, 100, 0), (15.0, 10, 0), (4.0, 10, 0)]
)
def test_what_grows_faster_than_its_answer_is_named(cpu: float, lines: int, found: int) -> None:
    """Ten times the time is right for ten times the lines; what takes next to nothing is not looked at."""
    assert len(faults([figure("LIST", 10.0 if cpu > 4 else 0.1, 10)], [figure("LIST", cpu, lines)])) == found


def test_the_report_has_both_sizes() -> None:
    """A row for each question, with how much more it takes and answers."""
    small, large = (
        Taken(1.0, 0.5, 1 << 20, 2 << 20, 0.1, (figure("LIST", cpu, lines),))
        for cpu, lines in ((10.0, 10), (25.0, 20))
    )
    text = as_text([Sizes.of(1000), Sizes.of(10_000)], [small, large], {"marker": 150.0})
    assert "| LIST | 25.0 | 10.0 | 2.5 | 20 | 10 | 2.0 |" in text and "a marker 150" in text
