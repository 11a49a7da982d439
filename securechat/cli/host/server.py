"""`securechat server`: run the server in the foreground."""

import gc
import os
from pathlib import Path
from typing import Annotated

import typer

from securechat.cli.exits import CommandFailed
from securechat.cli.files import refuse_pipe
from securechat.cli.place import ConfigOption, DataDirOption, find_place


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(server)


def server(
    host: Annotated[
        str | None, typer.Option(help="The address to listen on; by default every interface.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on, by default 6697; 0 picks a free one.")
    ] = None,
    cert: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A certificate chain to use instead of the server's own (PEM)."),
    ] = None,
    key: Annotated[str | None, typer.Option(metavar="FILE", help="The key of --cert (PEM).")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Run the server, in the foreground.

    With nothing configured it makes a certificate and listens on port 6697 of every interface.
    """
    # What the modules make stays, so it is not looked through again and again: a tenth of the start.
    gc.disable()
    from securechat.irc.names import load_tables

    # First, so that the modules take the room of what it needs only for a moment.
    load_tables()
    from securechat.app.configuration import ConfigError, Loaded, load
    from securechat.app.running import serve
    from securechat.server.server import CannotStart
    from securechat.storage.errors import StorageError
    from securechat.tls.errors import CertificateProblem

    gc.freeze()
    gc.enable()
    place = find_place(config, data_dir)
    directory = place.directory
    options = {"--host": host, "--port": port, "--cert": cert, "--key": key}
    # Found out once: a reload must not need the directory that the server was started in.
    named, working = place.file if config else None, _working_directory()

    def read() -> Loaded:
        try:
            file = find_place(named, directory).file
            if file is not None:
                refuse_pipe(file, "which cannot be read again at a reload")
        except CommandFailed as error:
            raise ConfigError(str(error)) from error
        return load(file, os.environ, options, working)

    try:
        code = serve(directory, read)
    except (ConfigError, CertificateProblem, StorageError, CannotStart) as error:
        raise CommandFailed(str(error)) from error
    raise typer.Exit(code)


def _working_directory() -> Path:
    """Return it, or a relative path when it is gone: then only paths from the root can be used."""
    try:
        return Path.cwd()
    except OSError:
        return Path()
