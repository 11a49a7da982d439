"""The composition root: the parts of a running server, and what a reload changes in them.

Theory of operation. The start looks for mistakes in an order in which nothing has to be undone:
configuration, lock, certificates, store, and only then threads and sockets. A reload makes everything new
first and swaps it at the end, so a configuration or a certificate that cannot be used changes nothing. Keys
that cannot change while the server runs keep their values until it is started again.
"""

import logging
import os
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from socket import socket
from threading import Lock
from typing import Final

from securechat import __version__
from securechat.app.announcement import Announcement, begin_log
from securechat.app.certificates import (
    certificates_of,
    check_own,
    how_to_renew,
    make_context,
    prepare,
)
from securechat.app.checks import check_machine
from securechat.app.clock import WatchedClock
from securechat.app.composition import core_settings, places_for, server_name, transport_limits, worker_count
from securechat.app.configuration import ConfigError, Loaded, change
from securechat.app.devices import DeviceMaker
from securechat.app.expiry import Expiry
from securechat.app.indexing import Indexing
from securechat.app.online_copy import OnlineCopy
from securechat.app.patience import patiently, while_away
from securechat.app.retention import Retention
from securechat.app.space import Space
from securechat.app.watching import Watching
from securechat.chat.core import Core
from securechat.chat.reading import time_of
from securechat.chat.requests import Answer, Done, Refused
from securechat.config import Config
from securechat.server.clock import Clock
from securechat.server.inherited import inherited
from securechat.server.listener import bind
from securechat.server.loan import Loan
from securechat.server.notify import Notifier, is_watched
from securechat.server.server import Server
from securechat.server.transport import Tls
from securechat.storage.databases import Contents, Database
from securechat.storage.lock import DirectoryLock
from securechat.storage.passwords import Hasher
from securechat.storage.store import SqlStore
from securechat.tls.context import Checked
from securechat.tls.devices import DeviceAuthority, ask_for_certificates
from securechat.tls.errors import CertificateProblem
from securechat.tls.rehearsal import is_public

_CHECK_SECONDS: Final = 3600.0
_UNFIT_SECONDS: Final = 60.0
_MAX_FILES: Final = 1 << 20

_log: Final = logging.getLogger("securechat.server")


def serve(directory: Path, read: Callable[[], Loaded]) -> int:
    """Run the server of a data directory until it is told to stop; return the exit code.

    `read` reads the configuration, now and at each reload. Raises ConfigError, StorageError,
    CertificateProblem and CannotStart, whose texts are for the person who starts the server.
    """
    config = read().config
    try:
        check_machine(config, directory)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    begin_log(config)
    if os.geteuid() == 0:
        _log.warning("this server runs as root: a user of its own is safer")
    open_files = _raise_file_limit()
    with ExitStack() as stack:
        patiently(lambda: stack.enter_context(DirectoryLock(directory)))
        return Running(directory, read, config, open_files).run()


