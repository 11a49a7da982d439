"""The real client on a terminal, as a person uses it."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from securechat.tls.pins import pin, read_certificates
from tests.system.client_process import ClientTerminal, password_file, server_options
from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import PASSWORD, ServerProcess

Enter = Callable[..., Person]


@pytest.fixture
def alice(shared_server: ServerProcess, tmp_path: Path) -> Iterator[ClientTerminal]:
    """Alice, logged in, in #general."""
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    with ClientTerminal(tmp_path, "connect", *options) as terminal:
        terminal.until("#general>")
        yield terminal


def test_a_person_meets_a_server_for_the_first_time(shared_server: ServerProcess, tmp_path: Path) -> None:
    """The pin is shown and typed, then the password is asked for; the next time only the password is."""
    expected = pin(read_certificates(shared_server.ca)[0])
    options = server_options(shared_server, "alice", ca=False)
    for first in (True, False):
        with ClientTerminal(tmp_path, "connect", *options) as terminal:
            if first:
                terminal.until("To stop, press Enter:")
                assert any(expected in row for row in terminal.rows())
                terminal.type(f"{expected[7:15]}\r")
            terminal.until("Password of alice on localhost")
            terminal.type(f"{PASSWORD}\r")
            terminal.until("#general>")
            assert not any(PASSWORD in row for row in terminal.rows())
            terminal.type("exit\r")
            assert terminal.end() == 0


@pytest.mark.parametrize("answer", ["", "y", "yes", "sha256:"])
def test_a_person_who_does_not_compare_is_not_connected(
    shared_server: ServerProcess, tmp_path: Path, answer: str
) -> None:
    """Anything but the pin is no: no password is asked for."""
    with ClientTerminal(tmp_path, "connect", *server_options(shared_server, "alice", ca=False)) as terminal:
        terminal.until("To stop, press Enter:")
        terminal.type(f"{answer}\r")
        assert terminal.end() == 5
        assert not any("Password" in row for row in terminal.rows())


def test_a_changed_key_stops_before_the_password_is_sent(
    serve: Serve, shared_server: ServerProcess, tmp_path: Path
) -> None:
    """The old and the new pin are shown, and how to forget the old one."""
    known = pin(read_certificates(shared_server.ca)[0])
    other = serve(accounts=["alice"])
    file = tmp_path / ".config" / "securechat" / "known_servers"
    file.parent.mkdir(parents=True)
    file.write_text(f"localhost:{other.port} {known}\n")
    file.chmod(0o600)
    options = [*server_options(other, "alice", ca=False), *password_file(tmp_path)]
    with ClientTerminal(tmp_path, "connect", *options, width=100) as terminal:
        assert terminal.end() == 5
        text = "\n".join(terminal.rows())
    assert known in text and pin(read_certificates(other.ca)[0]) in text
    assert f"securechat trust remove localhost:{other.port}" in text
    assert "logged in" not in other.log_text()


def test_messages_do_not_tear_what_is_being_typed(
    shared_server: ServerProcess, enter: Enter, alice: ClientTerminal
) -> None:
    """They appear above the input line, which stays whole and is sent whole."""
    bob = enter(shared_server, "bob")
    alice.until("* bob is now in the chat (#general)")
    for number, piece in enumerate(("one ", "two ", "wörd 日本")):
        alice.type(piece)
        alice.until(piece.strip())
        bob.say("#general", f"interruption {number}")
        alice.until(f"bob: interruption {number}")
    alice.until("#general> one two wörd 日本")
    rows = alice.rows()
    assert [row[6:] for row in rows if "interruption" in row] == [
        f"#general bob: interruption {number}" for number in range(3)
    ]
    assert rows[-1] == "#general> one two wörd 日本"
    alice.type("\r")
    assert bob.hear("one two wörd 日本").source == "alice!alice@chat.test"
    alice.until("alice: one two wörd 日本")


def test_a_paste_of_several_lines_is_sent_as_one(
    shared_server: ServerProcess, enter: Enter, alice: ClientTerminal
) -> None:
    """Nothing is sent before Enter, and then one message, which those who know no batches get in lines."""
    bob = enter(shared_server, "bob")
    bob.said()
    alice.type("\x1b[200~first\rsecond\x1b[201~")
    alice.until("first↵second")
    assert bob.said() == []
    alice.type("\r")
    alice.until("      second")
    assert bob.said() == ["first", "second"]


def test_hostile_text_does_nothing_to_the_terminal(
    shared_server: ServerProcess, enter: Enter, alice: ClientTerminal
) -> None:
    """The screen of this test knows no other sequences than the client's own, and fails at any other."""
    bob = enter(shared_server, "bob")
    bob.say("#general", "\x1b[2J\x1b]0;owned\x07\x9b31m \u202etxt.exe done")
    alice.until("done")
    assert any("␛[2J␛]0;owned␇" in row for row in alice.rows())


@pytest.mark.parametrize(
    ("keys", "code"), [("exit\r", 0), ("/quit bye\r", 0), ("\x04", 0), ("\x03", 130), ("draft\x03\x03", 130)]
)
def test_ways_to_leave(alice: ClientTerminal, keys: str, code: int) -> None:
    """exit, /quit and Ctrl-D are done; Ctrl-C clears a line first, and then interrupts."""
    alice.type(keys)
    assert alice.end() == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_in_order(alice: ClientTerminal, number: signal.Signals) -> None:
    """The exit code is the signal's, as the shell has it."""
    alice.send_signal(number)
    assert alice.end() == 128 + number


def test_a_lost_connection_keeps_the_input_usable(serve: Serve, tmp_path: Path) -> None:
    """What is typed meanwhile waits, the prompt says so, and it is sent when the connection is back."""
    server = serve(accounts=["alice"])
    options = [*server_options(server, "alice"), *password_file(tmp_path)]
    with ClientTerminal(tmp_path, "connect", *options) as terminal:
        terminal.until("#general>")
        port = server.port
        server.stop()
        terminal.until("#general (offline)>")
        terminal.type("typed meanwhile\r/names\r")
        terminal.until("#general (offline, 1 waiting)>")
        terminal.until("* There is no connection now")
        server.start(port=port)
        terminal.until("alice: typed meanwhile")
        terminal.type("/names\r")
        terminal.until("* In #general (1): alice")
        terminal.type("exit\r")
        assert terminal.end() == 0


def test_a_terminal_that_can_do_nothing_gets_plain_lines(
    shared_server: ServerProcess, tmp_path: Path
) -> None:
    """TERM=dumb: no sequences, the terminal's own line editing."""
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    with ClientTerminal(tmp_path, "connect", *options, environment={"TERM": "dumb"}) as terminal:
        terminal.until("Your text goes to #general")
        terminal.type("simple\r")
        terminal.until("alice: simple")
        assert b"\x1b" not in terminal._raw
        terminal.type("exit\r")
        assert terminal.end() == 0
