"""Lines for sets of capabilities."""

import pytest

from securechat.chat.line import TAGGING, Line, encode, tags, variants
from securechat.irc.capabilities import AWAY_NOTIFY, CAPABILITIES, EXTENDED_JOIN, MESSAGE_TAGS, SERVER_TIME

FULL = Line("a!a@s", "PRIVMSG", ("#x",), "hi", 1, 2, "a", {"+x": "y", "bot": ""}, oper=True)


@pytest.mark.parametrize(("name", "bit"), CAPABILITIES.items())
def test_tagging_is_what_tags_looks_at(name: str, bit: int) -> None:
    """A capability that changes the tags of a line is in TAGGING, and no other is."""
    assert (tags(FULL, bit) != tags(FULL, 0)) == bool(bit & TAGGING)


def test_sets_that_tags_do_not_tell_apart_share_the_bytes() -> None:
    """Many capabilities decide only whether a line is sent: it is written once for all of them."""
    keys = {extra | MESSAGE_TAGS: () for extra in (0, AWAY_NOTIFY, EXTENDED_JOIN)}
    assert len({id(data) for data in variants(FULL, keys).values()}) == 1


def test_each_set_gets_its_form() -> None:
    """The line, what is sent instead of it, or nothing."""
    plain = Line("a!a@s", "JOIN", ("#x",))
    extended = Line("a!a@s", "JOIN", ("#x", "a"), "A", needs=EXTENDED_JOIN, instead=plain)
    both = EXTENDED_JOIN | SERVER_TIME
    assert variants(extended, {0: (), EXTENDED_JOIN: (), both: ()}) == {
        0: encode(plain, 0),
        EXTENDED_JOIN: encode(extended, EXTENDED_JOIN),
        both: encode(extended, both),
    }
    assert variants(plain._replace(needs=AWAY_NOTIFY), {0: (), AWAY_NOTIFY: ()}).keys() == {AWAY_NOTIFY}


def test_no_line_is_longer_than_512_bytes() -> None:
    """The text is cut between characters, and the parameters only when these alone are too long."""
    assert len(encode(Line("s", "301", ("n",), "\u00e4" * 400), 0)) in (511, 512)
    flags = Line("s", "372", ("n",), "x" * 497 + "\U0001f1e9\U0001f1ea")
    assert encode(flags, 0) == b":s 372 n :" + b"x" * 497 + b"\r\n"
    long = Line("s", "354", ("n", "\u00fc" * 200, "\U0001f600" * 90, "d"), "text")
    written = encode(long, 0)
    assert 500 < len(written) <= 512
    assert written.decode().endswith(" d :\r\n")
    assert len(encode(Line("s", "005", ("x" * 600,)), 0)) == 512
    assert encode(FULL, 0) == b":a!a@s PRIVMSG #x :hi\r\n"
