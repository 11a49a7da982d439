"""Start and stop: in order, announced, and refused with a reason where it cannot be."""

import json
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import Serve
from tests.system.person import Person, Wire
from tests.system.server_process import DEADLINE, ServerProcess

Enter = Callable[..., Person]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_announced(serve: Serve, enter: Enter, number: signal.Signals) -> None:
    """SIGTERM and Ctrl+C end the server in order: every client is told, and the exit code is 0."""
    server = serve(accounts=["alice"])
    alice, stranger = enter(server, "alice"), Wire(server)
    with stranger:
        stranger.send("PING here")  # the server's side of the handshake is done, too
        stranger.expect("PONG")
        server.send_signal(number)
        for wire in (alice, stranger):
            last = wire.remainder()[-1]
            assert (last.command, last.params) == ("ERROR", ("Server shutting down",))
        assert server.wait() == 0
    server.check_log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_impatience_changes_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """Whoever repeats the signal until the process has ended gets the same orderly stop and exit code 0."""
    process = ServerProcess(tmp_path).spawn()
    try:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        while process.poll() is None:
            process.send_signal(number)
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_what_was_sent_last_is_there(serve: Serve, enter: Enter) -> None:
    """A message whose echo came just before the stop is delivered after the next start."""
    server = serve(accounts=["alice", "bob"])
    alice = enter(server, "alice")
    for number in range(20):
        alice.say("bob", f"last words {number}")
    server.stop()
    assert alice.remainder()[-1].command == "ERROR"
    server.start()
    welcome = enter(server, "bob").welcome
    texts = [line.params[-1] for line in welcome if line.command == "PRIVMSG"]
    assert texts == [f"last words {number}" for number in range(20)]


def test_a_client_that_does_not_read_does_not_keep_the_server(serve: Serve, enter: Enter) -> None:
    """The stop waits for nobody who takes nothing."""
    server = serve(accounts=["alice", "bob"])
    deaf = enter(server, "bob", receive_buffer=4096)
    alice = enter(server, "alice", capabilities=())
    alice.send_bytes(b"".join(b"PRIVMSG bob :%0400d\r\n" % number for number in range(1500)))
    alice.sync()
    server.stop()
    deaf.close()


def test_a_server_that_was_paused_goes_on(serve: Serve, enter: Enter) -> None:
    """A server that was stopped and continued (Ctrl+Z and fg, a laptop that slept) goes on serving."""
    server = serve(accounts=["alice"])
    alice = enter(server, "alice")
    server.send_signal(signal.SIGSTOP)
    while not _is_paused(server.pid):
        os.sched_yield()  # on a busy machine its threads stop one after the other
    alice.send("PING paused")
    alice.socket.settimeout(2.0)  # longer than anything that its main thread waits for
    with pytest.raises(TimeoutError):
        alice.socket.recv(1)
    server.send_signal(signal.SIGCONT)
    alice.expect("PONG", "chat.test", "paused")
    alice.say("#general", "still here")
    assert "has failed" not in server.log_text()


def _is_paused(pid: int) -> bool:
    states = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(state.rpartition(")")[2].split()[0] == "T" for state in states)


def test_a_second_server_is_refused(serve: Serve, enter: Enter) -> None:
    """A server for a data directory that is in use says so in one line, ends with 1, and hurts nothing."""
    server = serve(accounts=["alice"])
    second = server.run("server", "--port", "0")
    assert second.returncode == 1
    assert second.stdout == ""
    assert f"is in use by process {server.pid}" in second.stderr.splitlines()[-1]
    assert "Traceback" not in second.stderr
    enter(server, "alice").say("#general", "still here")


def test_a_port_in_use_is_explained(serve: Serve, tmp_path: Path) -> None:
    """A port that another program has is named in one line, and the exit code is 1."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = ServerProcess(tmp_path / "other")
        refused = server.run("server", "--host", "127.0.0.1", "--port", str(port))
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in refused.stderr.splitlines()[-1]
    assert "Traceback" not in refused.stderr


def test_a_server_that_could_not_start_leaves_the_directory_free(serve: Serve, tmp_path: Path) -> None:
    """After a start that failed the next one works."""
    with socket.create_server(("127.0.0.1", 0)) as other, ServerProcess(tmp_path / "again") as server:
        server.stop()
        port = str(other.getsockname()[1])
        assert server.run("server", "--host", "127.0.0.1", "--port", port).returncode == 1
        server.start()


def test_a_server_after_a_crash(serve: Serve, enter: Enter) -> None:
    """What a killed server left (a lock, a control socket, a log of the database) does no harm."""
    server = serve(accounts=["alice"])
    enter(server, "alice").say("#general", "before the crash")
    server.kill()
    assert (server.data / "control.sock").exists()
    server.start()
    assert '"alice"' in server.administer("users", "--json")
    enter(server, "alice").say("#general", "after the crash")


def test_the_port_can_be_taken_again_at_once(serve: Serve, enter: Enter) -> None:
    """A server that is started anew gets its port although old connections are still being forgotten."""
    server = serve(accounts=["alice"])
    enter(server, "alice")
    port = server.port
    server.stop()
    server.start(port=port)
    assert server.port == port
    enter(server, "alice")


def test_the_keys_stay(serve: Serve) -> None:
    """The certificate authority and the server's key are made once: clients trust them for ever."""
    server = serve()
    files = ("ca.pem", "ca.key", "server.key", "server.pem")
    before = [(server.data / name).read_bytes() for name in files]
    server.stop()
    server.start()
    assert [(server.data / name).read_bytes() for name in files] == before


def test_only_the_address_is_on_standard_output(serve: Serve, enter: Enter) -> None:
    """Standard output has one line, whatever happens; everything else is on standard error."""
    server = ServerProcess(serve().data.parent / "quiet", accounts=["alice"])
    process = server.spawn()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(b"listening on 127.0.0.1:")
        server.port = int(line.rpartition(b":")[2])
        enter(server, "alice").say("#general", "hello")
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == b""
        assert process.wait(DEADLINE) == 0
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_reload_changes_what_can_be_changed(serve: Serve, enter: Enter) -> None:
    """`securechat reload` and SIGHUP apply a configuration while people chat; a bad one changes nothing."""
    server = serve(accounts=["alice", "bob"])
    alice = enter(server, "alice")
    server.configure(server__motd="Welcome, everybody")
    assert "server.motd: in force now" in server.administer("reload")
    assert "- Welcome, everybody" in [line.params[-1] for line in enter(server, "bob").welcome]
    server.config.write_text("[server]\nmotd = 7\n")
    refused = server.run("reload")
    assert refused.returncode == 6
    assert "server.motd" in refused.stderr
    server.configure(server__motd="Welcome again")
    server.send_signal(signal.SIGHUP)
    alice.say("#general", "still here")
    while b"- Welcome again" not in alice.transcript:  # the signal is handled when its thread gets to it
        alice.send("MOTD")
        alice.sync()
    rows = [json.loads(line) for line in server.administer("audit", "show", "--json").splitlines()]
    told = [(row["origin"], row["target"], row["detail"]) for row in rows if row["action"] == "reloaded"]
    changed = ("configuration", "server.motd is in force")
    assert told == [("control socket", *changed), ("local", *changed)]
