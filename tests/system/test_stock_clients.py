"""WeeChat and irssi, as Debian ships them, with the lines that the README gives for them.

Both check the certificate against the server's own authority, log in with SASL PLAIN, and chat with a person.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import Serve
from tests.system.person import CAPABILITIES, Person
from tests.system.server_process import DEADLINE, ServerProcess
from tests.system.stock_clients import Irssi, WeeChat, irssi_lines, weechat_lines

Enter = Callable[..., Person]


@pytest.mark.skipif(shutil.which("weechat-headless") is None, reason="weechat-headless is not installed")
def test_weechat(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """WeeChat verifies, logs in, joins, says something and shows what a person answers."""
    server = serve(accounts=["alice", "guest"])
    alice = enter(server, "alice")
    alice.join("#lobby")
    with WeeChat(tmp_path / "weechat", weechat_lines("127.0.0.1", server.port, server.ca)) as weechat:
        assert alice.expect("JOIN", "#lobby").source == "guest!guest@chat.test"
        # An answer to this shows that WeeChat has everything that was sent before it.
        _ctcp_ping(alice)
        weechat.type("irc.securechat.#lobby", "hello from WeeChat, grüße")
        assert alice.hear("hello from WeeChat, grüße").tags["account"] == "guest"
        alice.say("#lobby", "hello, WeeChat 🎉")
        _ctcp_ping(alice)
        assert "alice\thello, WeeChat 🎉\n" in weechat.shown("irc.securechat.#lobby")
        assert "peer's certificate is trusted" in weechat.everything()
        assert "SASL authentication successful" in weechat.everything()
        weechat.type("core.weechat", "/disconnect securechat")
        assert alice.expect("QUIT").source == "guest!guest@chat.test"


def _ctcp_ping(person: Person, nick: str = "guest") -> None:
    person.send(f"PRIVMSG {nick} :\x01PING 1\x01")
    assert person.expect("NOTICE", person.nick).params[-1] == "\x01PING 1\x01"


@pytest.mark.skipif(shutil.which("weechat-headless") is None, reason="weechat-headless is not installed")
def test_weechat_does_what_people_do(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """Topic, kick, nick, away and back, whois: others see each, and WeeChat shows the answers."""
    server = serve(accounts=["alice", "bob", "guest"])
    alice = enter(server, "alice", capabilities=(*CAPABILITIES, "away-notify"))
    bob = enter(server, "bob")
    alice.join("#lobby")
    bob.join("#lobby")
    *lines, connect = weechat_lines("127.0.0.1", server.port, server.ca)
    lines += ["/set irc.server.securechat.nicks guest", connect]
    with WeeChat(tmp_path / "weechat", lines) as weechat:
        alice.expect("JOIN", "#lobby")
        alice.expect("JOIN", "#lobby")
        _ctcp_ping(alice, "guest")  # it has seen itself join: there is a buffer to type into
        _others_see(alice, bob, lambda line: weechat.type("irc.securechat.#lobby", line), "GUEST")
        weechat.type("irc.server.securechat", "/whois alice")
        weechat.type("irc.securechat.#lobby", "who are you?")
        alice.hear("who are you?")
        _ctcp_ping(alice, "GUEST")
        assert "is using a secure connection" in weechat.everything()
        assert "signon" in weechat.everything().lower()


def _others_see(alice: Person, bob: Person, type_line: Callable[[str], None], nick: str) -> None:
    """Have a client do what people do, and wait until the others have seen it."""
    alice.send("MODE #lobby +o guest")
    alice.expect("MODE", "#lobby", "+o", "guest")
    type_line("/topic Deploys and incidents")
    assert alice.expect("TOPIC", "#lobby").params[-1] == "Deploys and incidents"
    type_line("/kick bob enough")
    assert bob.expect("KICK", "#lobby", "bob").params[-1] == "enough"
    type_line("/away lunch")
    assert alice.expect("AWAY").params == ("lunch",)
    type_line("/away")
    assert alice.expect("AWAY").params == ()
    type_line(f"/nick {nick}")
    assert alice.expect("NICK", nick).source == "guest!guest@chat.test"


@pytest.mark.skipif(shutil.which("weechat-headless") is None, reason="weechat-headless is not installed")
def test_weechat_trusts_nobody_else(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """With the authority of another server WeeChat does not go on, and the password does not leave it."""
    server, other = serve(accounts=["alice", "guest"]), serve()
    alice = enter(server, "alice", source="127.0.0.2")
    with WeeChat(tmp_path / "weechat", weechat_lines("127.0.0.1", server.port, other.ca)):
        deadline = time.monotonic() + DEADLINE
        while "127.0.0.1 TLS handshake failed" not in server.log_text():
            alice.sync()  # lets some time pass
            assert time.monotonic() < deadline, server.log_text()
    assert server.log_text().count("logged in") == 1, "somebody besides alice has logged in"


@pytest.mark.skipif(shutil.which("irssi") is None, reason="irssi is not installed")
def test_irssi(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """irssi verifies, logs in, joins, says something and shows what a person answers."""
    server = serve(accounts=["alice", "guest"])
    alice = enter(server, "alice")
    alice.join("#lobby")
    with Irssi(tmp_path / "irssi") as irssi:
        irssi.set_up(irssi_lines("localhost", server.port, server.ca))
        assert alice.expect("JOIN", "#lobby").source == "guest!guest@chat.test"
        irssi.type("/msg #lobby hello from irssi, grüße")
        assert alice.hear("hello from irssi, grüße").tags["account"] == "guest"
        irssi.type("/window goto #lobby")
        alice.say("#lobby", "hello-irssi")
        irssi.wait_for("hello-irssi")
        irssi.type("/quit")
        assert alice.expect("QUIT").source == "guest!guest@chat.test"


@pytest.mark.skipif(shutil.which("irssi") is None, reason="irssi is not installed")
def test_irssi_does_what_people_do(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """Topic, kick, nick, away and back, whois: others see each, and irssi shows the answers."""
    server = serve(accounts=["alice", "bob", "guest"])
    alice = enter(server, "alice", capabilities=(*CAPABILITIES, "away-notify"))
    bob = enter(server, "bob")
    alice.join("#lobby")
    bob.join("#lobby")
    with Irssi(tmp_path / "irssi") as irssi:
        irssi.set_up(irssi_lines("localhost", server.port, server.ca))
        alice.expect("JOIN", "#lobby")
        alice.expect("JOIN", "#lobby")
        irssi.type("/window goto #lobby")
        _others_see(alice, bob, irssi.type, "GUEST")
        irssi.type("/window goto 1")
        irssi.type("/whois alice")
        irssi.wait_for("alice@chat.test")


@pytest.mark.skipif(shutil.which("irssi") is None, reason="irssi is not installed")
def test_irssi_trusts_nobody_else(serve: Serve, tmp_path: Path) -> None:
    """With the authority of another server irssi does not go on, and the password does not leave it."""
    server, other = serve(accounts=["guest"]), serve()
    with Irssi(tmp_path / "irssi") as irssi:
        irssi.set_up(irssi_lines("localhost", server.port, other.ca))
        irssi.wait_for("lost")
    assert "logged in" not in server.log_text()


def _a_session(serve: Serve, enter: Enter) -> tuple[ServerProcess, Person]:
    """Return a server where nicks are free, and alice, who founded #lobby; bob is there, too."""
    server = serve({"identity.nicknames": "free"}, accounts=["alice", "bob", "guest"])
    alice = enter(server, "alice", capabilities=("away-notify", "echo-message"))
    alice.join("#lobby")
    enter(server, "bob").join("#lobby")
    assert alice.expect("JOIN", "#lobby").source == "bob!bob@chat.test"
    return server, alice


