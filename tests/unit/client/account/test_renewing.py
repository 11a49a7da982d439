"""The dialogue that sets a new password where the server wants one."""

import base64

import pytest

from securechat.client.account.renewing import Renewal, check_sendable
from securechat.client.errors import LoginFailed, OutcomeUnknown, Refused, Unreachable
from securechat.client.protocol.registration import WANTED, Credentials
from securechat.irc.message import Message, encode, parse

DUE = ":s FAIL * PASSWORD_CHANGE_REQUIRED :An administrator wants you to"


class Dialogue:
    """One connection, with a server that the test plays, up to where it wants a new password."""

    def __init__(self, *lines: str) -> None:
        self._sent: list[str] = []
        self.renewal = Renewal(Credentials("carol", "old one"), "a new one", self._send)
        self.renewal.begin()
        self.says(f":s CAP * LS :{' '.join(sorted(WANTED))}", ":s CAP * ACK :sasl", "AUTHENTICATE +", *lines)

    def _send(self, message: Message) -> None:
        self._sent.append(encode(message).decode().removesuffix("\r\n"))

    def sent(self) -> list[str]:
        """What was sent since the last time."""
        sent, self._sent = self._sent, []
        return sent

    def says(self, *lines: str) -> None:
        """The server says lines."""
        for line in lines:
            self.renewal.feed(parse(line.encode()))


def test_the_way_to_a_new_password() -> None:
    """The usual login, then a message to the pseudo-user; what else comes is nobody's business here."""
    dialogue = Dialogue(":s 903 carol :ok")
    login = base64.b64encode(b"\0carol\0old one").decode()
    assert dialogue.sent()[-2:] == [f"AUTHENTICATE {login}", "CAP END"]
    dialogue.says(DUE)
    assert dialogue.sent() == ["PRIVMSG securechat :password * a new one"]
    dialogue.says(":s 001 carol :Welcome", ":securechat!securechat@s NOTICE carol :Type:", "PING x")
    assert dialogue.sent() == ["PONG x"]
    assert not dialogue.renewal.done
    dialogue.says(":s NOTE * PASSWORD_CHANGED :done")
    assert dialogue.sent() == ["QUIT"]
    assert dialogue.renewal.done


def test_a_password_that_the_server_refuses() -> None:
    """With the server's reason, so that another one can be chosen."""
    dialogue = Dialogue(":s 903 carol :ok", DUE, ":s FAIL PRIVMSG UNACCEPTABLE_PASSWORD :It is too short")
    assert isinstance(dialogue.renewal.failure, Refused)
    assert str(dialogue.renewal.failure) == "It is too short"


def test_a_login_that_fails_and_one_that_is_free() -> None:
    """A wrong old password; and a server that does not want a new one any more."""
    assert isinstance(Dialogue(":s 904 * :SASL authentication failed: no").renewal.failure, LoginFailed)
    assert Dialogue(":s 903 carol :ok", ":s 001 carol :Welcome").renewal.done


def test_a_lost_connection() -> None:
    """Before the new password was sent nothing was changed; after it nobody knows."""
    assert isinstance(Dialogue().renewal.lost("it was cut"), Unreachable)
    dialogue = Dialogue(":s 903 carol :ok", DUE, "ERROR :Server shutting down")
    assert isinstance(dialogue.renewal.failure, OutcomeUnknown)


def test_a_password_that_no_message_can_carry() -> None:
    """Said before anything is sent."""
    check_sendable("p" * 400)
    for password in ("p" * 500, "pass\0word", "pass\nword"):
        with pytest.raises(Refused):
            check_sendable(password)
