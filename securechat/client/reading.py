"""Reading what was said, page by page: for scripts, which want a number of messages or all since a time."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from securechat.client.api import Client
from securechat.client.errors import Refused
from securechat.client.events import Message, Person
from securechat.client.protocol.session import check_target, sendable
from securechat.irc.message import escape_tag_value
from securechat.irc.text import MAX_LINE
from securechat.irc.timestamp import format_ms

_PAGE: Final = 100


def lately(chat: Client, target: str, number: int) -> list[Message]:
    """Return the last messages of a conversation, the oldest first. Raises Refused, OutcomeUnknown."""
    check_target(target)
    found: deque[Message] = deque()
    which, point = "LATEST", "*"
    while len(found) < number:
        page = _page(chat, which, target, point, min(_PAGE, number - len(found)))
        if not page or not page[0].id:
            break
        found.extendleft(reversed(page))
        which, point = "BEFORE", f"msgid={page[0].id}"
    return list(found)


def since(chat: Client, target: str, after: int, last: str = "") -> Iterator[Message]:
    """Yield what was said after a time (milliseconds), or after the message `last`, the oldest first.

    Raises Refused, OutcomeUnknown.
    """
    check_target(target)
    point = f"msgid={last}" if last else f"timestamp={format_ms(max(0, after - 1))}"
    while page := _page(chat, "AFTER", target, point, _PAGE):
        yield from page
        if not page[-1].id:
            break
        point = f"msgid={page[-1].id}"


def search(
    chat: Client, words: str, *, place: str = "", sender: str = "", after: int = 0, number: int = 50
) -> list[Message]:
    """Return messages that hold the words, the oldest first. Raises Refused, OutcomeUnknown."""
    attributes = {"text": sendable(words), "in": place, "from": sender, "limit": str(number)}
    if after:
        attributes["after"] = format_ms(after)
    written = ";".join(f"{name}={escape_tag_value(value)}" for name, value in attributes.items() if value)
    if len(f"SEARCH :{written}\r\n".encode()) > MAX_LINE:
        raise Refused("TOO_LONG", "this is too long to be searched for")
    return [row for row in chat.request("SEARCH", written) if isinstance(row, Message)]


def people(chat: Client, whom: str) -> list[Person]:
    """Return who is in a channel, or whom a nick or mask means. Raises Refused, OutcomeUnknown."""
    return [row for row in chat.request("WHO", check_target(whom)) if isinstance(row, Person)]


def _page(chat: Client, which: str, target: str, point: str, number: int) -> list[Message]:
    rows = chat.request("CHATHISTORY", which, target, point, str(number))
    return [row for row in rows if isinstance(row, Message)]
