"""Operations on what was said before, page by page where it is much."""

from collections import deque
from typing import Final

from securechat.client.api.asking import ask, name_of
from securechat.client.api.calls import Operation
from securechat.client.errors import Refused
from securechat.client.events import Message
from securechat.client.protocol.sendable import sendable
from securechat.irc.message import escape_tag_value
from securechat.irc.text import MAX_LINE
from securechat.irc.timestamp import format_ms

_PAGE: Final = 100


def history(target: str, number: int = 50, *, since: int = 0, after: str = "") -> Operation[list[Message]]:
    """Return the last `number` messages of a channel or of a conversation with a person, the oldest first.

    Of those since a time (ms) if that is given, or after the message with the msgid `after`. Raises Refused,
    OutcomeUnknown.
    """
    if not (since or after):
        return (yield from _lately(target, number))
    found: deque[Message] = deque(maxlen=number)
    point = after
    while page := (yield from page_after(target, since=since, after=point)):
        found.extend(page)
        point = page[-1].id
        if not point:
            break
    return list(found)


def page_after(target: str, *, since: int = 0, after: str = "") -> Operation[list[Message]]:
    """Return the first hundred messages after the one with the msgid `after`, else since a time (ms), the
    oldest first; none when there are no more. Raises Refused, OutcomeUnknown.
    """
    point = f"msgid={name_of(after)}" if after else f"timestamp={format_ms(max(0, since - 1))}"
    return (yield from _page("AFTER", target, point, _PAGE))


def search(
    words: str, *, place: str = "", sender: str = "", since: int = 0, number: int = 50
) -> Operation[list[Message]]:
    """Return messages that hold the words, the oldest first: `begin*` and `"a phrase"` count as words.

    `place` is a channel or person, `sender` who said it; since a time (ms) the first ones are found, else the
    last ones. Raises Refused, OutcomeUnknown.
    """
    attributes = {"text": sendable(words), "in": place, "from": sender, "limit": str(number)}
    if since:
        attributes["after"] = format_ms(since)
    written = ";".join(f"{name}={escape_tag_value(value)}" for name, value in attributes.items() if value)
    if len(f"SEARCH :{written}\r\n".encode()) > MAX_LINE:
        raise Refused("TOO_LONG", "this is too long to be searched for")
    answer = yield from ask("SEARCH", written, again=True)
    return [row for row in answer.rows if isinstance(row, Message)]


def _lately(target: str, number: int) -> Operation[list[Message]]:
    found: deque[Message] = deque()
    which, point = "LATEST", "*"
    while len(found) < number:
        page = yield from _page(which, target, point, min(_PAGE, number - len(found)))
        if not page:
            break
        found.extendleft(reversed(page))
        if not page[0].id:
            break
        which, point = "BEFORE", f"msgid={page[0].id}"
    return list(found)


def _page(which: str, target: str, point: str, number: int) -> Operation[list[Message]]:
    answer = yield from ask("CHATHISTORY", which, name_of(target), point, str(number), again=True)
    return [row for row in answer.rows if isinstance(row, Message)]