def _everyday_life(alice: Person, type_line: Callable[[str], None]) -> None:
    """Topic, nick, away, kick: what the guest types is what alice sees; in the end alice kicks the guest."""
    alice.send("MODE #lobby +o guest")
    alice.expect("MODE", "#lobby")
    type_line("/topic Tea at four, grüße")
    assert alice.expect("TOPIC", "#lobby").params[-1] == "Tea at four, grüße"
    type_line("/nick visitor")
    assert alice.expect("NICK").params == ("visitor",)
    type_line("/away out for lunch")
    assert alice.expect("AWAY").params == ("out for lunch",)
    type_line("/away")
    assert alice.expect("AWAY").params == ()
    type_line("/kick bob enough of that")
    assert alice.expect("KICK", "#lobby", "bob").params[-1] == "enough of that"
    alice.send("KICK #lobby visitor :now-you")
    alice.expect("KICK", "#lobby", "visitor")


@pytest.mark.skipif(shutil.which("weechat-headless") is None, reason="weechat-headless is not installed")
def test_everyday_life_in_weechat(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """Topic, nick, away and kick work as WeeChat sends and shows them."""
    server, alice = _a_session(serve, enter)
    *lines, connect = weechat_lines("127.0.0.1", server.port, server.ca)
    lines += ["/set irc.server.securechat.nicks guest", connect]
    with WeeChat(tmp_path / "weechat", lines) as weechat:
        alice.expect("JOIN", "#lobby")
        _ctcp_ping(alice)
        _everyday_life(alice, lambda line: weechat.type("irc.securechat.#lobby", line))
        alice.send("PRIVMSG visitor :\x01PING 1\x01")
        alice.expect("NOTICE", "alice")
        shown = weechat.shown("irc.securechat.#lobby")
        assert "alice has kicked visitor (now-you)" in shown
        assert "Tea at four, grüße" in shown


@pytest.mark.skipif(shutil.which("irssi") is None, reason="irssi is not installed")
def test_everyday_life_in_irssi(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """Topic, nick, away and kick work as irssi sends and shows them."""
    server, alice = _a_session(serve, enter)
    with Irssi(tmp_path / "irssi") as irssi:
        irssi.set_up(irssi_lines("localhost", server.port, server.ca))
        alice.expect("JOIN", "#lobby")
        irssi.wait_for("#lobby")
        irssi.type("/window goto #lobby")
        _everyday_life(alice, irssi.type)
        irssi.wait_for("now-you")
