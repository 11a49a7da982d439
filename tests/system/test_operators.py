"""Operators and invitations against a running server: REHASH, the audit log, an account of one's own."""

from collections.abc import Callable

import pytest

from tests.system.conftest import Serve
from tests.system.person import Person, Wire, log_in
from tests.system.server_process import PASSWORD

Enter = Callable[..., Person]


def test_rehash_and_the_audit_log(serve: Serve, enter: Enter) -> None:
    """REHASH reads the configuration as SIGHUP does; what an operator did is in a log that verifies."""
    server = serve(accounts=["alice"])
    server.administer("adduser", "root", "--admin", "--password-stdin", text=f"{PASSWORD}\n")
    root, alice = enter(server, "root"), enter(server, "alice")
    root.send("OPER root wrong-password")
    root.expect("464")
    root.send(f"OPER root :{PASSWORD}")
    root.expect("381")
    before = server.administer("audit", "verify").split()[-1]
    server.configure(server__motd="Rehashed")
    root.send("REHASH")
    root.expect("382")
    notices = root.until(lambda message: message.command == "NOTICE" and "server.motd" in message.params[-1])
    assert notices[-1].params[-1] == "server.motd is in force now"
    alice.send("MOTD")
    assert alice.expect("372").params[-1] == "- Rehashed"
    root.send("KILL alice :that is enough")
    assert alice.remainder()[-1].command == "ERROR"
    shown = server.administer("audit", "show")
    for text in (
        "adduser root admin",
        "root from 127.0.0.1 oper root",
        "rehash chat.test",
        "kill alice that is",
    ):
        assert text in shown
    assert server.administer("audit", "verify", "--expect", before).split()[-1] != before


def test_sessions_are_listed_and_ended(serve: Serve, enter: Enter) -> None:
    """Each session has the name that its login gave it; ending one leaves the others."""
    server = serve(accounts=["alice"])
    desk = enter(server, "alice")
    with Wire(server) as phone:
        assert log_in(phone, "alice@phone", PASSWORD) is None
        listed = server.administer("sessions", "alice").splitlines()
        number = next(line.split()[1] for line in listed if "phone" in line)
        server.administer("sessions", "end", "alice", number)
        assert phone.remainder()[-1].command == "ERROR"
    desk.sync()


@pytest.mark.parametrize("registration", ["closed", "invite"])
def test_an_invitation_makes_an_account(serve: Serve, enter: Enter, registration: str) -> None:
    """Who has a code can make an account before the login, where the configuration allows it, and log in."""
    server = serve(accounts=["alice"])
    server.configure(identity__registration=registration)
    server.administer("reload")
    code = server.administer("invite").strip()
    with Wire(server) as wire:
        for line in ("CAP LS 302", "NICK carol", "USER carol 0 * :Carol", f"REGISTER * * :{PASSWORD}"):
            wire.send(line)
        answer = wire.until(lambda message: message.command in ("REGISTER", "FAIL"))[-1]
        if registration == "closed":
            assert answer.params[1] == "DISALLOWED"
            return
        assert answer.params[0] == "VERIFICATION_REQUIRED"
        wire.send(f"VERIFY carol {code}")
        wire.expect("VERIFY")
        wire.send("CAP END")
        wire.expect("001")
    enter(server, "carol").say("#general", "I made this account myself")
