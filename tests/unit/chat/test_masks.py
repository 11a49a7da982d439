"""Masks of people: their canonical form, and whom they match."""

import pytest

from securechat.chat.masks import MAX_MASK, InvalidMask, Matcher, canonical
from securechat.chat.records import StoredAccount
from securechat.chat.state.account import Account
from securechat.chat.state.session import User


def user(nick: str, account: str) -> User:
    """Somebody on chat.example."""
    stored = StoredAccount(1, account, "$p$", "member", False, 1, None, {})
    return User(1, Account(stored), nick, "Chat.example", "", 0)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Nick", "nick!*@*"),
        ("nick!User", "nick!user@*"),
        ("User@Host.Example", "*!user@host.example"),
        ("@host", "*!*@host"),
        ("!user@", "*!user@*"),
        ("***!?*@*", "*!?*@*"),
        ("ÄRGER*!*@*", "ärger*!*@*"),
        ("$a:Bob", "$a:bob"),
        ("$ACCOUNT:B?b*", "$a:b?b*"),
        ("m:Troll", "$m:troll!*@*"),
        ("$m:$account:Troll", "$m:$a:troll"),
    ],
)
def test_every_spelling_has_one_canonical_form(written: str, meant: str) -> None:
    """What is missing is *, letters are folded, and the canonical form is its own."""
    assert canonical(written) == meant
    assert canonical(meant) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        ":x",
        "two words",
        "a\x07b",
        "a!b!c@d",
        "a!b@c@d",
        "$z:x",
        "$a:",
        "$a:x!y",
        "m:m:x",
        "a$b",
        "x" * MAX_MASK,
    ],
)
def test_what_is_no_mask_is_refused(written: str) -> None:
    """A mask that could not be shown on a line, or means nothing, raises."""
    with pytest.raises(InvalidMask):
        canonical(written)


@pytest.mark.parametrize(
    ("mask", "matched", "muted"),
    [
        ("al*", True, False),
        ("al?", False, False),
        ("*!bob@*", True, False),
        ("*@CHAT.*", True, False),
        ("*!*@other", False, False),
        ("$a:BOB", True, False),
        ("$a:al*", False, False),
        ("m:alice", False, True),
        ("$m:$a:b*", False, True),
    ],
)
def test_matching(mask: str, matched: bool, muted: bool) -> None:
    """A mask is compared with nick, account and server; a mute only mutes."""
    matcher = Matcher(["nobody!*@*", canonical(mask), "$a:nobody"])
    alice = user("Alice", "Bob")
    assert (matcher.matches(alice.source), matcher.mutes(alice.source)) == (matched, muted)


def test_an_empty_list_matches_nobody() -> None:
    """No mask, no match."""
    matcher = Matcher([])
    assert not matcher.matches("a!b@x") and not matcher.mutes("a!b@x")


def test_a_list_that_changes() -> None:
    """What is put on it matches from then on, what is taken off no more; no verdict outlives a change."""
    matcher = Matcher()
    alice = user("Alice", "Bob").source
    for mask in ("al*!*@*", "$a:bob", "$m:al*!*@*"):
        assert (matcher.matches(alice), matcher.mutes(alice)) == (False, False)
        matcher.put(mask)
        assert (matcher.matches(alice), matcher.mutes(alice)) == (not mask.startswith("$m"), mask[1] == "m")
        matcher.drop(mask)
