"""Changes that administrators make: done, and told with where they were made.

A person who forgets --data-dir changes another server than the one meant. So the directory is always named,
and it is said when no server runs on it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from securechat.app.directory import data_dir_option
from securechat.cli.place import Place
from securechat.cli.table import print_json
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.chat.requests import Done, Request


def were(names: Sequence[str]) -> str:
    """Return the beginning of a sentence about what was done to people."""
    return f"{', '.join(names)} {'was' if len(names) == 1 else 'were'}"


def change(
    place: Place,
    request: "Request",
    done: str,
    more: str = "",
    *,
    quiet: bool = False,
    as_json: bool = False,
    facts: Mapping[str, object] | None = None,
) -> "Done":
    """Have a change made, and tell the person on standard error what was `done`, where, and `more`.

    `done` is a sentence without its full stop, `more` is whole sentences. Programs (`as_json`) get one object
    instead, the `facts` and what the answer adds to them; without facts they get the rows of the answer.
    `quiet` prints neither. Raises CommandFailed.
    """
    from securechat.cli.ask import Asking

    is_new = not place.directory.exists()
    with Asking(place) as asking:
        answer, running = asking.ask(request), asking.running
    if quiet:
        return answer
    if as_json:
        rows = [dict(row) for row in answer.rows]
        print_json(rows if facts is None else {**facts, **(rows[0] if rows else {})})
    else:
        _tell(place, f"{done} in {place.directory}. {more}".rstrip(), is_new, running)
    return answer


def _tell(place: Place, done: str, is_new: bool, running: bool) -> None:
    tell(done)
    if is_new:
        hint = "if your server has its data elsewhere, name that directory with --data-dir"
        tell(f"This data directory is new: {hint}.")
    if not running:
        option = data_dir_option(place.directory)
        tell(f"No server runs there: start it with `securechat server{option}`.")