class Running:
    """A server and the configuration in force. Its methods say which thread calls them."""

    def __init__(self, directory: Path, read: Callable[[], Loaded], config: Config, open_files: int) -> None:
        self._directory = directory
        self._read = read
        self._config = config
        self._open_files = open_files
        self._database = Database(directory, config.storage.url)
        self._space = Space(
            directory, lambda: self._config.storage.reserve, lambda item: self._server.put(item)
        )
        self._settings = core_settings(config, places_for(config, open_files))
        prepare(config, directory)
        self._notifier = Notifier(os.environ.get("NOTIFY_SOCKET"))
        self._lock = Lock()
        self._checked = time.monotonic()
        self._expiry = Expiry()
        self._devices = DeviceAuthority(directory)
        checked = make_context(config, directory)
        self.tls = Tls(checked.context)
        self._use(checked)

    def run(self) -> int:
        """Serve until the end and return the exit code. The main thread calls."""
        store = while_away(self._database.open_store)
        try:
            self._server = self._make_server(store, self._database.load(store))
            self._watching = Watching(self._server.vitals)
            self._watch(self._config)
        except BaseException:
            store.close()
            raise
        try:
            return self._server.run()
        finally:
            self._watching.stop()

    def reload(self, *, renew: bool = False) -> Answer:
        """Read the configuration and the certificate again, after having renewed it where that is asked for.

        The server calls, one call at a time.
        """
        with self._lock:
            try:
                new = change(self._config, self._read().config)
                settings = core_settings(new.config, places_for(new.config, self._open_files))
                limits = transport_limits(new.config, self._open_files)
                if renew:
                    check_own(certificates_of(new.config, self._directory))
                prepare(new.config, self._directory, renew=renew)
                checked = make_context(new.config, self._directory)
                self._watch(new.config)
                begin_log(new.config)
            except (ConfigError, CertificateProblem) as error:
                return Refused("CONFIG_INVALID", "nothing was changed: " + "; ".join(str(error).splitlines()))
            self._server.reconfigure(settings, limits)
            self._config = new.config
            self._use(checked)
        for key in new.pending:
            _log.warning("%s was changed: it needs a restart of the server", key)
        states = [(key, True) for key in new.applied] + [(key, False) for key in new.pending]
        return Done([{"key": key, "applied": applied} for key, applied in states])

    def _renew(self) -> Answer:
        """Renew the server's own certificate now. The control thread calls."""
        return self._server.reload(partial(self.reload, renew=True))

    def renew_certificate(self) -> None:
        """Once an hour, renew the server's own certificate when its time has come, or say that it ends.

        Once a minute while the certificate in use is not valid: it was made by a wrong clock, or the clock is
        wrong now. The main thread calls.
        """
        valid = self._served.starts <= _now() <= self._served.ends
        if time.monotonic() - self._checked < (_CHECK_SECONDS if valid else _UNFIT_SECONDS):
            return
        self._checked = time.monotonic()
        with self._lock:
            try:
                if prepare(self._config, self._directory):
                    self._use(make_context(self._config, self._directory))
                    _log.info("the certificate was renewed")
            except CertificateProblem as error:
                _log.error("the certificate could not be renewed: %s", error)
            self._look_at_expiry()

    def facts(self) -> Mapping[str, str]:
        """Return what `status` says of the certificate in use. Any thread may call."""
        unfit = {} if self._served.starts <= _now() else {"certificate.state": "not valid yet"}
        return {**self._expiry.facts(_now()), **unfit}

    def _watch(self, config: Config) -> None:
        """Serve the pages for programs that watch where a configuration says. Raises ConfigError."""
        address = config.metrics.address
        try:
            self._watching.use(address)
        except OSError as error:
            text = f"metrics.address: {address} cannot be used: {error.strerror or error}"
            raise ConfigError(text) from error

    def _use(self, checked: Checked) -> None:
        """Serve new connections with a certificate."""
        if self._config.tls.device_certificates:
            ask_for_certificates(checked.context, self._devices.path)
        self._served = checked
        self.tls.current = checked.context
        for remark in checked.remarks:
            _log.warning("%s", remark)
        self._expiry.use(checked.ends)
        self._look_at_expiry()

    def _look_at_expiry(self) -> None:
        self._expiry.look(_now(), time.monotonic(), how_to_renew(self._config, self._directory))

    def _make_server(self, store: SqlStore, contents: Contents) -> Server:
        config, cost, snapshot = self._config, self._config.auth.argon2, contents.snapshot
        hasher = Hasher(cost.time_cost, cost.memory_cost, cost.parallelism)
        hasher.stand_beside(account.phc for account in snapshot.accounts if account.phc)
        has_accounts = any(account.phc is not None for account in snapshot.accounts)
        announcement = Announcement(lambda: self._config, self._directory, has_accounts)
        clock = WatchedClock(contents.seen, snapshot.last_message)
        core = Core(self._settings, snapshot, Clock().now())
        core.steady_since = clock.steady_since
        retention = Retention(
            store,
            lambda: self._config.history.retention_days,
            clock,
            short=lambda: self._space.low,
            ends=lambda: bool(core.registry.temporary),
        )
        copy = OnlineCopy(store.copy, Loan(lambda call: self._server.call(call)))
        return Server(
            core=core,
            banned=core.registry.bans.networks(core.now.wall),
            latest=time_of(snapshot.last_message),
            store=store,
            open_reader=self._database.open_reader,
            hasher=hasher,
            devices=DeviceMaker(self._devices),
            tls=self.tls,
            limits=transport_limits(config, self._open_files),
            server_name=server_name(config),
            directory=self._directory,
            listen=self._listen,
            workers=worker_count(config),
            reload=self.reload,
            commands={
                **copy.commands(),
                "identity": lambda _: announcement.identity(is_public(self.tls.current)),
                "renew-certificate": lambda _: self._renew(),
            },
            at_stop=[copy.stop],
            chores=[retention, Indexing(store, short=lambda: self._space.low)],
            every_second=[self.renew_certificate, self._space, *self._pulse()],
            facts=lambda: {
                **self.facts(),
                **retention.facts(),
                **self._space.status(),
                "memory_limit": self._config.limits.memory << 20,
                "version": __version__,
            },
            notifier=self._notifier,
            announce=announcement,
        )

    def _listen(self) -> Sequence[socket]:
        """Take the sockets of the service manager, or open those that are configured. Raises OSError."""
        config = self._config.server
        return inherited(os.environ, os.getpid()) or bind(config.host, config.port)

    def _pulse(self) -> Sequence[Callable[[], None]]:
        """Return what keeps the watchdog of the service manager quiet, if there is one.

        The main thread has the hub say that it is alive: nothing is said when one of them does not go on.
        """
        if not is_watched(os.environ, os.getpid()):
            return []
        return [lambda: self._server.call(self._notifier.alive)]


def _now() -> datetime:
    return datetime.now(UTC)


def _raise_file_limit() -> int:
    """Raise the limit on open files as far as this user may; return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:  # a sandbox may allow nobody to set limits
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else _MAX_FILES
