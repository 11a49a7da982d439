"""A real server in a process of its own: started, asked, stopped or killed by a test.

Nothing here sleeps: what a test waits for comes over a pipe or is the end of a process, and every wait has a
deadline.
"""

import json
import os
import re
import select
import signal
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from securechat.chat.clock import Now
from securechat.chat.core import Core
from securechat.chat.effects import Answered
from securechat.chat.items import Administer
from securechat.chat.requests import AddAccount, Done, Request
from securechat.chat.settings import Settings
from securechat.server.control_client import ask
from securechat.storage.lock import DirectoryLock
from securechat.storage.passwords import Hasher
from securechat.storage.sqlite import open_store

PASSWORD: Final = "correct horse battery"
DEADLINE: Final = 30.0
"""Seconds: the longest that anything is waited for."""
SERVER_NAME: Final = "chat.test"

_REPOSITORY: Final = Path(__file__).parents[2]

Setting = str | int | bool | Sequence[str]

TEST_SETTINGS: Final[Mapping[str, Setting]] = {
    "server.name": SERVER_NAME,
    "log.format": "text",
    "auth.argon2.time_cost": 2,
    "auth.argon2.memory_cost": 19456,
    "limits.flood": False,
    "limits.connections_per_source": 0,
    "limits.connections_window": 0,
}
"""The cheapest passwords, and no limit that a test with many connections from one address would meet."""

# What a server that has stopped leaves in its data directory.
_FILES: Final = {
    *("ca.pem", "ca.key", "server.pem", "server.key", "devices.pem", "devices.key"),
    *("securechat.db", "securechat.lock"),
    *("public.pem", "acme.key", "acme.json"),
}


