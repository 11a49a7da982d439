"""What a page of history gives of one message more than its limit."""

from securechat.chat.reading import REDACTION, Span, page
from securechat.chat.records import MessageSent


def message(key: int, at: int | None = None, redacted: int | None = None) -> MessageSent:
    """Return a message whose time is its id, unless it is given."""
    sent = MessageSent(key, key if at is None else at, "PRIVMSG", 1, "a", 1, None, "#a", "x", {})
    return sent._replace(redacted=redacted)


def test_a_page_that_is_not_over_full_is_all() -> None:
    """Nothing is left out, and there is no more; what was redacted does not count."""
    found = [message(1), message(2, redacted=5), message(3)]
    assert page(found, Span(0, 9, 2, newest=True)) == (found, True)


def test_one_too_many_is_left_out_with_what_is_beyond_it() -> None:
    """At the old end of the newest, at the new end of the oldest; a limit of 0 gives nothing."""
    found = [message(1), message(2, redacted=9), message(3), message(4, redacted=9), message(5)]
    assert page(found, Span(0, 9, 2, newest=True)) == (found[2:], False)
    assert page(found, Span(0, 9, 2, newest=False)) == (found[:3], False)
    assert page(found, Span(0, 9, 0, newest=True)) == ((), False)


def test_by_time_the_latest_is_left_out() -> None:
    """Also where it is not the last by its id, and redactions that happened after what is given with it."""
    ahead = message(2, at=50)
    gone = message(1, redacted=40)._replace(command=REDACTION)
    found = [message(1, redacted=40), ahead, message(3), message(4), gone]
    assert page(found, Span(0, 9, 2, newest=False, since=0)) == ([found[0], found[2], found[3]], False)
