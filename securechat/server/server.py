"""The running server: starts the threads in order, waits for signals, and stops everything in order.

Theory of operation. Signals are blocked in all threads and this one waits for them, so nothing is done in a
handler. A stop goes from the outside in: no new connections, `ERROR` to every session, time for that to be
written, then the pools, the hub (which closes the store) and the descriptors. An exception that escapes a
thread's loop means that a thread's state can no longer be trusted: it is logged once, all connections are
closed at once without a word that could be taken for a confirmation, and the process ends with exit code 70,
so that the service manager starts a new one.
"""

import logging
import os
import random
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from threading import Lock, Thread
from types import MappingProxyType
from typing import Final

from securechat.chat.items import Item, Reloaded, ShutDown, Tick
from securechat.chat.link import Link
from securechat.chat.ports import Reader, Store, StoreLost
from securechat.chat.requests import Answer, Done, Refused, Value
from securechat.chat.settings import Settings
from securechat.log import escape
from securechat.server.admission import Admission
from securechat.server.control import Control, reloaded
from securechat.server.core import Core
from securechat.server.costs import Costs
from securechat.server.hub import Hub
from securechat.server.inbox import Call, Inbox
from securechat.server.interpreter import tuned
from securechat.server.limits import Limits
from securechat.server.listener import Listener
from securechat.server.notify import Notifier
from securechat.server.pools import DeviceMaker, PasswordHasher, check_passwords
from securechat.server.readers import QueryReader, run_queries
from securechat.server.reloads import Reloads
from securechat.server.signals import HANGUP, Signals
from securechat.server.transport import Tls
from securechat.server.vitals import Vitals
from securechat.server.worker import Worker

log: Final = logging.getLogger("securechat.server")

EXIT_FAILED: Final = 70
LAST_RESORT: Final = 10.0
"""Seconds after a failure until threads that do not end are left to the kernel."""


class CannotStart(Exception):
    """An address or the control socket cannot be used. The text says which and why."""


def say(line: str) -> None:
    """Print a line to standard output and make sure that it is seen."""
    print(line, flush=True)