class ServerProcess:
    """`securechat server` with a data directory below `place`.

    `settings` are added to TEST_SETTINGS; `wrapper` is a command that starts the server, and `environment`
    is added to the process's.
    """

    def __init__(
        self,
        place: Path,
        settings: Mapping[str, Setting] | None = None,
        *,
        accounts: Iterable[str] = (),
        wrapper: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self.data = place / "data"
        self.config = place / "securechat.toml"
        self.log = place / "server.log"
        self.port = 0
        self._settings = {**TEST_SETTINGS, **(settings or {})}
        self._wrapper = list(wrapper)
        self._environment = clean_environment(place, environment)
        self._process: subprocess.Popen[bytes] | None = None
        self.handed_over: Sequence[int] = ()
        """Descriptors that the process gets."""
        self.configure()
        add_accounts(self.data, accounts)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        if kind is not None:
            self.kill()
            print(f"--- the server's log ---\n{self.log_text()}")
        else:
            self.stop()

    def configure(self, **changes: Setting) -> None:
        """Write the configuration file; a change is named with two underscores for the dot."""
        self._settings |= {name.replace("__", "."): value for name, value in changes.items()}
        lines = [f"{name} = {json.dumps(value)}" for name, value in self._settings.items()]
        self.config.write_text("\n".join(lines) + "\n")

    @property
    def ca(self) -> Path:
        """The certificate of the server's own authority."""
        return self.data / "ca.pem"

    @property
    def database(self) -> Path:
        """The file of the database."""
        return self.data / "securechat.db"

    @property
    def pid(self) -> int:
        """The server's process, also where a wrapper started it."""
        return int((self.data / "securechat.lock").read_text())

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a `securechat` command about this server."""
        place = ["--config", str(self.config), "--data-dir", str(self.data)]
        return [sys.executable, "-m", "securechat", *arguments, *place]

    def spawn(self, *, port: int = 0) -> subprocess.Popen[bytes]:
        """Start the process without waiting for anything."""
        arguments = self.command("server", "--host", "127.0.0.1", "--port", str(port))
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*self._wrapper, *arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment,
                cwd=_REPOSITORY,
                pass_fds=self.handed_over,
            )

    def start(self, *, port: int = 0) -> None:
        """Start the server and wait until it accepts connections."""
        assert self._process is None, "this server runs already"
        process = self._process = self.spawn(port=port)
        assert process.stdout is not None
        line = first_line(process.stdout.fileno())
        found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)
        if found is None:
            self.kill()
            raise AssertionError(f"the server said {line!r} instead of where it listens:\n{self.log_text()}")
        self.port = int(found[1])

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the server."""
        os.kill(self.pid, number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop the server in order, and check that it left nothing behind and nothing went wrong."""
        self.send_signal(number)
        code = self.wait()
        assert code == 0, f"the server ended with exit code {code}:\n{self.log_text()}"
        self.check_log()
        left = {path.name for path in self.data.iterdir()}
        assert left <= _FILES, f"the server left {', '.join(sorted(left - _FILES))} in its data directory"
        for path in self.data.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, f"{path.name} is open to other users"

    def kill(self) -> None:
        """End the server as a crash of the machine would."""
        process = self._process
        if process is not None:
            if self._wrapper and process.poll() is None and (self.data / "securechat.lock").exists():
                os.kill(self.pid, signal.SIGKILL)
            process.kill()
            self.wait()

    def wait(self, seconds: float = DEADLINE) -> int:
        """Wait for the end of the process; return its exit code."""
        process, self._process = self._process, None
        assert process is not None, "this server does not run"
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the server did not end within {seconds} s:\n{self.log_text()}") from None
        finally:
            assert process.stdout is not None
            process.stdout.close()
        return code

    def run(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a `securechat` command about this server to its end; `text` is its standard input."""
        return subprocess.run(
            self.command(*arguments),
            input=text,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            env=self._environment,
            cwd=_REPOSITORY,
            check=False,
        )

    def administer(self, *arguments: str, text: str = "") -> str:
        """Run a `securechat` command that must succeed; return its standard output."""
        done = self.run(*arguments, text=text)
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def add(self, *names: str) -> None:
        """Make accounts while the server runs."""
        for name in names:
            answer = ask(self.data, AddAccount(name, hashed(PASSWORD)))
            assert isinstance(answer, Done), f"{name} was not added: {answer}"

    def log_text(self) -> str:
        """Return everything that the server wrote to standard error so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def check_log(self) -> None:
        """Check that nothing in the server went wrong."""
        text = self.log_text()
        assert "Traceback" not in text and "internal error" not in text, f"something went wrong:\n{text}"

    def client_context(self) -> ssl.SSLContext:
        """Return a context that trusts this server's authority and nobody else."""
        return ssl.create_default_context(cafile=self.ca)


@cache
def hashed(password: str) -> str:
    """Return the cheapest hash of a password."""
    return Hasher(2, 19456, 1).hash(password)


def add_accounts(
    directory: Path, names: Iterable[str], password: str = PASSWORD, phc: str | None = None
) -> None:
    """Make accounts as `adduser` does without a server, all in one go; `phc` is a hash of their password."""
    administer_stopped(directory, [AddAccount(name, phc or hashed(password)) for name in names])


def administer_stopped(directory: Path, requests: Sequence[Request]) -> None:
    """Have requests done, as commands do without a server, all in one go."""
    if not requests:
        return
    with DirectoryLock(directory):
        store = open_store(directory)
        try:
            core = Core(Settings(SERVER_NAME, "SecureChat", "1"), store.load())
            now = Now(time.time_ns() // 1_000_000, time.monotonic())
            for ticket, request in enumerate(requests):
                core.handle(Administer(ticket, request), now)
            outcomes = core.take()
            store.commit([record for outcome in outcomes for record in outcome.records])
        finally:
            store.close()
    answers = [effect for outcome in outcomes for effect in outcome.effects if isinstance(effect, Answered)]
    refused = [answer.answer for answer in answers if not isinstance(answer.answer, Done)]
    assert not refused, f"it was not done: {refused[:3]}"


def clean_environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment without what would configure the product."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SECURECHAT_")}
    return {**ours, "HOME": str(home), "XDG_DATA_HOME": str(home / "share"), **(more or {})}


def first_line(descriptor: int, seconds: float = DEADLINE) -> str:
    """Read a pipe up to the end of its first line; what there is when the other end closes it."""
    deadline = time.monotonic() + seconds
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise AssertionError(f"there was no line within {seconds} s, only {line!r}")
        byte = os.read(descriptor, 1)
        if not byte:
            break
        line += byte
    return line.decode(errors="replace")
