"""`status` and `reload`: what only a running server can do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import typer

from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.place import ConfigOption, DataDirOption, Place, find_place
from securechat.cli.table import JsonOption, minute, print_json
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.chat.requests import Done

Value = str | int | bool | None

_WORDS: Final = str.maketrans("_.", "  ")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(status)
    app.command()(reload)


def status(as_json: JsonOption = False, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Print whether the running server takes logins and messages, and its counters.

    The exit code is 0 when it runs, 1 when no server answers in the data directory, 7 when it took the
    question and did not answer.
    """
    from securechat.app.health import reasons

    (row,) = command(find_place(config, data_dir), "status").rows
    found = reasons(row)
    if as_json:
        why = [{"code": reason.code, "text": reason.text} for reason in found]
        print_json({"ready": not found, "not_ready": why, **nested(row)})
        return
    for reason in found:
        tell(f"NOT READY: {reason.text}", out=True)
    row = {"ready": not found, **row}
    width = max(map(len, row))
    for name, value in row.items():
        tell(f"{name.translate(_WORDS):{width}}  {_for_people(name, value)}", out=True)


def _for_people(name: str, value: Value) -> Value:
    if name == "last_backup":
        return f"{minute(value)} UTC" if value else "never"
    return "none" if value is None else value


def nested(row: Mapping[str, Value]) -> dict[str, Value | dict[str, Value]]:
    """Return a row whose counts with a group, GROUP.NAME, are in an object of that group."""
    groups: dict[str, dict[str, Value]] = {}
    for name, value in row.items():
        group, _, own = name.rpartition(".")
        groups.setdefault(group, {})[own] = value
    return {**groups.pop("", {}), **groups}


def reload(as_json: JsonOption = False, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Have the running server read its configuration again.

    The certificate is read again, too. What needs a restart of the server is said.
    """
    done = command(find_place(config, data_dir), "reload")
    tell("The server has read its configuration and certificate again.")
    if as_json:
        print_json([dict(row) for row in done.rows])
        return
    for row in done.rows:
        state = "in force now" if row["applied"] else "needs a restart of the server"
        tell(f"{row['key']}: {state}", out=True)


def command(place: Place, name: str, argument: str = "", patience: float | None = None) -> "Done":
    """Have the running server do a command of its own. Raises CommandFailed.

    `patience` is how many seconds each step may take, by default as many as for everything.
    """
    from securechat.chat.requests import Refused
    from securechat.server.control_client import TIMEOUT, NoAnswer, NotRunning, ask
    from securechat.server.control_protocol import Command

    place.require()
    try:
        answer = ask(place.directory, Command(name, argument), patience or TIMEOUT)
    except NotRunning as error:
        raise CommandFailed(f"{error}: start it with `securechat server`") from error
    except NoAnswer as error:
        raise CommandFailed(str(error), ExitCode.UNKNOWN_OUTCOME) from error
    if isinstance(answer, Refused):
        raise CommandFailed(answer.text, ExitCode.REFUSED)
    return answer
