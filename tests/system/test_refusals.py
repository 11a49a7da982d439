"""Nobody gets in without an account, and a refusal tells nothing about which accounts there are."""

import base64
import json
import sqlite3
from pathlib import Path

import pytest

from securechat.chat.requests import AddAccount, Done
from securechat.server.control_client import ask
from tests.system.conftest import Serve
from tests.system.person import Person, Wire, log_in
from tests.system.server_process import PASSWORD, ServerProcess, hashed
from tests.system.test_watching import get, port_of

WRONG = "not the password"


def _refused_bytes(server: ServerProcess, account: str, password: str) -> bytes:
    """Return every byte that the server answers to three attempts, the last of which ends the connection."""
    with Wire(server, source="127.0.0.2") as wire:
        for _ in range(3):
            assert log_in(wire, account, password) is not None
        wire.remainder()
        return wire.transcript


def _refused_bytes_of_pass(server: ServerProcess, account: str, password: str) -> bytes:
    with Wire(server, source="127.0.0.3") as wire:
        for _ in range(3):
            wire.send(f"PASS {account}:{password}")
        wire.remainder()
        return wire.transcript


def test_wrong_unknown_and_disabled_get_the_same_bytes(serve: Serve) -> None:
    """A wrong password, a name that does not exist and a disabled account are answered alike, to the byte."""
    server = serve(accounts=["alice", "mallory"])
    server.administer("disable", "mallory")
    wrong = _refused_bytes(server, "alice", WRONG)
    assert b"Wrong account name or password" in wrong
    assert _refused_bytes(server, "nobody", WRONG) == wrong
    assert _refused_bytes(server, "mallory", PASSWORD) == wrong


def test_pass_gives_nothing_away_either(serve: Serve) -> None:
    """The same holds for PASS, and for an account that was removed."""
    server = serve(accounts=["alice", "gone"])
    server.administer("deluser", "gone", "--yes")
    wrong = _refused_bytes_of_pass(server, "alice", WRONG)
    assert b" 464 " in wrong
    assert _refused_bytes_of_pass(server, "nobody", WRONG) == wrong
    assert _refused_bytes_of_pass(server, "gone", PASSWORD) == wrong


def test_without_an_account_nobody_comes_in(shared_server: ServerProcess) -> None:
    """Whoever completes the registration without a login is told so and cut off, and has seen no message."""
    with Person(shared_server, "alice") as alice, Wire(shared_server) as stranger:
        stranger.send("JOIN #general")
        stranger.expect("451")
        stranger.send("PRIVMSG #general :let me in")
        stranger.expect("451")
        stranger.send("NICK stranger")
        stranger.send("USER stranger 0 * :Stranger")
        last = stranger.remainder()
        assert [line.command for line in last] == ["FAIL", "ERROR"]
        assert last[0].params[:2] == ("*", "ACCOUNT_REQUIRED")
        alice.say("#general", "a private word")
        assert alice.said() == []
    assert b"PRIVMSG" not in stranger.transcript


def test_the_login_is_asked_for_only_so_often(shared_server: ServerProcess) -> None:
    """After too many lines without a login the connection is closed."""
    with Wire(shared_server) as wire:
        wire.send_bytes(b"PONG\r\n" * 40)
        assert wire.remainder()[-1].params == ("Too many lines before the login",)


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_password_is_nowhere(serve: Serve, form: str) -> None:
    """A password that was sent in every way, right and malformed, is in no argument, log, file or answer.

    Nor is it in what those see who watch the server.
    """
    canary = "Canary-8c5f1e-Bird"
    server = serve({"log.level": "debug", "log.format": form, "metrics.address": "127.0.0.1:0"})
    server.administer("adduser", "alice", "--password-stdin", text=f"{canary}\n")
    server.administer("passwd", "alice", "--password-stdin", text=f"{canary}\n")
    heard = _send_password_in_every_way(server, canary)
    arguments = Path(f"/proc/{server.pid}/cmdline").read_bytes()
    environment = Path(f"/proc/{server.pid}/environ").read_bytes()
    places = {"its arguments": arguments, "its environment": environment, "what it answered": heard}
    places |= {path.name: path.read_bytes() for path in server.data.iterdir() if path.is_file()}
    places["its metrics"] = get(port_of(server), "/metrics")[1].encode()
    places["top"] = server.administer("top", "--once", "--json").encode()
    server.stop()
    places |= {f"{path.name} at the end": path.read_bytes() for path in server.data.iterdir()}
    places["the log"] = server.log.read_bytes()
    encoded = base64.b64encode(f"\0alice\0{canary}".encode())
    for name, content in places.items():
        assert canary.encode() not in content, f"the password is in {name}"
        assert encoded not in content, f"the SASL payload is in {name}"
        assert canary.lower().encode() not in content.lower(), f"the password is in {name}"


