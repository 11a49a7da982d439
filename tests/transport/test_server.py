"""The whole of it, with its threads: start, serve, reload, stop, fail."""

import logging
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Event

import pytest

from securechat.chat.items import Tick
from securechat.chat.ports import StoreLost
from securechat.chat.requests import Answer, Done, ListAccounts, Refused
from securechat.chat.settings import Settings
from securechat.server.control_client import ask
from securechat.server.notify import Notifier
from securechat.server.server import CannotStart
from securechat.tls.files import ServerFiles
from tests.transport.serve import Premises

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def premises(directory: Path, certificates: ServerFiles) -> Iterator[Premises]:
    """A server that is stopped after the test, if it runs."""
    made = Premises(directory, certificates.certificate, certificates.key)
    yield made
    if made._thread is not None and made._thread.is_alive():
        made.stop()


class Client:
    """A blocking client."""

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext) -> None:
        self.sock = context.wrap_socket(socket.create_connection(address, 20), server_hostname="localhost")
        self._lines = self.sock.makefile("rb")

    def say(self, line: str) -> None:
        self.sock.sendall(line.encode() + b"\r\n")

    def hear(self) -> str:
        """The next line, or "" at the end of the stream."""
        return self._lines.readline().decode().rstrip("\r\n")

    def close(self) -> None:
        self._lines.close()
        self.sock.close()


@pytest.fixture
def dial(client_tls: ssl.SSLContext) -> Iterator[Callable[[tuple[str, int]], Client]]:
    """Clients that are closed after the test."""
    made: list[Client] = []

    def connect(address: tuple[str, int]) -> Client:
        made.append(Client(address, client_tls))
        return made[-1]

    yield connect
    for client in made:
        client.close()


Dial = Callable[[tuple[str, int]], Client]


def test_messages_go_from_one_client_to_another(premises: Premises, dial: Dial) -> None:
    """Two clients log in, join and talk; the stop tells both and ends with code 0."""
    address = premises.start()
    alice, bob = dial(address), dial(address)
    for name, client in (("alice", alice), ("bob", bob)):
        client.say(f"NICK {name}")
        client.say(f"USER {name}")
        client.say("JOIN #c")
        assert client.hear() == f":server 001 {name} :Hello"
        assert client.hear() == f":server 366 {name} #c :End"
    alice.say("PRIVMSG #c :hello")
    assert bob.hear() == ":alice!alice@server PRIVMSG #c :hello"
    bob.say("HASH right")
    assert bob.hear() == "RIGHT"
    assert ask(premises._directory, ListAccounts()) == Done([{"request": "ListAccounts"}])
    premises.made.stop()
    assert alice.hear() == bob.hear() == "ERROR :Server shutting down"
    assert alice.hear() == bob.hear() == ""
    alice.close()
    bob.close()
    assert premises.join() == 0
    assert premises.store.closed


def test_every_thread_has_its_name_and_none_is_a_daemon(premises: Premises) -> None:
    """The threads are those of the design."""
    premises.workers = 2
    premises.limits = premises.limits.__class__(slots=2)
    before = set(threading.enumerate())
    premises.start()
    threads = {thread.name: thread.daemon for thread in threading.enumerate() if thread not in before}
    names = "main-under-test hub password-1 password-2 query-1 query-2 worker-1 worker-2 control listener-1"
    assert threads == dict.fromkeys(names.split(), False)


def test_the_clock_ticks(premises: Premises) -> None:
    """The hub gets a tick, and what the composition root wants done each second is done."""
    done = threading.Event()
    premises.seconds.append(done.set)
    premises.start()
    assert done.wait(20)
    premises.stop()
    assert Tick() in premises.core.items


def test_status(premises: Premises, dial: Dial) -> None:
    """The counters tell connections and sessions apart."""
    address = premises.start()
    client = dial(address)
    client.say("USER a")
    client.hear()
    dial(address)
    answer = ask(premises._directory, "status")
    assert isinstance(answer, Done)
    (row,) = answer.rows
    assert (row["connections"], row["unauthenticated"], row["sessions"]) == (2, 1, 1)
    assert row["logins.ok"] == 7, "what the chat counts is there, too"


