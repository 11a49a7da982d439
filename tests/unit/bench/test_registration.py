"""The way into the channel, line by line."""

from base64 import b64decode

import pytest

from scripts.bench.ircbench.plan import Account
from scripts.bench.ircbench.registration import Registration, RegistrationError


def test_without_an_account() -> None:
    """NICK and USER are enough; the channel is joined after the welcome."""
    registration = Registration(7, None)
    assert registration.opening() == b"NICK m0007\r\nUSER m0007 0 * :m0007\r\n"
    assert registration.feed(b":srv NOTICE * :looking you up") == b""
    assert registration.feed(b":srv 001 m0007 :Welcome") == b"JOIN #bench\r\n"
    assert registration.feed(b":m0007!u@h JOIN #bench") == b""
    assert not registration.joined
    assert registration.feed(b":srv 366 m0007 #bench :End of NAMES") == b""
    assert registration.joined


def test_with_an_account() -> None:
    """SASL PLAIN comes between the capability and the end of registration."""
    registration = Registration(7, Account("anna", "geheim"))
    assert registration.opening().startswith(b"CAP REQ :sasl\r\nNICK m0007\r\n")
    assert registration.feed(b":srv CAP * ACK :sasl") == b"AUTHENTICATE PLAIN\r\n"
    command, _, payload = registration.feed(b"AUTHENTICATE +").partition(b" ")
    assert (command, b64decode(payload)) == (b"AUTHENTICATE", b"\0anna\0geheim")
    assert registration.feed(b":srv 900 m0007 m0007!u@h anna :You are now logged in") == b""
    assert registration.feed(b":srv 903 m0007 :Success") == b"CAP END\r\n"


@pytest.mark.parametrize(
    "line",
    [
        b":srv 904 m0007 :SASL authentication failed",
        b":srv 433 * m0007 :Nickname is already in use",
        b":srv CAP * NAK :sasl",
        b"ERROR :Closing link",
        b"FAIL * ACCOUNT_REQUIRED :Log in first",
        b":srv FAIL * ACCOUNT_REQUIRED :Log in first",
    ],
)
def test_a_refusal_is_told_with_its_line(line: bytes) -> None:
    """A member that is refused ends the run with the server's own words."""
    registration = Registration(7, Account("anna", "geheim"))
    with pytest.raises(RegistrationError) as refusal:
        registration.feed(line)
    assert repr(line) in str(refusal.value)


def test_no_message_of_the_day_is_no_refusal() -> None:
    """422 is an error numeric that does not matter."""
    assert Registration(7, None).feed(b":srv 422 m0007 :MOTD File is missing") == b""


def test_a_ping_is_answered() -> None:
    """Servers that ask for a PONG before the welcome get it, with their token."""
    assert Registration(7, None).feed(b"PING :4711") == b"PONG :4711\r\n"
