"""Second factors with a real server: what a stolen password cannot do, and what the log does not tell."""

import time
from pathlib import Path

from pyotp import TOTP

from tests.system.client_process import ClientTerminal, server_options
from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import PASSWORD, ServerProcess


def ask(person: Person, text: str) -> list[str]:
    """What the pseudo-user answers."""
    person.send(f"PRIVMSG securechat :{text}")
    return [line.params[-1] for line in person.sync() if line.command == "NOTICE"]


def code(secret: str, steps: int = 0) -> str:
    """The code of now, or of a step after or before it."""
    return TOTP(secret).at(time.time() + 30 * steps)


def turn_on(person: Person) -> tuple[str, list[str]]:
    """Turn the second factor on; return its secret, and the recovery codes."""
    link = next(text for text in ask(person, f"totp on {PASSWORD}") if "otpauth://" in text)
    secret = link.partition("secret=")[2].partition("&")[0]
    answers = ask(person, f"totp confirm {code(secret, -1)}")
    return secret, answers[-10:]


def test_a_stolen_password(serve: Serve, tmp_path: Path) -> None:
    """It makes no device, neither a key nor a token; the real client does, with a code that is good once."""
    server = serve(accounts=["alice"])
    with Person(server, "alice") as alice:
        secret, recovery = turn_on(alice)
        assert len(set(recovery)) == 10
        assert "needs a code" in ask(alice, "devices token phone")[0]
        assert "Wrong code" in ask(alice, f"devices token phone {code(secret, -1)}")[0]
    with ClientTerminal(tmp_path, "connect", *server_options(server, "alice")) as terminal:
        terminal.until("Password of alice")
        terminal.type(f"{PASSWORD}\r")
        terminal.until("/device no")
        terminal.type("/device yes\r")
        terminal.until("has a second factor")
        terminal.type("/device yes 000 000\r")
        terminal.until("Wrong code")
        terminal.type(f"/device yes {recovery[0]}\r")
        terminal.until("From now on")
        terminal.type("exit\r")
        assert terminal.end() == 0
    assert "key" in server.administer("devices", "list", "alice")
    assert "9" in server.administer("totp", "list", "alice").splitlines()[1].split()
    assert server.administer("devices", "add", "alice", "desk")
    check_secrets(server, secret, recovery)


def test_operators_have_to_have_one(serve: Serve) -> None:
    """Where the configuration says so, at once after a reload; reset by one command in a running server."""
    server = serve(accounts=["bob"])
    server.administer("adduser", "root", "--admin", "--password-stdin", text=f"{PASSWORD}\n")
    with Person(server, "bob") as bob, Person(server, "root") as root:
        server.configure(**{"auth.second_factor": "operators"})
        server.administer("reload")
        bob.send(f"OPER root :{PASSWORD}")
        assert "totp on" in bob.expect("464").params[-1]
        secret, recovery = turn_on(root)
        bob.send(f"OPER root :{PASSWORD}")
        assert "needs a code" in bob.expect("464").params[-1]
        for given, password in ((code(secret), "not the password"), ("000000", PASSWORD)):
            bob.send(f"OPER root :{password} {given}")
            assert bob.expect("464").params[-1].endswith("Wrong account name, password or code")
        bob.send(f"OPER root :{PASSWORD} {code(secret, 1)}")
        bob.expect("381")
        assert ask(bob, "admin second-factors")[0].startswith("account root, since")
        assert ask(bob, "admin reset-second-factor root") == ["Done"]
        assert "You have no second factor" in ask(root, "totp")[0]
        server.stop()
        server.start()
    assert "reset-second-factor" in server.administer("audit", "show")
    assert "OPER" in server.log_text() and "wrong code" in server.log_text()
    check_secrets(server, secret, recovery)


def check_secrets(server: ServerProcess, secret: str, recovery: list[str]) -> None:
    """Neither the log nor the audit log nor an export has any of them."""
    told = server.log_text() + server.administer("audit", "show") + server.administer("export", "--all")
    assert not [word for word in (secret, *recovery) if word in told]
