"""The dialogue that makes an account with an invitation's code."""

import pytest

from securechat.client.account.joining import CAPABILITY, Joining, check_sendable
from securechat.client.errors import OutcomeUnknown, Refused, Unreachable, Unsuitable
from securechat.irc.message import Message, encode, parse


class Dialogue:
    """One connection, with a server that the test plays."""

    def __init__(self) -> None:
        self._sent: list[str] = []
        self.joining = Joining("carol", "sesame street", "ab12", self._send)
        self.joining.begin()

    def _send(self, message: Message) -> None:
        self._sent.append(encode(message).decode().removesuffix("\r\n"))

    def sent(self) -> list[str]:
        """What was sent since the last time."""
        sent, self._sent = self._sent, []
        return sent

    def says(self, *lines: str) -> None:
        """The server says lines."""
        for line in lines:
            self.joining.feed(parse(line.encode()))


def test_the_way_to_an_account() -> None:
    """The password goes out only when the capability was granted, the code only when it is asked for."""
    dialogue = Dialogue()
    assert dialogue.sent() == ["CAP LS 302", "NICK carol"]
    dialogue.says(":s CAP * LS * :sasl=PLAIN batch", "PING x")
    assert dialogue.sent() == ["PONG x"]
    dialogue.says(f":s CAP * LS :{CAPABILITY}=before-connect")
    assert dialogue.sent() == [f"CAP REQ {CAPABILITY}"]
    dialogue.says(f":s CAP * ACK :{CAPABILITY}")
    assert dialogue.sent() == ["REGISTER carol * :sesame street"]
    assert not dialogue.joining.decided
    dialogue.says(":s REGISTER VERIFICATION_REQUIRED carol :Now VERIFY")
    assert dialogue.sent() == ["VERIFY carol ab12"]
    assert dialogue.joining.decided
    dialogue.says(":s VERIFY SUCCESS carol :made", ":s 900 carol c!c@s carol :logged in")
    assert dialogue.joining.done
    assert dialogue.sent() == ["QUIT"]


def test_a_server_that_makes_no_accounts_learns_nothing() -> None:
    """Neither name's password nor code; the person is told whom to ask."""
    dialogue = Dialogue()
    dialogue.sent()
    dialogue.says(":s CAP * LS :sasl=PLAIN")
    assert dialogue.sent() == []
    assert isinstance(dialogue.joining.failure, Refused)
    assert dialogue.joining.failure.code == "DISALLOWED"


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        (":s FAIL VERIFY INVALID_CODE carol :This code is unknown", "INVALID_CODE", "This code is unknown"),
        (
            ":s FAIL REGISTER ACCOUNT_EXISTS carol :It exists: REGISTER another name",
            "ACCOUNT_EXISTS",
            "It exists",
        ),
        (":s FAIL REGISTER WEAK_PASSWORD", "WEAK_PASSWORD", "the server refused"),
        (":s 432 * carol :No such nick", "BAD_ACCOUNT_NAME", "No such nick"),
    ],
)
def test_a_refusal_says_what_to_ask_for(line: str, code: str, text: str) -> None:
    """By its code; nothing was made, so nothing is unknown."""
    dialogue = Dialogue()
    dialogue.says(":s REGISTER VERIFICATION_REQUIRED carol :x", line, "ERROR :Too many failed logins")
    failure = dialogue.joining.failure
    assert isinstance(failure, Refused)
    assert (failure.code, str(failure)) == (code, text)
    assert not dialogue.joining.decided


def test_a_lost_connection() -> None:
    """Before VERIFY nothing was made; after it nobody knows."""
    dialogue = Dialogue()
    assert isinstance(dialogue.joining.lost("it was cut"), Unreachable)
    dialogue.says(":s REGISTER VERIFICATION_REQUIRED carol :x", "ERROR :Server shutting down")
    assert isinstance(dialogue.joining.failure, OutcomeUnknown)
    assert "Server shutting down" in str(dialogue.joining.failure)


def test_a_server_that_does_not_know_the_command() -> None:
    """Another server than ours."""
    dialogue = Dialogue()
    dialogue.says(":s 421 * REGISTER :Unknown command")
    assert isinstance(dialogue.joining.failure, Unsuitable)


def test_a_password_that_no_line_can_carry() -> None:
    """The server would cut it or refuse the line; said before anything is sent."""
    room = 512 - len("REGISTER carol * :\r\n")
    check_sendable("carol", "p" * room)
    for password in ("p" * (room + 1), "ä" * room, "pass\0word", "pass\rword"):
        with pytest.raises(Refused):
            check_sendable("carol", password)
