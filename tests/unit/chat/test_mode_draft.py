"""A MODE command taken apart, tried in a draft, and written as a record that can be undone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.chat.line import Line, fits
from securechat.chat.lines.announcements.channels import mode_lines
from securechat.chat.membership import RANKS, Membership, is_at_least, ordered, symbols
from securechat.chat.ports import Snapshot
from securechat.chat.records import ListEntry, Shown, StoredAccount, StoredChannel, Topic
from securechat.chat.rules.mode_draft import Asked, Draft, parse
from securechat.chat.state import applying
from securechat.chat.state.registry import Registry


def registry() -> Registry:
    """Two accounts in one channel that has a mode, an entry of a list and ranks."""
    accounts = [
        StoredAccount(n, name, "$p$", "member", False, 1, None, {}) for n, name in ((1, "alice"), (2, "bob"))
    ]
    members = {1: Membership(5, 3, "q"), 2: Membership(6, 4)}
    lists = {"b": {"x!*@*": ListEntry("alice", 7)}}
    channel = StoredChannel(1, "#dev", 1, 5, Topic("", "", 0), members, {"n": "", "l": "5"}, lists)
    return Registry("chat.test", Snapshot(accounts, [channel], frozenset(), 0))


@pytest.mark.parametrize(
    ("signs", "arguments", "meant"),
    [
        ("+m", (), [(True, "m", None)]),
        ("i-t+n", ("x",), [(True, "i", None), (False, "t", None), (True, "n", None)]),
        ("+lk-l", ("5", "key"), [(True, "l", "5"), (True, "k", "key"), (False, "l", None)]),
        ("-k+o", ("old", "bob"), [(False, "k", "old"), (True, "o", "bob")]),
        ("b", (), [(True, "b", None)]),
        ("+bb", ("a",), [(True, "b", "a"), (True, "b", None)]),
        ("-x+ov", ("bob",), [(False, "x", None), (True, "o", "bob"), (True, "v", None)]),
        ("", ("a",), []),
        ("+-", (), []),
    ],
)
def test_letters_get_their_arguments(
    signs: str, arguments: tuple[str, ...], meant: list[tuple[bool, str, str | None]]
) -> None:
    """By the types of ISUPPORT CHANMODES: A and B always, C when set, D never; ranks always."""
    assert list(parse(signs, arguments)) == [Asked(*one) for one in meant]


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["flag", "clear", "entry", "rank"]),
        st.booleans(),
        st.sampled_from("lns"),
        st.sampled_from(["", "5", "6"]),
        st.sampled_from(["x!*@*", "y!*@*"]),
        st.sampled_from(RANKS),
        st.sampled_from([1, 2]),
    ),
    max_size=12,
)


@given(CHANGES)
def test_a_draft_becomes_a_record_that_can_be_undone(
    changes: list[tuple[str, bool, str, str, str, str, int]],
) -> None:
    """Applied, the channel is what the draft says; reverted, it is what it was."""
    one = registry()
    channel = one.channels[1]
    before, draft = channel.stored(), Draft(channel)
    for kind, adding, flag, argument, mask, rank, user in changes:
        if kind == "flag":
            draft.set_flag(flag, argument)
        elif kind == "clear":
            draft.clear_flag(flag)
        elif kind == "rank":
            draft.rank(user, rank, "nick", adding=adding)
        elif mask not in draft.lists["b"]:
            draft.put("b", mask, ListEntry("bob", 9))
        else:
            draft.take("b", mask)
    ranks = {user: draft.ranks(user) for user in channel.members}
    record = draft.record(9, 9, "alice")
    assert (record is None) == (not draft.shown)
    assert channel.stored() == before, "a draft changes nothing"
    if record is not None:
        applying.apply(one, record)
        assert (channel.modes, channel.lists["b"]) == (draft.modes, draft.lists["b"])
        assert {user: channel.ranks(user) for user in channel.members} == ranks
        applying.revert(one, record)
        assert channel.stored() == before


def test_what_changes_nothing_is_no_record() -> None:
    """Setting what is set, and taking what nobody has, is neither shown nor stored."""
    draft = Draft(registry().channels[1])
    draft.set_flag("l", "5")
    draft.clear_flag("m")
    draft.rank(1, "q", "alice", adding=True)
    draft.rank(2, "o", "bob", adding=False)
    assert draft.record(9, 9, "alice") is None


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("beI"), st.text("ä", min_size=1, max_size=100))))
def test_a_long_change_is_several_lines(changes: list[tuple[bool, str, str]]) -> None:
    """None is longer than 512 bytes, all changes are there in order, and one line alone has the id."""
    shown = [Shown(*change) for change in changes]
    source = Line("alice!alice@chat.test", "MODE", ("#dev",), None, 9, 77)
    lines = mode_lines(source, shown)
    assert all(fits(line) for line in lines)
    told = [
        asked for line in lines if len(line.params) > 1 for asked in parse(line.params[1], line.params[2:])
    ]
    assert told == [Asked(*change) for change in changes]
    assert [line.id for line in lines] == [77] + [None] * (len(lines) - 1)


def test_ranks_are_ordered_and_compared() -> None:
    """The highest first, each once; a higher rank includes what a lower one may."""
    assert ordered("vovq") == "qov"
    assert (symbols("qov"), symbols("qov", multi=True), symbols("")) == ("~", "~@+", "")
    assert is_at_least("a", "o") and is_at_least("o", "o") and is_at_least("qv", "h")
    assert not is_at_least("v", "h") and not is_at_least("", "v")
