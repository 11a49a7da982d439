"""What a server says to whoever started it: the log as it is configured, and how to go on."""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from securechat import __version__, log
from securechat.app.certificates import certificates_of, connect_line, read_identity
from securechat.app.configuration import ConfigError
from securechat.app.directory import data_dir_option
from securechat.chat.requests import Answer, Done
from securechat.config import Config
from securechat.server.server import say

_log: Final = logging.getLogger("securechat.server")


def begin_log(config: Config) -> None:
    """Log from now on as a configuration says. Raises ConfigError."""
    try:
        log.set_up(config.log.level, config.log.format, sys.stderr, file=config.log.file)
    except OSError as error:
        text = f"log.file: {config.log.file} cannot be opened: {error.strerror or error}"
        raise ConfigError(text) from error


def say_to_people(config: Config, text: str) -> None:
    """Say something on standard error that is for whoever started the server; a line, made safe.

    Where the log is there as JSON, it is an entry of it.
    """
    if not config.log.file and log.style_of(config.log.format, sys.stderr, os.environ) == "json":
        _log.info("%s", text)
    else:
        print(log.escape(text), file=sys.stderr, flush=True)


class Announcement:
    """Says on standard output where the server listens, and before that, to people, how to go on."""

    def __init__(self, config: Callable[[], Config], directory: Path, has_accounts: bool) -> None:
        self._config = config
        self._directory = directory
        self._has_accounts = has_accounts
        self._port = config().server.port

    def __call__(self, line: str) -> None:
        """Take the line `listening on HOST:PORT`. The main thread calls."""
        self._port = int(line.rpartition(":")[2])
        self._tell_how_to_go_on(self._port)
        try:
            say(line)
        except OSError as error:  # the line is for whoever has started the server; the others need the server
            _log.warning("the line that tells where the server listens is lost: %s", error)

    def identity(self, public: bool) -> Answer:
        """Tell where the server listens and with which certificate: options may have said so.

        `public` is whether clients need no pin. The control thread calls.
        """
        certificate = certificates_of(self._config(), self._directory).certificate
        return Done([{"port": self._port, "certificate": str(certificate), "public": public}])

    def _tell_how_to_go_on(self, port: int) -> None:
        config = self._config()
        files = certificates_of(config, self._directory)
        self._tell(f"securechat {__version__} keeps everything in {self._directory}")
        if not self._has_accounts:
            option = data_dir_option(self._directory)
            self._tell(f"There is no account yet. Make one with: securechat adduser NAME{option}")
        if files.own:
            identity = read_identity(files.certificate)
            self._tell(f"The pin of this server's certificates: {identity.pin}")
            self._tell(f"Connect with: {connect_line(config, identity, port)}")

    def _tell(self, text: str) -> None:
        say_to_people(self._config(), text)
