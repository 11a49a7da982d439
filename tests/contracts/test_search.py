"""What searches find, in every database, before and after messages were put into the index."""

from dataclasses import replace

import pytest

from securechat.chat.reading import LAST_ID, ChannelPlace, Conversation, Search, Span
from securechat.chat.records import NOBODY, AccountAdded, AccountRemoved, Joined, MessageRedacted, MessageSent
from securechat.chat.words import terms
from securechat.irc.capabilities import EDIT_TAG
from securechat.storage.upkeep import Sweep
from tests.contracts.databases import DurableDatabase, PostgresDatabase, SqliteDatabase
from tests.contracts.facts import ALICE, BOB, CAROL, CHANNELS, DEV, GENERAL, NOON, PEOPLE, message

ALL = Span(-1, LAST_ID, 100, newest=True)
BOTH = (ChannelPlace(GENERAL), ChannelPlace(DEV))

SAID = (
    message(5, text="The quick brown Fox"),
    message(6, text="quick as a fox", channel=DEV, sender=BOB),
    message(7, text="я люблю Привет, мир"),
    message(8, text="我在北京工作"),
    message(9, text="quick word to Bob", recipient=BOB),
    message(10, text="quick word to Carol", sender=BOB, recipient=CAROL),
    message(11, text="quick note to self", recipient=ALICE),
    message(12, text="\x02quick\x02 and brown")._replace(command="NOTICE"),
    message(13, text="quick")._replace(command="TAGMSG"),
    message(14, text="quick for ops only", sender=BOB)._replace(rank="o"),
)


def search(text: str = "", **changes: object) -> Search:
    """Return a search of alice's, in everything that she may read."""
    everything = Search(ALICE, BOTH, True, terms(text), None, ALL)
    return replace(everything, **changes)  # type: ignore[arg-type]


@pytest.fixture(params=[0, 4, 100], ids=["not indexed", "partly indexed", "indexed"])
def said(request: pytest.FixtureRequest, durable: DurableDatabase) -> DurableDatabase:
    """A database in which something was said."""
    store = durable.store()
    store.commit([*PEOPLE, *CHANNELS, *SAID, Joined(15, ALICE, DEV, NOON)])
    if request.param:
        store.index(request.param)
    return durable


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (search("quick"), [5, 6, 9, 11, 12]),
        (search("QUICK fox"), [5, 6]),
        (search('"quick brown"'), [5]),
        (search('"brown quick"'), []),
        (search("bro*"), [5, 12]),
        (search("bro"), []),
        (search("привет"), [7]),
        (search("МИР"), [7]),
        (search("北京"), [8]),
        (search("京"), [8]),
        (search("作"), [8]),
        (search("我工"), []),
        (search("quick", sender=BOB), [6]),
        (search("", sender=BOB), [6]),
        (search("quick", places=(ChannelPlace(DEV),), direct=False), [6]),
        (search("quick", places=(ChannelPlace(GENERAL, 6),), direct=False), [12]),
        (search("quick", places=(Conversation(ALICE, BOB),), direct=False), [9]),
        (search("quick", places=(Conversation(ALICE, ALICE),), direct=False), [11]),
        (search("quick", places=(), direct=True), [9, 11]),
        (search("quick", places=(), direct=False), []),
        (search("quick", span=replace(ALL, limit=2)), [11, 12]),
        (search("quick", span=replace(ALL, limit=2, newest=False)), [5, 6]),
        (search("quick", span=Span(5, 11, 9, newest=True)), [6, 9]),
        (search("", span=Span(6, 9, 9, newest=True)), [7, 8]),
        (search("ops"), []),
        (search("", sender=BOB), [6]),
        (search("ops", places=(ChannelPlace(GENERAL, 0, ALICE, "v"),)), []),
        (search("ops", places=(ChannelPlace(GENERAL, 0, ALICE, "o"),)), [14]),
        (search("ops", places=(ChannelPlace(GENERAL, 6, ALICE, "q"),)), [14]),
        (search("ops", account=BOB, places=(ChannelPlace(GENERAL, 0, BOB),)), [14]),
        (search("ops", account=BOB, places=(ChannelPlace(GENERAL, 6, BOB),)), [14]),
    ],
)
def test_a_search_finds_what_the_account_may_read(
    said: DurableDatabase, wanted: Search, ids: list[int]
) -> None:
    """Words, phrases, beginnings, all scripts, authors, places and times; oldest first."""
    found = said.reader().search(wanted)
    assert [message.id for message in found] == ids
    assert all(message in SAID for message in found)


def test_what_is_redacted_is_not_found(said: DurableDatabase) -> None:
    """Neither by its words nor by its author, and the index holds nothing of it."""
    store = said.store()
    fox = SAID[0]
    store.commit([MessageRedacted(fox, ALICE, "alice!alice@x", "#general", "", NOON, 900)])
    reader = said.reader()
    assert [message.id for message in reader.search(search("fox"))] == [6]
    while store.index(3):
        pass
    assert [message.id for message in reader.search(search("fox"))] == [6]
    assert next(message.id for message in reader.search(search("", sender=ALICE))) == 7
    # Twice must not harm the index: the second time there is nothing to take out.
    store.commit([MessageRedacted(fox, ALICE, "alice!alice@x", "#general", "", NOON, 900)])
    assert [message.id for message in reader.search(search("quick"))] == [6, 9, 11, 12]


