"""How reactions are added up and written."""

import json

from securechat.chat.ports import Snapshot
from securechat.chat.reading import PAGE_BYTES
from securechat.chat.records import StoredAccount
from securechat.chat.rules.reactions import written
from securechat.chat.state.registry import Registry
from securechat.chat.tallies import MAX_BYTES, tallied

Reactions = dict[str, list[int]]


def registry(accounts: int) -> Registry:
    """Accounts with names of some length."""
    stored = [
        StoredAccount(n, f"person{n}-with-a-name", "$p$", "member", False, 1, None, {})
        for n in range(1, accounts + 1)
    ]
    return Registry("chat.test", Snapshot(stored, [], frozenset(), 0))


def shown(one: Registry, reactions: Reactions) -> str:
    """Return the tag of a message with these reactions."""
    return written(one, tallied({7: reactions}, PAGE_BYTES)[7])


def test_names_as_long_as_they_fit() -> None:
    """The names of those who reacted, in their order."""
    assert shown(registry(2), {"👍": [2, 1]}) == '{"👍":["person2-with-a-name","person1-with-a-name"]}'


def test_many_are_counted() -> None:
    """Where the names would be too long, how many there are; the rarest reactions may be left out."""
    one = registry(200)
    everybody = list(one.accounts)
    assert shown(one, {"👍": everybody, "x": [1]}) == '{"👍":200,"x":1}'
    many = shown(one, {"y" * 40 + str(n): everybody[: n + 1] for n in range(100)})
    assert len(many.encode()) <= MAX_BYTES
    assert "99" in many


def test_a_long_reaction_hides_no_other() -> None:
    """What does not fit is left out by itself; of reactions as common as each other the first ones stay."""
    reactions = {"🎉": [1], "z" * MAX_BYTES: [2], **{f"r{n}": [2] for n in range(300)}}
    left = json.loads(shown(registry(2), reactions))
    assert list(left)[:3] == ["🎉", "r0", "r1"]
    assert len(left) > 200


def test_reactions_that_are_all_too_long_are_none() -> None:
    """A message has no tag that says nothing."""
    assert not tallied({7: {"z" * MAX_BYTES: [1]}}, PAGE_BYTES)


def test_only_names_that_may_fit_are_handed_on() -> None:
    """Whoever writes the tag has no more to look at than the tag can hold."""
    tally = tallied({7: {"👍": list(range(MAX_BYTES))}}, PAGE_BYTES)[7]
    assert tally.accounts is None
    assert tally.counts == f'{{"👍":{MAX_BYTES}}}'


def test_reactions_to_many_messages_have_a_bound_in_all() -> None:
    """When the room is used up the rest is counted."""
    room = 20_000
    found = tallied({key: {"👍": [1, 2, 3, 4]} for key in range(1000)}, room)
    named = [key for key, tally in found.items() if tally.accounts is not None]
    assert named == list(range(len(named)))
    assert sum(found[key].weight for key in named) <= room
    assert len(found) == 1000 > len(named) > 20
