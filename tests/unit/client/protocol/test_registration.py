"""Coming in: capabilities, SASL PLAIN, and the reasons for which there is no way in."""

import base64
from pathlib import Path

import pytest

from securechat.client.errors import DeviceRefused, LoginFailed, Unsuitable
from securechat.client.events import Joined, Names, Ready, Welcome
from securechat.client.protocol.registration import WANTED, Credentials
from tests.unit.client.wire import Wire, in_general

OFFER = " ".join(sorted(WANTED))


def test_registration_begins_with_the_capabilities_and_without_the_password() -> None:
    """CAP LS 302 holds the registration; nothing else is sent before the server has answered."""
    assert Wire().sent() == ["CAP LS 302"]


def test_what_is_requested_is_what_is_wanted_and_offered() -> None:
    """Capabilities that nobody here knows are not asked for, and values are no part of a name."""
    wire = Wire()
    wire.sent()
    wire.says(f":s CAP * LS * :{OFFER}", ":s CAP * LS :draft/else sasl=PLAIN,EXTERNAL")
    assert wire.sent() == ["NICK alice", "USER alice 0 * alice", f"CAP REQ :{OFFER}"]


def test_the_password_goes_out_when_the_server_asks_for_it() -> None:
    """SASL PLAIN: the mechanism first, then the payload in base64, then CAP END after 903."""
    wire = Wire()
    wire.says(f":s CAP * LS :{OFFER}")
    wire.sent()
    wire.says(f":s CAP * ACK :{OFFER}")
    assert wire.sent() == ["AUTHENTICATE PLAIN"]
    wire.says("AUTHENTICATE +")
    payload = base64.b64encode(b"\0alice\0secret").decode()
    assert wire.sent() == [f"AUTHENTICATE {payload}"]
    wire.says(":s 903 alice :ok")
    assert wire.sent() == ["CAP END"]


def test_a_long_password_goes_out_in_pieces() -> None:
    """A payload of more than 400 bytes of base64 takes several lines."""
    wire = Wire(password="p" * 400)
    wire.says(f":s CAP * LS :{OFFER}", f":s CAP * ACK :{OFFER}")
    wire.sent()
    wire.says("AUTHENTICATE +")
    first, second = (line.removeprefix("AUTHENTICATE ") for line in wire.sent())
    assert len(first) == 400
    assert base64.b64decode(first + second) == b"\0alice\0" + b"p" * 400


@pytest.mark.parametrize("lacking", sorted(WANTED - {"sasl"}))
def test_what_a_server_lacks_is_not_asked_for(lacking: str) -> None:
    """The login is the same without it."""
    wire = Wire(offer=WANTED - {lacking})
    wire.log_in()
    assert wire.session.ready and lacking not in wire.session.granted


@pytest.mark.parametrize("refusal", [":old 464 * :Password incorrect", "ERROR :Access denied: Bad password?"])
def test_a_server_without_accounts_gets_the_password_when_it_wants_one(refusal: str) -> None:
    """Not with the first connection, and before NICK with the next one; nothing of SASL is sent."""
    wire = Wire()
    wire.sent()
    wire.says(":old CAP * LS :multi-prefix")
    assert wire.sent() == ["NICK alice", "USER alice 0 * alice", "CAP END"]
    wire.says(refusal)
    wire.session.lose()
    assert wire.session.tries_password
    wire.session.open(wire.now)
    wire.sent()
    wire.says(":old CAP * LS :multi-prefix")
    assert wire.sent() == ["PASS secret", "NICK alice", "USER alice 0 * alice", "CAP END"]
    wire.says(refusal)
    wire.session.lose()
    assert not wire.session.tries_password


def test_a_server_without_accounts_that_wants_no_password_gets_none() -> None:
    """The login is complete without; a connection that is lost is no refusal."""
    wire = Wire()
    wire.says(":old CAP * LS :multi-prefix")
    wire.session.lose()
    assert not wire.session.tries_password
    wire.session.open(wire.now)
    wire.says(":old CAP * LS :multi-prefix", ":old 001 alice :Welcome")
    assert not any(line.startswith("PASS") for line in wire.sent())
    assert wire.session.failure is None and wire.session.nick == "alice"


def test_a_server_without_sasl_is_asked_for_the_rest() -> None:
    """What it offers of what is wanted is requested, and the registration ends with the answer."""
    wire = Wire(password="")
    wire.sent()
    wire.says(":old CAP * LS :server-time multi-prefix")
    assert wire.sent() == ["NICK alice", "USER alice 0 * alice", "CAP REQ server-time"]
    wire.says(":old CAP * ACK :server-time")
    assert wire.sent() == ["CAP END"]


