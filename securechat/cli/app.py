"""All commands. They import heavy modules themselves, so that `--help` and usage errors are quick."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from securechat import __version__
from securechat.cli import (
    accounts,
    audit,
    backup,
    certs,
    channels,
    config,
    connect,
    control,
    devices,
    exchange,
    invite,
    migrate_store,
    removal,
    send,
    server,
    trust,
)
from securechat.cli.exits import CommandFailed
from securechat.cli.telling import tell

app = typer.Typer(
    name="securechat",
    help="A private chat server and its client: TLS 1.3, accounts, and what you see confirmed is on disk.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Rich costs 0.1 s at every start, and a traceback with local variables shows passwords.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)


def run(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end with SystemExit; `arguments` default to the process's own."""
    try:
        app(arguments, prog_name="securechat")
    except CommandFailed as failure:
        for line in str(failure).splitlines():
            tell(f"securechat: {line}")
        sys.exit(failure.code)


def _show_version(wanted: bool) -> None:
    if wanted:
        tell(f"securechat {__version__}", out=True)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass


for module in (
    server,
    accounts,
    removal,
    devices,
    invite,
    audit,
    control,
    channels,
    backup,
    exchange,
    migrate_store,
    certs,
    config,
    connect,
    send,
    trust,
):
    module.register(app)
