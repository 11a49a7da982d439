"""The program: what its bare name does, and how a command ends that has failed."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from securechat import __version__
from securechat.cli.commands import Commands
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.shells import mend_scripts
from securechat.cli.telling import tell

app = typer.Typer(
    name="securechat",
    cls=Commands,
    help="A private chat server and its client: TLS 1.3, accounts, and what you see confirmed is on disk.",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Rich costs 0.1 s at every start, and a traceback with local variables shows passwords.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)


def run(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end with SystemExit; `arguments` default to the process's own."""
    mend_scripts()
    try:
        app(arguments, prog_name="securechat")
    except CommandFailed as failure:
        for line in str(failure).splitlines():
            tell(f"securechat: {line}")
        sys.exit(failure.code)
    except OSError as error:
        if error.filename is None:
            raise
        # A file that cannot be used is the person's to mend, in whatever command it is met.
        tell(f"securechat: {error}")
        sys.exit(ExitCode.ERROR)


def _show_version(wanted: bool) -> None:
    if wanted:
        tell(f"securechat {__version__}", out=True)
        raise typer.Exit


@app.callback()
def _main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        _begin(context)


def _begin(context: typer.Context) -> None:
    """Do what the bare name means: chat, and in a script show what there is."""
    if not (os.isatty(0) and os.isatty(1)):
        for line in context.get_help().split("\n"):
            tell(line, out=True)
        raise typer.Exit(ExitCode.USAGE)
    from securechat.cli.client.connect import connect

    connect()
