"""Lines to clients as values, and the one place that writes them down.

Capabilities change only the tags of a line. So a line is written once per set of capabilities
(`Session.key`), and the same bytes go to everybody who has that set.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from securechat.irc import capabilities as cap
from securechat.irc import msgid
from securechat.irc.message import escape_tag_value
from securechat.irc.text import MAX_LINE, clip
from securechat.irc.timestamp import format_ms

TAGGING: Final = cap.ACCOUNT_TAG | cap.MESSAGE_TAGS | cap.OPER_TAG | cap.SERVER_TIME
"""The capabilities that `tags` looks at."""


class Line(NamedTuple):
    """One line from the server; a tuple, because a dataclass takes three times as long to make.

    `source` is who caused it and `text` the last parameter, always written with a colon. `at` is in
    milliseconds since the epoch, `id` a message id, `account` the account of who caused it. A session without
    all the capabilities in `needs` is sent the line `instead`, or nothing. `batch` is the reference of the
    batch that the line belongs to, for a session that knows batches.

    A line with `parts` stands for several: a BATCH for its opening line, these lines and its end, and one
    without a command for just these lines. `oper` is true when somebody with an operator's powers caused it.
    """

    source: str
    command: str
    params: tuple[str, ...] = ()
    text: str | None = None
    at: int = 0
    id: int | None = None
    account: str | None = None
    tags: Mapping[str, str] | None = None
    needs: int = 0
    instead: "Line | None" = None
    batch: str | None = None
    parts: "tuple[Line, ...] | None" = None
    oper: bool = False


def fitting(line: Line, caps: int) -> Line | None:
    """Return the form of a line that a session with these capabilities is sent; None is nothing."""
    form: Line | None = line
    while form is not None and form.needs & ~caps:
        form = form.instead
    if form is not line and form is not None and line.batch is not None:
        return form._replace(batch=line.batch)
    return form


def by_operator(line: Line) -> Line:
    """Return a line, in all its forms and parts, as one that an operator caused."""
    parts = None if line.parts is None else tuple([by_operator(part) for part in line.parts])
    instead = None if line.instead is None else by_operator(line.instead)
    return line._replace(oper=True, parts=parts, instead=instead)


def body(line: Line) -> bytes:
    """Write a line without tags, with its line end.

    Every line goes through here, so none is longer than 512 bytes, whatever caused it: the text of a longer
    one is cut. A caller that can say it in several lines, or that keeps what is shown, looks at the room
    before (`body_room`).
    """
    data = _written(line)
    return data if len(data) <= MAX_LINE else _written(_fitted(line))


def fits(line: Line) -> bool:
    """Return whether a line is shown as it is: nothing of it has to be cut."""
    return len(_written(line)) <= MAX_LINE


def _written(line: Line) -> bytes:
    source, command, params, text = line[:4]
    head = f":{source} {command}" if source else command
    if params:
        head = f"{head} {' '.join(params)}"
    return (f"{head}\r\n" if text is None else f"{head} :{text}\r\n").encode()


def tags(line: Line, key: int) -> list[str]:
    """Return the written tags of a line for a set of capabilities."""
    written: list[str] = [] if line.batch is None else [f"batch={line.batch}"]
    if key & cap.SERVER_TIME:
        written.append(f"time={format_ms(line.at)}")
    if key & cap.MESSAGE_TAGS:
        if line.id is not None:
            written.append(f"msgid={msgid.encode(line.id)}")
        for name, value in (line.tags or {}).items():
            written.append(f"{name}={escape_tag_value(value)}" if value else name)
    if key & cap.ACCOUNT_TAG and line.account is not None:
        written.append(f"account={line.account}")
    if line.oper and key & cap.OPER_TAG:
        written.append(cap.OPER)
    return written


def encode(line: Line, key: int, *extra: str) -> bytes:
    """Write a line for a set of capabilities, with `extra` tags (label, batch) first."""
    if line.parts is not None:
        return _together(line, line.parts, key, extra)
    written = [*extra, *tags(line, key)]
    return f"@{';'.join(written)} ".encode() + body(line) if written else body(line)


def _together(line: Line, parts: "tuple[Line, ...]", key: int, extra: tuple[str, ...]) -> bytes:
    """Write a line that stands for several; `extra` tags are on the first of them."""
    if not line.command:
        inside = [part._replace(batch=line.batch) for part in parts]
        return encode(inside[0], key, *extra) + b"".join([encode(part, key) for part in inside[1:]])
    reference = line.params[0][1:]
    opening = encode(line._replace(parts=None), key, *extra)
    closing = Line(line.source, "BATCH", (f"-{reference}",), at=line.at, batch=line.batch)
    written = [encode(part._replace(batch=reference), key) for part in parts]
    return b"".join([opening, *written, encode(closing, key)])


def separate(line: Line) -> "tuple[Line, ...]":
    """Return the lines that a line stands for, where they are not a batch."""
    if line.parts is None or line.command:
        return (line,)
    return tuple(part._replace(batch=line.batch) for part in line.parts)


def variants(line: Line, keys: Mapping[int, object]) -> dict[int, bytes]:
    """Write a line once for each set of capabilities in `keys` that is sent a form of it."""
    if not line.needs and line.parts is None:
        return tagged(line, keys, body(line))
    forms: dict[int, tuple[Line, list[int]]] = {}
    for key in keys:
        form = fitting(line, key)
        if form is not None:
            forms.setdefault(id(form), (form, []))[1].append(key)
    encoded: dict[int, bytes] = {}
    for form, its_keys in forms.values():
        if form.parts is None:
            encoded.update(tagged(form, its_keys, body(form)))
        else:
            encoded.update([(key, encode(form, key)) for key in its_keys])
    return encoded


def tagged(line: Line, keys: Iterable[int], plain: bytes) -> dict[int, bytes]:
    """Write one form of a line, of which `plain` is the body, for each key.

    Keys that differ in nothing that tags show share it.
    """
    shared = {0: plain} if line.batch is None else {}
    encoded: dict[int, bytes] = {}
    for key in keys:
        shown = key & TAGGING
        written = shared.get(shown)
        if written is None:
            before = tags(line, key)
            written = shared[shown] = f"@{';'.join(before)} ".encode() + plain if before else plain
        encoded[key] = written
    return encoded


def _fitted(line: Line) -> Line:
    """Return a line that is too long with its text cut, and if that is not enough, its parameters."""
    if line.text is not None:
        room = MAX_LINE - len(_written(line._replace(text="")))
        line = line._replace(text=clip(line.text, max(0, room)))
    return line if fits(line) else _with_short_params(line)


def _with_short_params(line: Line) -> Line:
    """Return a line with the longest of its parameters cut.

    No rule gets here, since names and values have limits: it keeps from the wire what a future rule forgets.
    """
    while (over := len(_written(line)) - MAX_LINE) > 0:
        longest = max(line.params, key=lambda param: len(param.encode()), default="")
        cut = clip(longest, len(longest.encode()) - over) or "*"
        if len(cut) >= len(longest):
            break
        line = line._replace(params=tuple([cut if param == longest else param for param in line.params]))
    return line


def packed(words: Iterator[str], room: int, between: str = " ") -> Iterator[str]:
    """Join words by blanks, or by another character, into texts of at most `room` bytes."""
    return (text for text in packed_slowly(words, room, between) if text is not None)


def packed_slowly(words: Iterable[str | None], room: int, between: str = " ") -> Iterator[str | None]:
    """Do what `packed` does; a `None` among the words is passed on: one can stop there."""
    line: list[str] = []
    length = 0
    for word in words:
        if word is None:
            yield None
            continue
        size = len(word.encode()) + 1
        if line and length + size > room + 1:
            yield between.join(line)
            line, length = [], 0
        line.append(word)
        length += size
    if line:
        yield between.join(line)
