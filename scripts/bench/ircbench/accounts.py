"""Makes accounts with a token each, in a data directory: one process instead of two hundred starts.

Run by the interpreter and with the clone that are measured: `python accounts.py DIRECTORY CONFIG NAME…`.
Prints `name password token` for each.
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout

from securechat.cli.app import run


def command(*arguments: str) -> str:
    """Run one command of securechat in this process; return what it printed. Raises RuntimeError."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            run(arguments)
    except SystemExit as end:
        code = end.code
    if code:
        raise RuntimeError(f"{' '.join(arguments[:2])} failed ({code}): {err.getvalue().strip()[-800:]}")
    return out.getvalue().strip()


def main() -> None:
    """Make the accounts that the command line names."""
    directory, config, *names = sys.argv[1:]
    place = ("--data-dir", directory, "--config", config)
    for name in names:
        password = command("adduser", name, "--generate", *place)
        print(name, password, command("devices", "add", name, "bench", *place), flush=True)


if __name__ == "__main__":
    main()
