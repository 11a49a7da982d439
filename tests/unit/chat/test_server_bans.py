"""Which bans meet somebody is remembered, and never wrong."""

from securechat.chat.records import Ban
from securechat.chat.state.bans import MASK, REMEMBERED, Bans

EVIL = Ban(MASK, "evil*!*@*", "", "root", 1, 0)


def _found(bans: Bans, nick: str) -> list[Ban]:
    return list(bans.of_source(nick, nick, "chat.test", 2))


def test_masks_that_come_and_go_are_looked_at() -> None:
    """Also for somebody for whom all others were looked at before."""
    bans = Bans([])
    assert _found(bans, "Evilyn") == []
    bans.put(EVIL)
    assert _found(bans, "Evilyn") == _found(bans, "evilyn") == [EVIL]
    other = EVIL._replace(target="*lyn!*@*")
    bans.put(other)
    assert _found(bans, "Evilyn") == [EVIL, other]
    bans.remove(EVIL)
    assert _found(bans, "Evilyn") == [other]


def test_a_ban_that_is_remembered_still_ends() -> None:
    """Whether it is in force is asked each time."""
    bans = Bans([EVIL._replace(expires=10)])
    assert len(list(bans.of_source("evil", "evil", "chat.test", 9))) == 1
    assert not list(bans.of_source("evil", "evil", "chat.test", 10))


def test_what_is_remembered_is_bounded() -> None:
    """However many names come by."""
    bans = Bans([EVIL])
    for number in range(REMEMBERED + 10):
        _found(bans, f"n{number}")
    assert len(bans._matching) <= REMEMBERED
