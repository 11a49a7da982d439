"""Many channels, in steps: what is listed comes in pages, and what is changed is asked for in pieces.

A running server stands still for no piece longer than a moment.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from securechat.cli.exits import CommandFailed
from securechat.cli.progress import Progress
from securechat.cli.telling import tell
from securechat.irc.text import count

if TYPE_CHECKING:
    from securechat.chat.requests import DropChannels, Row, SetFounder
    from securechat.cli.ask import Asking

SHOWN: Final = 20
"""Names that are shown before somebody is asked; --dry-run shows all."""


def find(
    asking: "Asking", patterns: Sequence[str], founder: str = "", *, unused: bool = False
) -> list["Row"]:
    """Return the channels whose names fit one of the masks, by name. Raises CommandFailed."""
    from securechat.chat.requests import ListChannels
    from securechat.irc.names import fold

    found: dict[str, Row] = {}
    for pattern in patterns:
        rows = asking.ask_all(partial(ListChannels, pattern, founder, unused=unused))
        found |= {str(row["name"]): row for row in rows}
    return [found[name] for name in sorted(found, key=fold)]


def change_all(
    asking: "Asking", what: str, names: Sequence[str], request: "Callable[[str], DropChannels | SetFounder]"
) -> int:
    """Have a change made of many channels; return of how many it was. Raises CommandFailed."""
    from securechat.chat.requests import CHANNELS_AT_ONCE

    changed = 0
    with Progress(what) as progress:
        for start in range(0, len(names), CHANNELS_AT_ONCE):
            progress(start, len(names))
            some = names[start : start + CHANNELS_AT_ONCE]
            with so_far(what, changed, len(names)):
                changed += len(asking.ask(request(",".join(some))).rows)
    return changed


@contextmanager
def so_far(what: str, changed: int, total: int) -> Iterator[None]:
    """Have an error say as well how much had been done before it."""
    try:
        yield
    except CommandFailed as error:
        if not changed:
            raise
        raise CommandFailed(
            f"{error} (before that, {changed} of {count(total, 'channel')} were {what})", error.code
        ) from error


def show(rows: Sequence["Row"], most: int = SHOWN) -> None:
    """Print the first of the names, and how many there are, on standard error."""
    for row in rows[:most]:
        tell(f"  {row['name']}")
    if len(rows) > most:
        tell(f"  and {len(rows) - most} more")