class Server:
    """Everything that runs. The main thread calls `run`; methods that other threads may call say so.

    `core` was made from what `store` had loaded; from `run` on both belong to the hub's thread, which closes
    the store. `open_reader` is called by each query thread. `reload` is called on SIGHUP, REHASH and by the
    control socket, one call at a time, in the main or the control thread; it swaps `tls.current` and calls
    `reconfigure`, and answers what it did. `commands` are more that the control thread answers. `chores` run
    on the hub's thread about once a second when nothing else waits, `every_second` and, once no more commands
    come, `at_stop` on the main thread. `facts` is what `status` says besides. `latest` is for the hub,
    `banned` are the networks from which nobody may connect. `listen` opens the sockets for clients, of which
    there is at least one, or raises OSError.
    """

    def __init__(
        self,
        *,
        core: Core,
        store: Store,
        open_reader: Callable[[], Reader],
        hasher: PasswordHasher,
        devices: DeviceMaker,
        tls: Tls,
        limits: Limits,
        server_name: str,
        directory: Path,
        listen: Callable[[], Sequence[socket.socket]],
        workers: int = 1,
        reload: Callable[[], Answer] | None = None,
        commands: Mapping[str, Callable[[str], Answer]] = MappingProxyType({}),
        chores: Sequence[Callable[[], bool | None]] = (),
        at_stop: Sequence[Callable[[], None]] = (),
        every_second: Sequence[Callable[[], None]] = (),
        facts: Callable[[], Mapping[str, Value]] = dict,
        latest: int = 0,
        banned: Sequence[str] = (),
        notifier: Notifier | None = None,
        announce: Callable[[str], None] = say,
    ) -> None:
        self._core, self._store = core, store
        self._readers = [QueryReader(open_reader) for _ in range(limits.query_threads)]
        self._hasher, self._devices = hasher, devices
        self._limits = limits
        self._directory, self._listen = directory, listen
        self._reload, self._commands = reload, commands
        self._at_stop, self._every_second = at_stop, every_second
        self._announce = announce
        self._notifier = notifier or Notifier(None)
        self._signals = Signals()
        self._inbox = Inbox()
        self._admission = Admission(limits, random.random, banned)
        loop = partial(Worker, self._inbox, tls, self._admission, limits, server_name)
        self._workers = [loop() for _ in range(max(1, workers))]
        self._reloads = Reloads(self.reload, self._tell_reloaded, self._note_signal)
        self._hub = Hub(
            core,
            store,
            self._inbox,
            self._workers,
            self._admission,
            limits,
            answered=lambda ticket, answer: self._control.answered(ticket, answer),
            reload=self._ask_for_reload,
            hash_added=lambda phc: hasher.stand_beside([phc]),
            chores=chores,
            latest=latest,
        )
        self._listeners: list[Listener] = []
        self._threads: list[Thread] = []
        self._lock, self._reloading = Lock(), Lock()
        self._stopping = False
        self._failed: str | None = None  # the name of the thread that has failed
        self.vitals = Vitals(self._hub, self._inbox, self._admission, self._workers, self._readers, facts)

    # For other threads

    def stop(self) -> None:
        """Stop in order, as SIGTERM does. Any thread may call."""
        self._stopping = True
        self._signals.interrupt()

    def reconfigure(self, settings: Settings, limits: Limits) -> None:
        """Use new settings and limits. Any thread may call."""
        self._hub.reconfigure(settings, limits)
        self._admission.limits = limits
        for worker in self._workers:
            worker.reconfigure(limits)

    def call(self, call: Call) -> None:
        """Have the hub do something in its place between the items. Any thread may call."""
        self._inbox.put(call)

    def put(self, item: Item) -> None:
        """Let something happen to the chat. Any thread may call."""
        self._inbox.put(item)

    def reload(self, how: Callable[[], Answer] | None = None) -> Answer:
        """Reload the configuration, by `how` instead of the usual way. Any thread may call, one at a time."""
        how = how or self._reload
        if how is None:
            return Refused("NOT_POSSIBLE", "this server has no configuration to reload")
        with self._reloading:
            self._notifier.reloading()
            try:
                answer = how()
            except Exception:  # about a file, most likely: the server goes on with what it has
                log.exception("the reload has failed")
                answer = Refused("FAILED", "nothing was reloaded: the log of the server says why")
            finally:
                self._notifier.ready()
        if isinstance(answer, Refused):
            answer = Refused(answer.code, escape(answer.text))  # it names files, whatever their names are
            log.error("reload: %s", answer.text)
        else:
            log.info("reloaded")
        return answer

    def status(self) -> Answer:
        """Return the counters, in one row. Any thread may call."""
        return Done([self.vitals.row()])

    # The main thread

    def run(self) -> int:
        """Serve until SIGTERM, SIGINT or `stop`; return the exit code. Raises CannotStart."""
        with tuned(), self._signals:
            self._open()
            try:
                self._start()
                self._wait()
            except Exception as error:
                self._fail("main", error)
            self._shut_down()
        if self._failed is not None:
            log.error("stopped with exit code %d: the thread %s had failed", EXIT_FAILED, self._failed)
            return EXIT_FAILED
        log.info("stopped")
        return 0

    def _open(self) -> None:
        """Take what another program may hold, before anything is started."""
        try:
            sockets = self._listen()
            serials = count(1).__next__
            self._listeners = [Listener(sock, self._workers, self._admission, serials) for sock in sockets]
            self.vitals.listeners = self._listeners
            costs = Costs(self.vitals, self._hub, self._core)
            own = {
                "status": lambda _: self.status(),
                "reload": lambda _: self.reload(),
                "top": costs.answer,
            }
            self._control: Control = Control(self._directory, self._inbox, {**self._commands, **own})
        except OSError as error:
            for listener in self._listeners:
                listener.close()
            for worker in self._workers:
                worker.close()
            self._store.close()
            raise CannotStart(error.strerror or str(error)) from error

    def _start(self) -> None:
        hub, limits = self._hub, self._limits
        for worker in self._workers:
            worker.watch.ring = self._signals.interrupt
            worker.turn_here = hub.turn_here
        self._spawn("hub", hub.run)
        for number in range(1, limits.slots + 1):
            self._spawn(
                f"password-{number}",
                lambda: check_passwords(hub.jobs.passwords, self._hasher, self._devices),
            )
        for number, reader in enumerate(self._readers, 1):
            searches = number == len(self._readers)  # the others go on with all else meanwhile
            body = partial(run_queries, hub.jobs.queries, reader, searches=searches)
            self._spawn(f"query-{number}", body)
        for number, worker in enumerate(self._workers, 1):
            self._spawn(f"worker-{number}", worker.run)
        self._spawn("control", self._control.run)
        for number, listener in enumerate(self._listeners, 1):
            self._spawn(f"listener-{number}", listener.run)
        first, *more = [listener.address for listener in self._listeners]
        for address in more:
            log.info("also listening on %s", address)
        self.vitals.state = "running"
        self._announce(f"listening on {first}")
        self._notifier.ready()

    def _spawn(self, name: str, body: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                body()
            except Exception as error:
                self._fail(name, error)

        thread = Thread(target=guarded, name=name)
        thread.start()
        self._threads.append(thread)

    def _wait(self) -> None:
        """Wait for the end; meanwhile the clock ticks for everybody."""
        tick = time.monotonic()
        pause = 0.0
        while not self._stopping:
            for found in self._signals.wait(pause):
                if self._stopping:
                    break
                if found == HANGUP:
                    self._reloads.hang_up()
                else:
                    log.info("%s: stopping", found.name)
                    self._stopping = True
            pause = min(self._reloads.look(), *(worker.watch.look() for worker in self._workers))
            if time.monotonic() >= tick:
                tick = max(tick + 1.0, time.monotonic())
                self._inbox.put(Tick())
                for action in self._every_second:
                    action()
            pause = min(pause, tick - time.monotonic())

    def _tell_reloaded(self, link: Link, answer: Answer) -> None:
        """Have a session told of the reload that it asked for."""
        self._inbox.put(Reloaded(link, answer))

    def _note_signal(self, answer: Answer) -> None:
        """Have the audit log know of a reload that a signal asked for; whose it was nobody knows."""
        if isinstance(answer, Done):
            self._inbox.put(reloaded(answer, "SIGHUP", "local"))

    def _ask_for_reload(self, link: Link) -> None:
        """Have the main thread reload, and the hub told of it. Called by the hub."""
        self._reloads.ask(link)
        self._signals.interrupt()

    def _fail(self, name: str, error: Exception) -> None:
        """A thread has ended that must not: everything ends. Any thread."""
        with self._lock:
            if self._failed is not None:
                return
            self._failed = name
        if isinstance(error, StoreLost):  # where in the program that was is of no interest
            log.critical("the thread %s has failed, the server ends: %s", name, error)
        else:
            log.critical("the thread %s has failed, the server ends", name, exc_info=error)
        for worker in self._workers:
            worker.stop(float("-inf"))
        self.stop()

    # The end

    def _shut_down(self) -> None:
        self._notifier.stopping()
        self.vitals.state = "stopping"
        for listener in self._listeners:
            listener.stop()
        self._control.stop()
        self._join("listener-", "control")
        for action in self._at_stop:
            action()
        self._inbox.put(ShutDown("Server shutting down"))
        deadline = float("-inf") if self._failed else time.monotonic() + self._limits.stopping
        for worker in self._workers:
            worker.stop(deadline)
        self._join("worker-")
        self._hub.jobs.passwords.stop()
        self._hub.jobs.queries.stop()
        self._join("password-", "query-")
        self._hub.stop()
        self._join("hub")
        for listener in self._listeners:
            listener.close()
        self._control.close()
        for worker in self._workers:
            worker.close()

    def _join(self, *names: str) -> None:
        for thread in self._threads:
            if not thread.name.startswith(names):
                continue
            thread.join(LAST_RESORT if self._failed else None)
            if thread.is_alive():
                log.critical("the thread %s does not end, the process does", thread.name)
                logging.shutdown()
                os._exit(EXIT_FAILED)
