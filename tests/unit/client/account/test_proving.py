"""The dialogue that proves a password without coming in."""

import base64

import pytest

from securechat.client.account.proving import Proof
from securechat.client.errors import LoginFailed, Unreachable, Unsuitable
from securechat.client.protocol.registration import DURABLE, WANTED, Credentials
from securechat.irc.message import Message, encode, parse


class Dialogue:
    """One connection, with a server that the test plays; `offered` are its capabilities."""

    def __init__(self, offered: frozenset[str] = WANTED) -> None:
        self.sent: list[str] = []
        self.proof = Proof(Credentials("alice", "secret"), self._send)
        self.proof.begin()
        self.says(f":s CAP * LS :{' '.join(sorted(offered))}")

    def _send(self, message: Message) -> None:
        self.sent.append(encode(message).decode().removesuffix("\r\n"))

    def says(self, *lines: str) -> None:
        """The server says lines."""
        for line in lines:
            self.proof.feed(parse(line.encode()))


def test_a_right_password_ends_it_before_the_login() -> None:
    """The registration is not completed, so nobody sees the account come and go."""
    dialogue = Dialogue()
    dialogue.says(":s CAP * ACK :sasl", "AUTHENTICATE +", "PING x", ":s 903 * :ok")
    login = base64.b64encode(b"\0alice\0secret").decode()
    assert dialogue.sent[-3:] == [f"AUTHENTICATE {login}", "PONG x", "QUIT"]
    assert dialogue.proof.done and dialogue.proof.failure is None
    assert "CAP END" not in dialogue.sent


def test_a_wrong_password_is_told() -> None:
    """In the server's words."""
    dialogue = Dialogue()
    dialogue.says(":s CAP * ACK :sasl", "AUTHENTICATE +", ":s 904 * :SASL authentication failed: No")
    assert isinstance(dialogue.proof.failure, LoginFailed) and str(dialogue.proof.failure) == "No"
    assert not dialogue.proof.done


def test_a_server_that_takes_no_passwords_learns_none() -> None:
    """Neither one that wants another proof, nor one without accounts, at which there is nothing to prove."""
    other = Dialogue(WANTED - {"sasl"} | {"sasl=SCRAM-SHA-256"})
    assert isinstance(other.proof.failure, Unsuitable)
    free = Dialogue(frozenset({"server-time"}))
    assert free.proof.done and free.proof.failure is None and free.sent[-1] == "QUIT"
    assert not any(word in line for line in [*other.sent, *free.sent] for word in ("AUTHENTICATE", "PASS"))


def test_an_end_before_the_answer_is_no_wrong_password() -> None:
    """It can be tried again."""
    dialogue = Dialogue()
    dialogue.says("ERROR :Too many connections")
    assert isinstance(dialogue.proof.failure, Unreachable)
    assert "Too many connections" in str(dialogue.proof.failure)
    assert isinstance(Dialogue().proof.lost("the connection was cut"), Unreachable)


@pytest.mark.parametrize("knows", [True, False])
def test_whether_a_computer_can_be_a_device_there(knows: bool) -> None:
    """A server of another kind knows nothing of that."""
    assert Dialogue(WANTED if knows else WANTED - {DURABLE}).proof.takes_keys is knows