def test_reload_by_the_control_socket(premises: Premises, caplog: pytest.LogCaptureFixture) -> None:
    """`reload` calls the composition root and returns its answer; a refusal is logged."""
    premises.start()
    assert ask(premises._directory, "reload") == Done([{"applied": "everything"}])
    assert premises.reloads == 1
    premises.made._reload = lambda: Refused("BAD", "limits.sendq is no number")
    assert ask(premises._directory, "reload") == Refused("BAD", "limits.sendq is no number")
    assert caplog.messages[-1] == "reload: limits.sendq is no number"


def test_a_reload_that_fails_changes_nothing(premises: Premises, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong in it is in the log, is refused to who asked, and does not end the server."""
    premises.start()

    def fail() -> Answer:
        raise FileNotFoundError(2, "No such file or directory")

    premises.made._reload = fail
    answer = ask(premises._directory, "reload")
    assert isinstance(answer, Refused) and "the log of the server" in answer.text
    assert any(record.exc_info is not None for record in caplog.records)
    premises.made._reload = lambda: Refused("BAD", "nothing in b\udcff.toml")
    assert ask(premises._directory, "reload") == Refused("BAD", "nothing in b\\udcff.toml")
    assert premises.stop() == 0


def test_the_service_manager_is_told(premises: Premises, tmp_path: Path) -> None:
    """Ready when it listens, reloading and ready again, stopping at the end."""
    premises.notify_socket = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(20)
        manager.bind(premises.notify_socket)
        premises.start()
        assert manager.recv(100) == b"READY=1"
        premises.made.reload()
        premises.stop()
        states = [manager.recv(100).decode().partition("=")[0] for _ in range(3)]
    assert states == ["RELOADING", "READY", "STOPPING"]


def test_the_watchdog_is_not_told_that_a_hub_is_alive_which_is_not(
    premises: Premises, tmp_path: Path
) -> None:
    """While the hub is kept by something the server says nothing, though its main thread goes on."""
    seconds: SimpleQueue[None] = SimpleQueue()
    premises.notify_socket = str(tmp_path / "notify")
    alive = Notifier(premises.notify_socket).alive
    premises.seconds += [lambda: premises.made.call(alive), lambda: seconds.put(None)]
    entered, leave = Event(), Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(20)
        manager.bind(premises.notify_socket)
        premises.start()
        while manager.recv(100) != b"WATCHDOG=1":
            pass

        def rest() -> None:
            entered.set()
            leave.wait(20)

        premises.made.call(rest)
        assert entered.wait(20)
        while not seconds.empty():
            seconds.get()
        manager.settimeout(0)
        with suppress(BlockingIOError):
            while manager.recv(100):
                pass
        seconds.get(timeout=20)
        seconds.get(timeout=20)
        with pytest.raises(BlockingIOError):
            manager.recv(100)
        leave.set()
        manager.settimeout(20)
        assert manager.recv(100) == b"WATCHDOG=1"
        premises.stop()


def test_new_limits_and_settings(premises: Premises, dial: Dial) -> None:
    """What a reload changes holds for everything from then on."""
    address = premises.start()
    settings = Settings("server", "network", "1")
    client = dial(address)
    premises.made.reconfigure(settings, premises.limits.__class__(bytes_before_login=5))
    client.say("PING 1")
    assert "Too much input before the login" in client.hear() + client.hear()
    premises.stop()
    assert premises.core.settings == settings


def test_an_unknown_outcome_ends_the_process(
    premises: Premises, dial: Dial, caplog: pytest.LogCaptureFixture
) -> None:
    """After an I/O error of the commit every session is closed without a word, and the exit code is 70."""
    address = premises.start()
    alice, bob = dial(address), dial(address)
    for client in (alice, bob):
        client.say("USER a")
        client.say("JOIN #c")
        client.hear()
        client.hear()
    premises.store.problem = OSError(5, "Input/output error")
    alice.say("PRIVMSG #c :lost")
    for client in (alice, bob):
        with suppress(ConnectionResetError, ssl.SSLEOFError):
            assert client.hear() == ""
    assert premises.join() == 70
    assert premises.store.closed
    critical = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert [record.getMessage() for record in critical] == ["the thread hub has failed, the server ends"]
    assert critical[0].exc_info is not None
    assert caplog.messages[-1] == "stopped with exit code 70: the thread hub had failed"
    assert "SIGTERM" not in caplog.text


def test_a_lost_database_ends_the_process_with_one_line(
    premises: Premises, dial: Dial, caplog: pytest.LogCaptureFixture
) -> None:
    """The cause and what to do; where in the program it was noticed is of no interest."""
    client = dial(premises.start())
    client.say("USER a")
    client.hear()
    premises.store.problem = StoreLost("the connection is lost: start again")
    client.say("PRIVMSG #c :lost")
    assert premises.join() == 70
    (line,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    said = "the thread hub has failed, the server ends: the connection is lost: start again"
    assert line.getMessage() == said and line.exc_info is None


@pytest.mark.parametrize("part", ["_workers", "_listeners"])
def test_a_loop_that_fails_ends_the_process(
    premises: Premises, caplog: pytest.LogCaptureFixture, part: str
) -> None:
    """An exception that escapes a thread's loop ends the server with code 70."""
    address = premises.start()
    (victim,) = getattr(premises.made, part)

    def fail(timeout: object) -> None:
        raise RuntimeError("a mistake of ours")

    victim.run_once = fail
    with suppress(OSError):
        socket.create_connection(address, 20).close()  # whatever waits there wakes up
    assert premises.join() == 70
    assert "a mistake of ours" in caplog.text


def test_an_address_in_use(premises: Premises) -> None:
    """A server that cannot listen says where, starts no thread and closes its store."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        premises.port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"cannot listen on 127.0.0.1:{premises.port}: Address already"):
            premises.server().run()
    assert premises.store.closed


def test_no_directory(premises: Premises) -> None:
    """Without its data directory it does not start."""
    premises._directory = premises._directory / "gone"
    with pytest.raises(CannotStart, match="cannot make the control socket"):
        premises.server().run()


@contextmanager
def program(directory: Path, certificates: ServerFiles) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The server as a process of its own, and its port."""
    files = [directory, certificates.certificate, certificates.key]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.transport.serve", *files],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        line = process.stdout.readline()
        yield process, int(line.rpartition(":")[2])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_in_order(directory: Path, certificates: ServerFiles, dial: Dial, number: int) -> None:
    """SIGTERM and SIGINT end the process with code 0, after its clients have been told."""
    with program(directory, certificates) as (process, port):
        client = dial(("127.0.0.1", port))
        client.say("PING 1")
        client.hear()
        process.send_signal(number)
        assert client.hear() == "ERROR :Server shutting down"
        client.close()
        assert process.wait(20) == 0
        assert list(directory.iterdir()) == []


def test_sighup_reloads(directory: Path, certificates: ServerFiles, dial: Dial) -> None:
    """SIGHUP is a reload, and the server goes on."""
    with program(directory, certificates) as (process, port):
        client = dial(("127.0.0.1", port))
        process.send_signal(signal.SIGHUP)
        assert process.stdout is not None
        assert process.stdout.readline() == "reloaded\n"
        client.say("PING 1")
        assert client.hear() == ":server PONG server :1"
        process.send_signal(signal.SIGTERM)
        assert client.hear() == "ERROR :Server shutting down"
        client.close()
        assert process.wait(20) == 0


def test_sighups_that_come_together(directory: Path, certificates: ServerFiles) -> None:
    """A SIGHUP is a reload, ten more are at most one more, and a SIGTERM ends the server without waiting."""
    with program(directory, certificates) as (process, _):
        assert process.stdout is not None
        process.send_signal(signal.SIGHUP)
        assert process.stdout.readline() == "reloaded\n"
        for _ in range(10):
            process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() in ("", "reloaded\n")
        assert process.wait(20) == 0


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl program to send a KeyUpdate")
def test_key_updates(premises: Premises, certificates: ServerFiles) -> None:
    """A client that renews its keys, and asks for the server's to be renewed, goes on talking."""
    _, port = premises.start()
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", str(certificates.ca)]
    client = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert client.stdin is not None and client.stdout is not None

    def until(text: str) -> None:
        assert client.stdout is not None
        for line in client.stdout:
            if text in line:
                return
        raise AssertionError(f"s_client ended without {text!r}")

    try:
        for number in range(20):
            for kind in ("K", "k"):
                client.stdin.write(f"{kind}\n")
                client.stdin.flush()
                until("KEYUPDATE")
            client.stdin.write(f"ECHO :number {number}\n")
            client.stdin.flush()
            until(f"number {number}")
    finally:
        client.kill()
        client.communicate()
    assert premises.stop() == 0
