"""Changes that administrators make: done, and told with where they were made.

A person who forgets --data-dir changes another server than the one meant. So the directory is always named,
and it is said when no server runs on it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from securechat.app.directory import data_dir_option
from securechat.cli.place import Place
from securechat.cli.table import print_json
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.chat.requests import Done, Request
    from securechat.config import Config


def change(
    place: Place,
    config: "Config",
    request: "Request",
    done: str,
    more: str = "",
    *,
    quiet: bool = False,
    facts: Mapping[str, object] | None = None,
) -> "Done":
    """Have a change made, and tell the person on standard error what was `done`, where, and `more`.

    `done` is a sentence without its full stop, `more` is whole sentences. Programs get `facts` instead, if
    there are any, as JSON on standard output. Raises CommandFailed.
    """
    from securechat.cli.ask import ask_whoever_is_there

    is_new = not place.directory.exists()
    answer, running = ask_whoever_is_there(place.directory, config, request)
    if facts is not None:
        rows = [dict(row) for row in answer.rows]
        print_json({**facts, **(rows[0] if rows else {})})
    if quiet or facts is not None:
        return answer
    tell(f"{done} in {place.directory}. {more}".rstrip())
    if is_new:
        hint = "if your server has its data elsewhere, name that directory with --data-dir"
        tell(f"This data directory is new: {hint}.")
    if not running:
        option = data_dir_option(place.directory)
        tell(f"No server runs there: start it with `securechat server{option}`.")
    return answer
