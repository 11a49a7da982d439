"""The terminal app as a person meets it: the real program and the real server, in a real terminal."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.client_process import password_file, server_options
from tests.system.conftest import Serve
from tests.system.server_process import PASSWORD, ServerProcess
from tests.system.tmux import TmuxTerminal, needs_tmux

pytestmark = needs_tmux


def connect(server: ServerProcess, user: str, home: Path) -> TmuxTerminal:
    """The app of a person who is in #general."""
    home.mkdir(exist_ok=True)
    options = [*server_options(server, user), *password_file(home), "--no-device"]
    return TmuxTerminal(home, "connect", *options)


@pytest.fixture
def server(serve: Serve) -> Iterator[ServerProcess]:
    """A server that a test may kill."""
    yield serve(accounts=["alice", "bob"])


def in_order(screen: TmuxTerminal, *texts: str) -> bool:
    """Whether these are on the screen, each once, in this order."""
    page = "\n".join(screen.rows())
    places = [page.find(text) for text in texts]
    return -1 not in places and places == sorted(places) and all(page.count(text) == 1 for text in texts)


def test_the_first_time(server: ServerProcess, tmp_path: Path) -> None:
    """The password on the terminal, the first message, and the end; then the screen is as it was."""
    with TmuxTerminal(tmp_path, "connect", *server_options(server, "alice")) as screen:
        screen.until("Password of alice")
        screen.type(PASSWORD, "Enter")
        screen.until("● online")
        screen.until("log in without your password")
        screen.type("hello everybody", "Enter")
        screen.until("✓")
        assert screen.until("hello everybody").endswith("✓")
        screen.type("C-q")
        screen.until("ENDED 0")
        screen.until("RESTORED")
        assert not any("hello everybody" in row for row in screen.rows())


def test_two_people_and_a_server_that_is_killed(server: ServerProcess, tmp_path: Path) -> None:
    """What both write meanwhile arrives once and in one order."""
    with connect(server, "alice", tmp_path / "a") as alice, connect(server, "bob", tmp_path / "b") as bob:
        for screen in (alice, bob):
            screen.until("● online")
        alice.type("before it", "Enter")
        bob.until("before it")
        port = server.port
        server.kill()
        alice.until("○ offline")
        alice.type("alice meanwhile", "Enter")
        alice.until("1 message on its way")
        bob.until("○ offline")
        bob.type("bob meanwhile", "Enter")
        bob.until("1 message on its way")
        server.start(port=port)
        for screen in (alice, bob):
            screen.until("on its way", gone=True)
            screen.until("alice meanwhile")
            screen.until("bob meanwhile")
        alice.type("after it", "Enter")
        for screen in (alice, bob):
            screen.until("after it")
        order = ["alice meanwhile", "bob meanwhile"]
        if not in_order(alice, *order):
            order.reverse()
        for screen in (alice, bob):
            assert in_order(screen, "before it", *order, "after it"), "\n".join(screen.rows())


def test_a_client_that_is_killed(server: ServerProcess, tmp_path: Path) -> None:
    """What it had not sent yet is sent by the next one, once; its draft is there, too."""
    with connect(server, "alice", tmp_path / "a") as alice:
        alice.until("● online")
        port = server.port
        server.kill()
        alice.until("○ offline")
        alice.type("not lost", "Enter")
        alice.until("1 message on its way")
        os.kill(alice.pid(), signal.SIGKILL)
        alice.until("ENDED 137")
    server.start(port=port)
    with connect(server, "alice", tmp_path / "a") as alice:
        alice.until("● online")
        alice.until("not lost")
        alice.until("on its way", gone=True)
        assert in_order(alice, "not lost")


def test_two_servers_of_which_one_is_killed(serve: Serve, tmp_path: Path) -> None:
    """Both are in one window. What is written to the one that is away waits for it; the other goes on."""
    home, work = serve(accounts=["alice"]), serve(accounts=["alice"])
    password = password_file(tmp_path)[1]
    profiles = tmp_path / ".config/securechat/profiles.toml"
    profiles.parent.mkdir(parents=True)
    profiles.write_text(
        "".join(
            f'[{name}]\nhost = "localhost:{server.port}"\nuser = "alice"\nca = "{server.ca}"\n'
            f'password_file = "{password}"\n'
            for name, server in (("home", home), ("work", work))
        )
    )
    with TmuxTerminal(tmp_path, "connect", "home", "work") as screen:
        screen.until("● home")
        screen.until("● work")
        port = work.port
        work.kill()
        screen.until("○ work")
        screen.type("still here", "Enter")
        screen.until("✓")
        assert screen.until("still here  ").endswith("✓")
        screen.type("/server work", "Enter")
        screen.until("○ offline")
        screen.type("for later", "Enter")
        screen.until("1 message on its way")
        work.start(port=port)
        screen.until("● work")
        screen.until("on its way", gone=True)
        assert screen.until("for later").endswith("✓")
        screen.type("C-q")
        screen.until("ENDED 0")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_leaves_the_terminal_in_order(
    server: ServerProcess, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """The exit code is the signal's, and the screen is the one from before."""
    with connect(server, "alice", tmp_path) as alice:
        alice.until("● online")
        os.kill(alice.pid(), number)
        alice.until(f"ENDED {code}")
        alice.until("RESTORED")


def test_a_crash_leaves_the_terminal_in_order(server: ServerProcess, tmp_path: Path) -> None:
    """A mistake of ours is said on the screen from before, with exit code 1."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import sys\n"
        "class Breaks:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'securechat.client.tui.run':\n"
        "            from securechat.client.tui.sidebar import Sidebar\n"
        "            def breaks(self, y): raise ZeroDivisionError\n"
        "            Sidebar.render_line = breaks\n"
        "sys.meta_path.insert(0, Breaks())\n"
    )
    options = [*server_options(server, "alice"), *password_file(tmp_path), "--no-device"]
    environment = {"PYTHONPATH": f"{broken}:{Path(__file__).parents[2]}"}
    with TmuxTerminal(tmp_path, "connect", *options, environment=environment) as alice:
        alice.until("ENDED 1")
        alice.until("RESTORED")
        alice.until("ZeroDivisionError")
