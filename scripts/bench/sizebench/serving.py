"""A server on the large chat, the people who ask it, and somebody who asks for nothing and waits."""

from __future__ import annotations

import multiprocessing
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized as Shared
from multiprocessing.synchronize import Event
from pathlib import Path

from scripts.bench.ircbench.plan import Account, Target
from scripts.bench.ircbench.procfs import resident_bytes
from scripts.bench.ircbench.servers import HOST, Certificates, Running
from scripts.bench.ircbench.subject import serve
from scripts.bench.suite.asker import Asker

from .people import Probe, name_of, token_of

CAPS = "sasl batch server-time message-tags draft/chathistory soju.im/search draft/metadata-2"
"""What a client asks for that reads history itself."""
CONFIG = """[server]
name = "chat.example"
[channels]
autojoin = []
[limits]
connections_per_source = 0
connections_window = 0
channels_per_account = 0
channels_per_day = 0
flood = false
sendq = 67108864
"""
_PAUSE = 0.001
_KEEPALIVE = 20.0


@dataclass(frozen=True)
class Started:
    """A server that has started: how long that took, in seconds of the clock and of the CPU; bytes it has."""

    running: Running
    state: Path
    context: ssl.SSLContext
    seconds: float
    cpu: float
    resident: int
    peak: int

    def ask_as(self, account: int, caps: str = CAPS) -> Asker:
        """Log somebody in, with all that is said at a login still to be read."""
        name = name_of(account)
        return Asker(self.context, self.running.target, Account(name, token_of(account)), name, caps)


@contextmanager
def started(state: Path, place: Path, certificates: Certificates, tree: Path) -> Iterator[Started]:
    """Start the server of the clone `tree` on a data directory, with its log in `place`; end it."""
    config = place / "securechat.toml"
    config.write_text(CONFIG)
    began = time.monotonic()
    child, port = serve(config, state, place, certificates, tree=tree)
    seconds = time.monotonic() - began
    running = Running(Target(HOST, port, str(certificates.ca), 50), child, place)
    context = ssl.create_default_context(cafile=certificates.ca)
    try:
        resident, peak = resident_bytes(child.pid)
        yield Started(running, state, context, seconds, running.cpu(), resident, peak)
    finally:
        running.stop()


class Bystander:
    """Somebody who sends one PING after the other while told so, in a process of its own."""

    def __init__(self, awake: Event, longest: Shared[float]) -> None:
        self._awake = awake
        self._longest = longest

    def waits(self, work: Callable[[], object]) -> float:
        """Do something; return the milliseconds that one PING waited at most meanwhile."""
        self._longest.value = 0.0
        self._awake.set()
        try:
            work()
        finally:
            self._awake.clear()
        time.sleep(10 * _PAUSE)  # for an answer that is on its way
        return float(self._longest.value)


@contextmanager
def bystander(server: Started) -> Iterator[Bystander]:
    """Let somebody wait for answers."""
    context = multiprocessing.get_context("fork")
    awake, longest = context.Event(), context.Value("d", 0.0)
    child = context.Process(target=_wait, args=(server, awake, longest), daemon=True)
    child.start()
    try:
        yield Bystander(awake, longest)
    finally:
        child.terminate()
        child.join()


def _wait(server: Started, awake: Event, longest: Shared[float]) -> None:
    asker = server.ask_as(Probe.BYSTANDER)
    while True:
        if not awake.wait(_KEEPALIVE):
            asker.send("PONG still-here")
            continue
        began = time.perf_counter()
        asker.send("PING here")
        asker.until(lambda words: words[1:2] == [b"PONG"])
        longest.value = max(longest.value, (time.perf_counter() - began) * 1000)
        time.sleep(_PAUSE)
