"""Secrets that are printed once: passwords and codes that this program has made."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from securechat.cli.exits import CommandFailed, ExitCode


@contextmanager
def shown_first(secret: str) -> Iterator[None]:
    """Print a secret on standard output. The caller makes it valid inside the `with`.

    In this order, since a secret that could not be printed (a full disk) is known to nobody. Raises OSError
    when it cannot be printed, and CommandFailed when what was to be done has failed.
    """
    typer.echo(secret)
    try:
        yield
    except CommandFailed as error:
        if error.code is ExitCode.UNKNOWN_OUTCOME:
            raise
        raise CommandFailed(f"{error}; what was printed is of no use", error.code) from error
