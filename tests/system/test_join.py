"""`securechat join`: from a link to the chat, with the real server and the real client."""

from pathlib import Path

import pytest

from tests.system.client_process import ClientTerminal, run
from tests.system.conftest import Serve
from tests.system.server_process import PASSWORD, ServerProcess


def invited(server: ServerProcess, *arguments: str) -> str:
    """The link of a new invitation."""
    return server.administer("invite", "--host", "localhost", *arguments).strip()


def answer(terminal: ClientTerminal, question: str, text: str, time: int = 1) -> None:
    """Wait until a question is asked for the `time`-th time, and answer: what is typed before is lost."""
    while sum(question in row for row in terminal.rows()) < time:
        terminal.more()
    terminal.type(f"{text}\r")


def join(home: Path, link: str, user: str, password: str = PASSWORD) -> tuple[int, str]:
    """Join through pipes, without beginning to chat; return exit code and errors."""
    done = run(home, "join", link, "--user", user, "--password-stdin", "--no-connect", text=f"{password}\n")
    return done.returncode, done.stderr


def test_one_command_on_the_other_side(serve: Serve, tmp_path: Path) -> None:
    """The link, a name and a password; what cannot be is asked for again, and nothing else.

    The next `connect` needs no option.
    """
    server = serve(accounts=["alice"])
    with ClientTerminal(tmp_path, "join", invited(server)) as newcomer:
        newcomer.until("The name you want in the chat")
        newcomer.type("7up\r")
        newcomer.until("cannot begin with a digit")
        newcomer.type("a1ice\r")
        answer(newcomer, "New password for a1ice", "short")
        newcomer.until("too short")
        answer(newcomer, "New password for a1ice", PASSWORD, 2)
        answer(newcomer, "The same once more", PASSWORD)
        newcomer.until("looks like that of the account")
        newcomer.type("bob\r")
        newcomer.until("Your account bob on localhost")
        newcomer.until("#general>")
        newcomer.type("hello from bob\r")
        newcomer.until("bob: hello from bob")
        newcomer.type("exit\r")
        assert newcomer.end() == 0
        assert not any(PASSWORD in row for row in newcomer.rows())
    with ClientTerminal(tmp_path, "connect") as again:
        again.until("Password of bob on localhost")
        again.type(f"{PASSWORD}\r")
        again.until("#general>")
        again.type("exit\r")
        assert again.end() == 0


def test_another_invitation_without_beginning_anew(serve: Serve, tmp_path: Path) -> None:
    """A code that is used up asks for another link, and for nothing that was typed already."""
    server = serve(accounts=["alice"])
    used = invited(server)
    assert join(tmp_path / "carol", used, "carol")[0] == 0
    with ClientTerminal(tmp_path / "dave", "join") as newcomer:
        newcomer.until("The link of your invitation")
        newcomer.type("https://example.org\r")
        newcomer.until("begins with securec")
        newcomer.type(f"{used}\r")
        newcomer.until("The name you want")
        newcomer.type("dave\r")
        for question in ("New password for dave", "The same once more"):
            answer(newcomer, question, PASSWORD)
        newcomer.until("no invitation that can be used now")
        newcomer.until("With another invitation you can go on")
        newcomer.type(f"{invited(server)}\r")
        newcomer.until("#general>")
        newcomer.type("exit\r")
        assert newcomer.end() == 0


def test_scripts(serve: Serve, tmp_path: Path) -> None:
    """The link and the password through a pipe, the rest is what to say first; each refusal has a code."""
    server = serve(accounts=["alice"])
    link = invited(server, "--uses", "2")
    said = run(
        tmp_path, "join", "-", "--user", "bob", "--password-stdin", text=f"{link}\n{PASSWORD}\nhi all\n"
    )
    assert said.returncode == 0
    assert "bob: hi all" in said.stdout
    assert join(tmp_path, link, "alice")[0] == 6
    assert join(tmp_path, link, "carol", "short")[0] == 6
    assert join(tmp_path, link, "7up")[0] == 6
    assert join(tmp_path, link[:-1], "carol")[0] == 2
    assert run(tmp_path, "join").returncode == 2
    assert join(tmp_path, link, "carol")[0] == 0
    code, errors = join(tmp_path, link, "dave")
    assert code == 6
    assert "no invitation" in errors


def test_a_link_that_was_cut(serve: Serve, tmp_path: Path) -> None:
    """Without its pin only the authorities of this system could vouch for the server, and they do not."""
    server = serve(accounts=["alice"])
    code, errors = join(tmp_path, invited(server).rpartition("/")[0], "bob")
    assert code == 5
    assert "copy it whole" in errors
    assert "--pin" not in errors
    alone = run(tmp_path, "join", invited(server), "--user", "bob")
    assert alone.returncode == 2
    assert "--password-stdin" in alone.stderr


@pytest.mark.parametrize("known", [False, True])
def test_the_wrong_server_gets_nothing(serve: Serve, tmp_path: Path, known: bool) -> None:
    """A pin that is not the server's ends it before anything is sent, also where the right one is known."""
    server = serve(accounts=["alice"])
    link = invited(server, "--uses", "2")
    if known:
        assert join(tmp_path, link, "bob")[0] == 0
    start, _, pin = link.rpartition(":")
    wrong = f"{start}:{'A' * len(pin)}"
    code, errors = join(tmp_path, wrong, "carol")
    assert code == 5
    assert pin in errors
    assert ("trust remove" in errors) is known
    names = [row.split()[0] for row in server.administer("users").splitlines()]
    assert "carol" not in names


def test_a_new_password_is_wanted(serve: Serve, tmp_path: Path) -> None:
    """The client asks for it on the terminal and goes on; in a pipe it says where to do that."""
    server = serve(accounts=["alice"])
    assert join(tmp_path, invited(server), "bob")[0] == 0
    server.administer("passwd", "bob", "--must-change")
    piped = run(tmp_path, "connect", "--password-stdin", text=f"{PASSWORD}\nhello\n")
    assert piped.returncode == 4
    assert "new password" in piped.stderr
    with ClientTerminal(tmp_path, "connect", "--no-device") as terminal:
        terminal.until("Password of bob on localhost")
        terminal.type(f"{PASSWORD}\r")
        for time, password in enumerate((PASSWORD, "quite another one"), 1):
            answer(terminal, "New password for bob", password, time)
            answer(terminal, "The same once more", password, time)
        assert any("choose another one" in row for row in terminal.rows())
        terminal.until("Your password was changed")
        terminal.until("#general>")
        terminal.type("exit\r")
        assert terminal.end() == 0
    again = run(tmp_path, "connect", "--password-stdin", text="quite another one\nI am back\n")
    assert again.returncode == 0
    assert "bob: I am back" in again.stdout


def test_registration_that_is_closed(serve: Serve, tmp_path: Path) -> None:
    """The server offers no such thing: the person is told whom to ask."""
    server = serve(accounts=["alice"])
    server.configure(identity__registration="closed")
    server.administer("reload")
    code, errors = join(tmp_path, invited(server), "bob")
    assert code == 6
    assert "ask the person who invited you" in errors
