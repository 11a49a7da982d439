"""A large database: people who talk in channels and with each other, in words of very uneven frequency."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from random import Random

from securechat.chat.reading import first_id_at
from securechat.chat.records import AccountAdded, ChannelCreated, Joined, MessageSent, Record
from securechat.storage.store import SqlStore

ACCOUNTS = 200
CHANNELS = 100
BEGIN = 1_600_000_000_000
RARE = "zanzibar"
"""A word that is said ten times, wherever the data set ends."""
COMMON = "the"
"""A word in nearly every third message."""
_VOCABULARY = 40_000
_WORDS_A_MESSAGE = 12
_DIRECT = 0.05
_BATCH = 5_000
_SYLLABLES = [
    *(consonant + vowel for consonant in "bdfgklmnprstz" for vowel in "aeiou"),
    *("при", "вет", "мо", "сква", "東", "京", "都", "北"),
]


@dataclass(frozen=True)
class Sizes:
    """How much there is."""

    messages: int
    accounts: int = ACCOUNTS
    channels: int = CHANNELS


class Speech:
    """What people say: words of very uneven frequency, drawn from `random`."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._vocabulary = _vocabulary(random)
        self._weights = list(accumulate(1 / rank for rank in range(3, _VOCABULARY + 3)))

    def words(self) -> list[str]:
        """Return the words of one message."""
        return self._random.choices(self._vocabulary, cum_weights=self._weights, k=_WORDS_A_MESSAGE)


def people(sizes: Sizes) -> list[Record]:
    """Return accounts and channels; the first account is in all of these."""
    records: list[Record] = [
        AccountAdded(number, f"person{number}", "$", "member", BEGIN)
        for number in range(1, sizes.accounts + 1)
    ]
    for number in range(1, sizes.channels + 1):
        records.append(ChannelCreated(number, f"#channel{number}", 1, BEGIN))
        records.append(Joined(first_id_at(BEGIN) + number, 1, number, BEGIN))
    return records


def messages(sizes: Sizes, seed: int = 1) -> Iterator[MessageSent]:
    """Make messages in the order of their ids, one every 30 seconds."""
    random = Random(seed)
    speech = Speech(random)
    rare = {sizes.messages * part // 10 for part in range(10)}
    for number in range(sizes.messages):
        words = speech.words()
        if number in rare:
            words[3] = RARE
        at = BEGIN + 1000 + number * 30_000
        sender = random.randint(1, sizes.accounts)
        direct = random.random() < _DIRECT
        # Some channels are busier than others.
        channel = None if direct else 1 + int(sizes.channels * random.random() ** 2)
        recipient = random.randint(1, sizes.accounts) if direct else None
        nick, target = f"person{sender}", f"#channel{channel}" if channel else f"person{recipient}"
        yield MessageSent(
            first_id_at(at), at, "PRIVMSG", sender, nick, channel, recipient, target, " ".join(words), {}
        )


def fill(store: SqlStore, sizes: Sizes, progress: Callable[[str], None]) -> None:
    """Write the data set."""
    store.commit(people(sizes))
    stream, done = messages(sizes), 0
    while batch := list(islice(stream, _BATCH)):
        store.commit(batch)
        done += len(batch)
        if done % (_BATCH * 40) == 0:
            progress(f"{done:,} messages written")


def index(store: SqlStore, step: int, progress: Callable[[str], None]) -> None:
    """Index all of it, in steps."""
    done, said = 0, 0
    while looked := store.index(step):
        while store.tidy():
            pass
        done += looked
        if done - said >= 200_000:
            said = done
            progress(f"{done:,} messages indexed")


def _vocabulary(random: Random) -> list[str]:
    words = {COMMON: None}
    while len(words) < _VOCABULARY:
        words["".join(random.choices(_SYLLABLES, k=random.randint(1, 4)))] = None
    return list(words)