def test_what_was_pruned_is_not_found(said: DurableDatabase) -> None:
    """The retention takes messages out of the index as well; its ids can come again."""
    store = said.store()
    assert store.prune(NOON + 1, 100) == len(SAID) + 1
    reader = said.reader()
    assert reader.search(search("quick")) == []
    store.commit([message(5, text="something else", at=NOON + 5), message(50, text="quick", at=NOON + 5)])
    while store.index(100):
        pass
    assert [message.id for message in reader.search(search("quick"))] == [50]


def test_a_long_message_counts_for_several(durable: DurableDatabase) -> None:
    """So a step of the index takes as long with a few of them as with many short ones."""
    store = durable.store()
    long = " ".join(f"word{number}" for number in range(1500))
    store.commit([*PEOPLE, *CHANNELS, *(message(key, text=long) for key in range(5, 9))])
    assert [store.index(50) >= 50 for _ in range(5)] == [True, True, True, True, False]
    assert len(durable.reader().search(search("word1499"))) == 4


def test_indexing_goes_on_where_it_ended(durable: DurableDatabase) -> None:
    """In steps of any size, over a reopening: each message is indexed once."""
    store = durable.store()
    many: list[MessageSent] = [message(key, text=f"number{key} same") for key in range(5, 105)]
    store.commit([*PEOPLE, *CHANNELS, *many])
    assert [store.index(30), store.index(30)] == [30, 30]
    store = durable.store()
    assert [store.index(30), store.index(30), store.index(30)] == [30, 10, 0]
    reader = durable.reader()
    assert [found.id for found in reader.search(search("same", span=replace(ALL, limit=1000)))] == [
        message.id for message in many
    ]
    assert [found.id for found in reader.search(search("number77"))] == [77]


def test_more_pages_than_one(durable: DurableDatabase) -> None:
    """What may not be read does not use up the limit."""
    store = durable.store()
    hidden = [message(key, text="needle") for key in range(5, 1405)]
    store.commit([*PEOPLE, *CHANNELS, message(4, text="needle", channel=DEV), *hidden])
    store.index(5000)
    places = (ChannelPlace(DEV), ChannelPlace(GENERAL, 5000))
    found = durable.reader().search(search("needle", places=places, span=replace(ALL, limit=5)))
    assert [message.id for message in found] == [4]


def test_a_search_over_very_many_channels(said: DurableDatabase) -> None:
    """Nobody is in more channels than that."""
    places = tuple(ChannelPlace(number) for number in range(1, 257))
    assert [found.id for found in said.reader().search(search("fox", places=places))] == [5, 6]


def test_what_lost_its_author_is_found_without_them(said: DurableDatabase) -> None:
    """The messages of an account that was anonymised are nobody's, in the index as well."""
    database = said
    assert isinstance(database, PostgresDatabase | SqliteDatabase)
    store = database.store()
    store.commit([AccountAdded(9, "removed", "", NOBODY, 1), AccountRemoved(9, "", 1)])
    store.commit([AccountRemoved(BOB, "$bob", 1, messages="anonymise")])
    (erasure,), sweep = store.erasures(), Sweep(rows=1)
    while sweep.rows:
        store.erase(erasure, 3, sweep)
    reader = database.reader()
    assert reader.search(search("quick", sender=BOB)) == []
    assert [(found.id, found.nick) for found in reader.search(search("quick", sender=9))] == [(6, "removed")]


@pytest.mark.parametrize("indexed", [0, 4, 100], ids=["not indexed", "partly indexed", "indexed"])
def test_the_text_that_an_edit_replaced_is_not_found(durable: DurableDatabase, indexed: int) -> None:
    """Of a message and its edits only the last is found; an answer or a reaction replaces nothing."""

    def edit(key: int, of: int, text: str) -> MessageSent:
        return message(key, text=text, tags={EDIT_TAG: "x"})._replace(refers=of)

    store = durable.store()
    answer = message(7, text="teh answer", tags={"+draft/reply": f'"{EDIT_TAG}":'})._replace(refers=8)
    said = [message(5, text="teh plan"), edit(6, 5, "the plan"), answer, message(8, text="teh other plan")]
    store.commit([*PEOPLE, *CHANNELS, *said, edit(9, 5, "the better plan"), edit(10, 7, "the answer")])
    store.index(indexed)
    reader = durable.reader()
    for words, found in (("teh", [8]), ("the", [9, 10]), ("plan", [8, 9]), ("", [8, 9, 10])):
        assert [m.id for m in reader.search(search(words, sender=ALICE))] == found


@pytest.mark.parametrize("newest", [True, False])
def test_a_common_word_in_channels_that_were_joined_later(durable: DurableDatabase, newest: bool) -> None:
    """Each channel counts from its own time, in either direction and with any limit."""
    store = durable.store()
    in_dev = (900, 950, 1500, 3500, 4100)
    general = [message(key, text="needle") for key in range(1000, 4000) if key not in in_dev]
    dev = [message(key, text="needle", channel=DEV) for key in in_dev]
    direct = [message(key, text="needle", recipient=BOB) for key in (500, 4200)]
    store.commit([*PEOPLE, *CHANNELS, *sorted([*general, *dev, *direct], key=lambda one: one.id)])
    while store.index(1000):
        pass
    places = (ChannelPlace(GENERAL, 3998), ChannelPlace(DEV, 950))
    reader = durable.reader()
    ids = [500, 950, 1500, 3500, 3998, 3999, 4100, 4200]
    for limit in (3, 100):
        span = replace(ALL, limit=limit, newest=newest)
        found = [one.id for one in reader.search(search("needle", places=places, span=span))]
        assert found == (ids[-limit:] if newest else ids[:limit])
