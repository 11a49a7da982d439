"""Measures the app in a terminal of its own: the first paint, keys, idle time and memory."""

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
PATIENT = Path(__file__).parent / "patient.py"
QUIET = 0.25
"""Seconds without output after which the app has drawn what it had to."""
BARS = {
    "first paint, s": 0.5,
    "key p50, ms": 15.0,
    "bytes a key": 600.0,
    "idle CPU, %": 1.0,
    "memory, MB": 150.0,
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; times of keys in seconds."""

    first_paint: float
    first_cpu: float
    loaded: float
    keys: list[float]
    bytes_of_keys: list[int]
    idle: float
    memory: float

    def rows(self) -> dict[str, float]:
        """The figures by their names; those with a bar have its name."""
        ordered = sorted(self.keys)
        return {
            "first paint, s": self.first_paint,
            "CPU of it, s": self.first_cpu,
            "all loaded, s": self.loaded,
            "key p50, ms": statistics.median(ordered) * 1000,
            "key p99, ms": ordered[int(len(ordered) * 0.99)] * 1000,
            "bytes a key": statistics.mean(self.bytes_of_keys),
            "idle CPU, %": self.idle * 100,
            "memory, MB": self.memory,
        }


class Terminal:
    """The app in a terminal of this size."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], columns: int, rows: int) -> None:
        self._person, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {**environment, "TERM": "xterm-256color"}
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=end, stdout=end, stderr=end, env=environment, start_new_session=True
        )
        os.close(end)

    def read(self, timeout: float) -> bytes:
        """Return what came first within this time, b"" when nothing did."""
        ready, _, _ = select.select([self._person], [], [], timeout)
        try:
            return os.read(self._person, 1 << 20) if ready else b""
        except OSError:  # EIO: the app has ended, and its terminal with it
            return b""

    def until_quiet(self, quiet: float = QUIET) -> bytes:
        """Read until nothing has come for a while."""
        output = b""
        while piece := self.read(quiet):
            output += piece
        return output

    def type(self, keys: bytes) -> None:
        """Type keys."""
        os.write(self._person, keys)

    def cpu(self) -> float:
        """Seconds of CPU that the app has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Megabytes that the app has in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1000

    def close(self) -> None:
        """End the app."""
        self.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.1)
        self.process.kill()
        self.process.wait()
        os.close(self._person)


def measure(options: argparse.Namespace) -> Figures:
    """Run the app once."""
    with tempfile.TemporaryDirectory(prefix="clientbench-") as compiled:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        compile_all = [sys.executable, "-c", "import securechat.client.tui.run"]
        subprocess.run(compile_all, env=environment, check=True)  # as an installation does
        return measure_in(environment, options)


def measure_in(environment: dict[str, str], options: argparse.Namespace) -> Figures:
    """Run the app once, without a garbage collection before the first paint, as `connect` does."""
    numbers = [str(options.messages), str(options.channels), str(options.members)]
    program = f"import gc, runpy; gc.disable(); runpy.run_path({str(PATIENT)!r}, run_name='__main__')"
    command = [sys.executable, "-c", program, *numbers]
    terminal = Terminal(command, environment, options.columns, options.rows)
    try:
        seen = b""
        while b"chat.example.org" not in seen:
            seen += terminal.read(30.0)
        first_paint, first_cpu = time.monotonic() - terminal.began, terminal.cpu()
        while b"#general" not in seen:
            seen += terminal.read(30.0)
        terminal.until_quiet(1.0)
        loaded = time.monotonic() - terminal.began - 1.0
        keys, sizes = [], []
        for number in range(options.keys):
            began = time.monotonic()
            terminal.type(b"abcdefgh "[number % 9 : number % 9 + 1])
            first = terminal.read(5.0)
            keys.append(time.monotonic() - began)
            sizes.append(len(first + terminal.until_quiet(0.03)))
        terminal.until_quiet(1.0)
        before, began = terminal.cpu(), time.monotonic()
        while time.monotonic() - began < options.idle:
            terminal.read(0.5)
        idle = (terminal.cpu() - before) / (time.monotonic() - began)
        return Figures(first_paint, first_cpu, loaded, keys, sizes, idle, terminal.memory())
    finally:
        terminal.close()


def main(arguments: Sequence[str]) -> int:
    """Print the figures; 1 when a bar is not met."""
    parser = argparse.ArgumentParser(prog="client", description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--channels", type=int, default=200)
    parser.add_argument("--members", type=int, default=2_000, help="of the channel with the messages")
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--idle", type=float, default=10.0, help="seconds")
    figures = measure(parser.parse_args(arguments)).rows()
    missed = False
    for name, value in figures.items():
        bar = BARS.get(name)
        missed = missed or (bar is not None and value >= bar)
        print(f"{name:16} {value:9.2f}" + (f"   (bar: {bar:g})" if bar is not None else ""))
    return int(missed)
