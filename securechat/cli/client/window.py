"""The terminal app, as `securechat connect` opens it on a terminal."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from securechat.cli.client.profiles import remember, usual_name
from securechat.cli.client.remote import complain
from securechat.cli.exits import ExitCode

if TYPE_CHECKING:
    from securechat.client.account.login import Login
    from securechat.client.account.profiles import Profile
    from securechat.client.plain.client import Result
    from securechat.client.tui.shell import Result as AppResult

_SIGNALLED = 128


def has_room(environment: Mapping[str, str]) -> bool:
    """Whether there is a terminal that an app can be drawn on, and the person wants it drawn.

    Textual draws on standard error.
    """
    if environment.get("SECURECHAT_PLAIN", "") not in ("", "0"):
        return False
    if not all(map(os.isatty, (0, 1, 2))) or environment.get("TERM", "dumb") in ("", "dumb", "unknown"):
        return False
    try:
        os.get_terminal_size(2)
    except OSError:  # it cannot say how large it is
        return False
    return True


def in_app(login: "Login", channels: list[str], others: "Sequence[Profile]") -> "int | Result":
    """Chat in the app, on other servers, too; return how it ended, or the exit code of what ended it."""
    from securechat.client import haste

    haste.begin()
    from securechat.client.paths import places
    from securechat.client.plain.client import Result
    from securechat.client.tui.opening import Opener
    from securechat.client.tui.run import run
    from securechat.irc.text import count

    try:
        where = places(os.environ)
        opener = Opener(where, usual_name(), remember)
        ended, waiting = run(login, channels, others, opener, where, os.environ)
    except OSError as error:
        complain(f"what you have seen could not be kept ({error.strerror}): the next time it is shown again")
        return ExitCode.ERROR
    if waiting:
        complain(f"{count(waiting, 'message')} not confirmed yet: the next start sends what is missing")
    code = code_of(ended)
    if code:
        return code
    return Result(ended.error, 0, 0, interrupted=False, goodbye=ended.goodbye, came_in=ended.came_in)


def code_of(ended: "AppResult") -> int:
    """Return the exit code of an app that did not end by itself, else 0."""
    if ended.broken:
        return ExitCode.ERROR
    return _SIGNALLED + ended.signal if ended.signal else 0
