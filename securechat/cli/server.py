"""`securechat server`: run the server in the foreground."""

import os
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
    from securechat.app.configuration import ConfigError, Loaded, load
    from securechat.app.running import serve
    from securechat.server.server import CannotStart
    from securechat.storage.errors import StorageError
    from securechat.tls.errors import CertificateProblem

    place = find_place(config, data_dir)
    if place.file is not None:
        refuse_pipe(place.file, "which cannot be read again at a reload")
    directory = place.directory
    options = {"--host": host, "--port": port, "--cert": cert, "--key": key}

    def read() -> Loaded:
        return load(find_place(config, directory).file, os.environ, options)

    try:
        code = serve(directory, read)
    except (ConfigError, CertificateProblem, StorageError, CannotStart) as error:
        raise CommandFailed(str(error)) from error
    raise typer.Exit(code)
