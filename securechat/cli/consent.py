"""Asking a person at the terminal before something that cannot be undone."""

import sys
from typing import Annotated

import typer

from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.telling import agrees

ForceOption = Annotated[
    bool, typer.Option("--force", help="Also if no administrator is left who can log in.")
]


def can_be_asked() -> bool:
    """Return whether somebody sits at a terminal."""
    return sys.stdin.isatty()


def require_consent(question: str) -> None:
    """Go on only when somebody says yes. Raises CommandFailed."""
    if not can_be_asked():
        raise CommandFailed("there is no terminal to ask for your consent on: use --yes", ExitCode.USAGE)
    if not agrees(question):
        raise CommandFailed("nothing was changed")
