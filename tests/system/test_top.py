"""`securechat top` against a real server: a flood is seen, and the terminal is as it was afterwards."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest

from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import DEADLINE, ServerProcess, clean_environment
from tests.system.test_watching import get, port_of

FLOODERS = [f"mallory{number}" for number in range(20)]


class Live:
    """`securechat top` on a terminal of its own."""

    def __init__(self, server: ServerProcess, home: Path, *arguments: str, term: str = "xterm") -> None:
        self._person, self._end = pty.openpty()
        self.resize(80, 24)
        self.mode = termios.tcgetattr(self._end)
        self._raw = b""
        self._process = subprocess.Popen(
            server.command("top", "--interval", "0.5", *arguments),
            stdin=self._end,
            stdout=self._end,
            stderr=self._end,
            env=clean_environment(home, {"TERM": term}),
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._person)
        os.close(self._end)

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("4H", height, width, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self._person, keys.encode())

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._person], [], [], seconds)
        if ready:
            self._raw += os.read(self._person, 65536)
        return bool(ready)

    def picture(self) -> str:
        """The last picture that is complete."""
        return self._raw.rpartition(b"\x1b[J")[0].rpartition(b"\x1b[H")[2].decode()

    def until(self, text: str, without: str = "\x00") -> str:
        """Read until a picture shows this text, and not the other."""
        deadline = time.monotonic() + DEADLINE
        while text not in (shown := self.picture()) or without in shown:
            assert self.read(deadline - time.monotonic()), f"it does not show {text!r}:\n{shown}"
        return shown

    def end(self) -> int:
        """Wait for the end; return the exit code. The terminal has to be as it was."""
        code = self._process.wait(DEADLINE)
        while self.read(0):
            pass
        assert termios.tcgetattr(self._end) == self.mode, "the terminal is not as it was"
        assert self._raw.endswith(b"\x1b[?25h\x1b[?1049l"), "the other screen is still there"
        return code


@pytest.fixture
def live(shared_server: ServerProcess, tmp_path: Path) -> Iterator[Live]:
    """`top` of a server, which shows something."""
    with Live(shared_server, tmp_path) as terminal:
        terminal.until("ready")
        yield terminal


@pytest.mark.parametrize(("keys", "code"), [("q", 0), ("\x03", 130)])
def test_ways_to_leave(live: Live, keys: str, code: int) -> None:
    """q is done, Ctrl-C interrupts."""
    if keys == "\x03":
        live.send_signal(signal.SIGINT)  # what the terminal makes of it
    else:
        live.type(keys)
    assert live.end() == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_leaves_the_terminal_in_order(live: Live, number: signal.Signals) -> None:
    """The exit code is the signal's, as the shell has it."""
    live.send_signal(number)
    assert live.end() == 128 + number


def test_tables_orders_and_sizes_change(live: Live, shared_server: ServerProcess) -> None:
    """By Tab, by a letter, and with the window; escape sequences are no keys."""
    with Person(shared_server, "alice") as alice:
        alice.say("#general", "hello")
        live.until("alice")
        live.type("\x1b[A\x1bOP\t")
        live.until("SESSION OF")
        live.until("alice 127.0.0.1")
        live.type("\tm")
        live.until("#general")
        live.until("now messages")
        live.resize(60, 12)
        live.send_signal(signal.SIGWINCH)
        shown = live.until(
            "CHANNEL", without="Tab: other tables | h l i o s w r m: order, now messages | q: quit"
        )
        assert len(shown.split("\r\n")) == 12
    live.type("q")
    assert live.end() == 0


def test_a_flood_is_seen_in_top_and_in_the_metrics(serve: Serve) -> None:
    """Twenty members send as fast as they can: they are the first rows, and what waits is counted.

    One command ends it.
    """
    settings = {"limits.flood": True, "metrics.address": "127.0.0.1:0", "limits.connections_per_source": 0}
    server = serve(settings, accounts=["alice", *FLOODERS])
    with ExitStack() as people:
        people.enter_context(Person(server, "alice"))
        for name in FLOODERS:
            mallory = people.enter_context(Person(server, name))
            mallory.send_bytes(b"PRIVMSG #general :buy this\r\n" * 200)
        found = json.loads(server.administer("top", "--once", "--json", "--sort", "refused"))
        first = [row["name"] for row in found["accounts"][:20]]
        assert sorted(first) == sorted(FLOODERS)
        assert all(row["refused"] > 0 and row["waiting"] > 0 for row in found["accounts"][:20])
        assert {row["name"] for row in found["channels"]} == {"#general"}
        assert found["total"]["refusals"]["flood"] >= 20
        _, metrics = get(port_of(server), "/metrics")
        slowed = next(line for line in metrics.splitlines() if 'refusals_total{reason="flood"}' in line)
        assert float(slowed.split()[-1]) >= 20
        text = server.administer("top", "--once")
        assert "mallory" in text and max(map(len, text.splitlines())) <= 80
        _end_the_flood(server, first)


def _end_the_flood(server: ServerProcess, names: list[str]) -> None:
    """Those whom `top` has named are out by one command, which is in the audit log."""
    server.administer("ban", "add", *names, "--reason", "a flood")
    found = json.loads(server.administer("top", "--once", "--json"))
    assert [row["name"] for row in found["accounts"] if row["sessions"]] == ["alice"]
    audit = server.administer("audit", "show", "--json")
    assert all(f"{name}" in audit for name in names) and "a flood" in audit


def test_a_server_that_is_stuck_or_gone_is_told_of(serve: Serve, tmp_path: Path) -> None:
    """`top` goes on, says why nothing new is shown, and shows it when the server is back."""
    server = serve(accounts=["alice"])
    with Live(server, tmp_path) as live:
        live.until("ready")
        server.send_signal(signal.SIGSTOP)
        live.until("! the server gave no answer")
        server.send_signal(signal.SIGCONT)
        live.until("ready", without="! ")
        live.type("q")
        assert live.end() == 0


def test_without_a_terminal_there_is_only_once(shared_server: ServerProcess, tmp_path: Path) -> None:
    """A pipe, or a terminal that knows nothing, is told so; so is a server that does not run."""
    done = shared_server.run("top")
    assert done.returncode == 2 and "--once" in done.stderr
    done = shared_server.run("top", "--once", "--sort", "colour")
    assert done.returncode == 2 and "hub, lines" in done.stderr
    stopped = ServerProcess(tmp_path / "stopped", accounts=["alice"])
    done = stopped.run("top", "--once")
    assert done.returncode == 1 and "start it with" in done.stderr
