"""Commands that only a running server can do, `reload` among them."""

from typing import TYPE_CHECKING

import typer

from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.place import ConfigOption, DataDirOption, Place, find_place
from securechat.cli.table import JsonOption, print_json
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.chat.requests import Done


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(reload)


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
