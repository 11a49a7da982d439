"""How reactions are written."""

import json

from securechat.chat.ports import Snapshot
from securechat.chat.records import StoredAccount
from securechat.chat.rules.reactions import MAX_BYTES, written
from securechat.chat.state.registry import Registry


def registry(accounts: int) -> Registry:
    """Accounts with names of some length."""
    stored = [
        StoredAccount(n, f"person{n}-with-a-name", "$p$", "member", False, 1, None, {})
        for n in range(1, accounts + 1)
    ]
    return Registry("chat.test", Snapshot(stored, [], frozenset(), 0))


def test_names_as_long_as_they_fit() -> None:
    """The names of those who reacted, in their order."""
    assert written(registry(2), {"👍": [2, 1]}) == '{"👍":["person2-with-a-name","person1-with-a-name"]}'


def test_many_are_counted() -> None:
    """Where the names would be too long, how many there are; the rarest reactions may be left out."""
    one = registry(200)
    everybody = list(one.accounts)
    assert written(one, {"👍": everybody, "x": [1]}) == '{"👍":200,"x":1}'
    many = written(one, {"y" * 40 + str(n): everybody[: n + 1] for n in range(100)})
    assert len(many.encode()) <= MAX_BYTES
    assert "99" in many


def test_a_long_reaction_hides_no_other() -> None:
    """What does not fit is left out by itself; of reactions as common as each other the first ones stay."""
    reactions = {"🎉": [1], "z" * MAX_BYTES: [2], **{f"r{n}": [2] for n in range(300)}}
    shown = json.loads(written(registry(2), reactions))
    assert list(shown)[:3] == ["🎉", "r0", "r1"]
    assert len(shown) > 200