def test_a_server_that_is_older_than_capabilities() -> None:
    """It does not know CAP: the registration goes on without, once."""
    for numeric in ("421 * CAP :Unknown command", "451 * :You have not registered"):
        wire = Wire(password="")
        wire.sent()
        wire.says(f":old {numeric}", f":old {numeric}")
        assert wire.sent() == ["NICK alice", "USER alice 0 * alice"]


def test_a_key_is_no_way_into_a_server_without_accounts(tmp_path: Path) -> None:
    """This computer's key says who it is to SASL EXTERNAL; nothing is sent to a server without."""
    wire = Wire()
    wire.session.lose()
    wire.session.credentials = Credentials("alice", device=tmp_path / "key")
    wire.session.open(wire.now)
    wire.sent()
    wire.says(":old CAP * LS :multi-prefix")
    assert isinstance(wire.session.failure, DeviceRefused)
    assert wire.sent() == []


def test_a_server_without_passwords_gets_none() -> None:
    """When PLAIN is not among the mechanisms there is no way in."""
    wire = Wire()
    wire.sent()
    wire.says(f":s CAP * LS :{OFFER} sasl=EXTERNAL")
    assert isinstance(wire.session.failure, Unsuitable)
    assert wire.sent() == []


def test_a_challenge_that_is_not_plain_gets_no_password() -> None:
    """PLAIN's challenge is empty; anything else is another mechanism."""
    wire = Wire()
    wire.says(f":s CAP * LS :{OFFER}", f":s CAP * ACK :{OFFER}")
    wire.sent()
    wire.says("AUTHENTICATE c29tZXRoaW5n")
    assert isinstance(wire.session.failure, Unsuitable)
    assert wire.sent() == []


@pytest.mark.parametrize(
    ("line", "temporary"),
    [
        (":s 904 alice :SASL authentication failed: Wrong account name or password", False),
        (":s 904 alice :SASL authentication failed: Too many failed logins, try again in 4 seconds", True),
        (":s FAIL * ACCOUNT_REQUIRED :This server is for people with an account", False),
        (":s 432 * a*b :A name holds letters", False),
        (":s 465 alice :You are banned", False),
    ],
)
def test_a_refused_login_says_why(line: str, temporary: bool) -> None:
    """The server's reason is the error's text, and what may pass is told from what does not."""
    wire = Wire()
    wire.says(f":s CAP * LS :{OFFER}", f":s CAP * ACK :{OFFER}", "AUTHENTICATE +", line)
    assert isinstance(wire.session.failure, LoginFailed)
    assert wire.session.failure.temporary is temporary
    assert str(wire.session.failure).endswith(line.rpartition(":")[2].strip())
    assert not str(wire.session.failure).startswith("SASL")


def test_a_nick_that_is_taken_gets_another_one_by_it() -> None:
    """Where sessions have nicks of their own, the second one of an account gets an underscore."""
    wire = Wire()
    wire.says(f":s CAP * LS :{OFFER}")
    wire.sent()
    wire.says(":s 433 * alice :Nickname is already in use")
    assert wire.sent() == ["NICK alice_"]
    assert wire.session.failure is None


def test_a_nick_that_is_taken_again_and_again_is_given_up() -> None:
    """Somebody who refuses every nick does not make the session try for ever."""
    wire = Wire()
    wire.says(*[":s 433 * alice :Nickname is already in use"] * 5)
    assert isinstance(wire.session.failure, LoginFailed)


def test_a_login_tells_the_channels_before_it_is_ready() -> None:
    """Everything that the server tells by itself comes before Ready."""
    wire = Wire()
    wire.log_in(*in_general("bob"))
    assert wire.events() == [
        Welcome("alice", "s.test", durable=True, again=False),
        Joined("#general", "alice", own=True),
        Names("#general", ("alice", "bob")),
        Ready(("#general",), again=False),
    ]


def test_channels_that_are_wanted_are_joined_at_every_login() -> None:
    """The JOINs come before the PING whose answer makes the session ready."""
    wire = Wire(channels=["#dev", "#ops"])
    wire.log_in()
    assert wire.sent()[-3:] == ["@label=1 JOIN #dev", "@label=2 JOIN #ops", "PING ready"]


def test_the_message_of_the_day_is_told_once() -> None:
    """A reconnection does not show it again."""
    wire = Wire()
    wire.ready()
    wire.reconnect()
    wire.says(":s.test 001 alice :Welcome", ":s.test 372 alice :- news")
    assert wire.events() == [Welcome("alice", "s.test", durable=False, again=True)]