def test_guesses_are_told_to_operators_without_what_was_guessed(serve: Serve) -> None:
    """Log, counters, audit log and notices have the account, the address and the reason, and no password."""
    canary = "Canary-8c5f1e-Bird"
    server = serve({"log.level": "debug", "identity.registration": "invite"}, accounts=["alice", "mallory"])
    assert isinstance(ask(server.data, AddAccount("root", hashed(PASSWORD), "admin")), Done)
    server.administer("disable", "mallory")
    server.administer("invite")
    with Person(server, "root") as root, Person(server, "alice", source="127.0.0.5") as alice:
        root.send(f"OPER root :{PASSWORD}")
        root.send("MODE root +s")
        root.sync()
        alice.send(f"OPER root {canary}")
        alice.send(f"OPER alice :{PASSWORD}")
        alice.send(f"PRIVMSG securechat :password {canary} {canary}x")
        alice.sync()
        heard = _guess_at(server, canary, "mallory", "nobody", "alice")
        told = b"".join(line.params[-1].encode() + b"\n" for line in root.sync())
        heard += alice.transcript + root.transcript
    audit = server.administer("audit", "show", "--json")
    counted = json.loads(server.administer("status", "--json"))["logins"]
    server.stop()
    log = server.log_text()
    for reason in ("wrong password", "no such account", "the account is disabled", "no administrator"):
        assert f"failed: {reason}\n" in log
    assert "! OPER as root from 127.0.0.5 failed: wrong password" in log
    assert "! VERIFY as newcomer from 127.0.0.6 failed: wrong code" in log
    assert "! PASS as (none) from 127.0.0.6 failed: no name and password in it" in log
    assert " = logged in as alice from 127.0.0.5" in log
    assert b"10 failed logins from 127.0.0.6 within 10 minutes, the last one from 127.0.0.6" in told
    assert '"action": "failed logins"' in audit and "10 failed logins from 127.0.0.6" in log
    assert counted["ok"] == 2
    assert (counted["unknown"], counted["disabled"], counted["malformed"]) == (3, 3, 3)
    assert (counted["wrong"], counted["oper_failed"], counted["registration_failed"]) == (3, 2, 1)
    assert (counted["oper_ok"], counted["password_change_failed"]) == (1, 1)
    payload = base64.b64encode(f"\0alice\0{canary}".encode())
    for place in (log.encode(), audit.encode(), heard):
        assert canary.lower().encode() not in place.lower()
        assert payload not in place


def _guess_at(server: ServerProcess, canary: str, *accounts: str) -> bytes:
    """Guess a code, and at each account by SASL, by PASS and without a name; return what was answered."""
    with Wire(server, source="127.0.0.6") as wire:
        wire.send("NICK newcomer")
        wire.send(f"REGISTER * * {canary}")
        wire.expect("REGISTER", "VERIFICATION_REQUIRED")
        wire.send(f"VERIFY newcomer {canary}")
        wire.expect("FAIL", "VERIFY", "INVALID_CODE")
        heard = wire.transcript
    for account in accounts:
        with Wire(server, source="127.0.0.6") as wire:
            assert log_in(wire, account, canary) is not None
            wire.send(f"PASS {canary}")
            wire.send(f"PASS {account}:{canary}")
            wire.send(f"PASS {account}:{canary}2")
            wire.remainder()
            heard += wire.transcript
    return heard


def _send_password_in_every_way(server: ServerProcess, canary: str) -> bytes:
    heard = b""
    payload = base64.b64encode(f"\0alice\0{canary}".encode()).decode()
    attempts = [
        ["AUTHENTICATE PLAIN", f"AUTHENTICATE {payload}"],
        ["AUTHENTICATE PLAIN", f"AUTHENTICATE {payload}x"],
        ["AUTHENTICATE PLAIN", f"AUTHENTICATE {canary}"],
        [f"AUTHENTICATE {payload}"],
        [f"PASS alice:{canary}"],
        [f"PASS {canary}"],
        [f"pass  :alice:{canary}"],
        [f"NICK {canary} {canary}", f"OPER alice {canary}", f"USER {canary} 0 * :{canary}"],
        [f"@{canary} :{canary} {canary} {canary}", f"AUTHENTICATE\x00 {payload}"],
        [f"PASS alice:{canary}\udcff", f"PASS alice:\udcc0{canary}"],
    ]
    for lines in attempts:
        with Wire(server) as wire:
            for line in lines:
                wire.send_bytes(line.encode(errors="surrogateescape") + b"\r\n")
            wire.send("QUIT")
            wire.remainder()
            heard += wire.transcript.replace(f" {canary} ".encode(), b"")  # the nick that was asked for
    return heard


def test_the_database_keeps_no_password(serve: Serve) -> None:
    """What is stored of a password is an argon2id hash."""
    server = serve(accounts=["alice"])
    server.stop()
    connection = sqlite3.connect(server.database)
    rows = connection.execute("SELECT phc FROM accounts").fetchall()
    connection.close()
    assert [row[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$") for row in rows] == [True]


@pytest.mark.parametrize("mechanism", ["EXTERNAL", "SCRAM-SHA-256", "ANONYMOUS", "LOGIN"])
def test_there_is_no_other_way_in(shared_server: ServerProcess, mechanism: str) -> None:
    """A mechanism that is not offered is refused."""
    with Wire(shared_server) as wire:
        wire.send(f"AUTHENTICATE {mechanism}")
        wire.expect("908", "*", "PLAIN")
        wire.expect("904")
