"""Which server is trusted, in which order, and that nothing secret goes to any other."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from securechat.client.address import Address
from securechat.client.errors import TrustError, Unreachable
from securechat.client.kept.known_servers import KnownServers
from securechat.client.network import trust
from securechat.client.network.trust import WHERE_THE_PIN_IS, Trust, UnknownServer, settle
from securechat.client.paths import Places
from tests.unit.client.certificates import Identity, Workshop
from tests.unit.client.fake_server import Conversation, FakeServer


@pytest.fixture
def other(tmp_path: Path) -> Workshop:
    """Another authority of the same name."""
    (tmp_path / "other").mkdir()
    return Workshop(tmp_path / "other")


def never(conversation: Conversation) -> None:
    """No connection of these tests gets as far as to send a line."""
    raise AssertionError("a line was sent")


@contextmanager
def serving(identity: Identity) -> Iterator[FakeServer]:
    """A server with this identity, which must not be sent a single byte."""
    with FakeServer(identity.context, never) as server:
        yield server
    assert server.received == []


def connect(trusted: Trust) -> None:
    """Make a verified connection and close it."""
    trust.connect(trusted).close()


def yes(unknown: UnknownServer) -> bool:
    return True


# --ca


def test_a_ca_file_is_trusted_and_nothing_else(workshop: Workshop, other: Workshop, places: Places) -> None:
    """A certificate of another authority, though of the same name, is refused."""
    with serving(workshop.server()) as server:
        connect(settle(server.address, places, ca=workshop.ca_file()))
        with pytest.raises(TrustError, match="not issued by the CA"):
            connect(settle(server.address, places, ca=other.ca_file()))


def test_a_ca_file_that_is_none_is_an_error(places: Places, tmp_path: Path) -> None:
    """Before anything is connected to."""
    (tmp_path / "no.pem").write_text("no certificate")
    for name in ("no.pem", "missing.pem"):
        with pytest.raises(TrustError, match=name):
            settle(Address("localhost"), places, ca=tmp_path / name)


def test_a_ca_file_does_not_excuse_a_wrong_name(workshop: Workshop, places: Places) -> None:
    """The host name is verified, too."""
    with (
        serving(workshop.server("elsewhere.test")) as server,
        pytest.raises(TrustError, match="not for localhost"),
    ):
        connect(settle(server.address, places, ca=workshop.ca_file()))


def test_a_ca_file_does_not_excuse_an_expired_certificate(tmp_path: Path, places: Places) -> None:
    """Dates are verified, too."""
    old = Workshop(tmp_path, age=timedelta(days=100))
    with serving(old.server()) as server, pytest.raises(TrustError, match="expired"):
        connect(settle(server.address, places, ca=old.ca_file()))


# --pin


def test_a_pin_may_be_the_authoritys_or_the_servers_own(workshop: Workshop, places: Places) -> None:
    """Any certificate that the server sends can be pinned."""
    identity = workshop.server()
    with serving(identity) as server:
        connect(settle(server.address, places, pin=identity.pin))
        connect(settle(server.address, places, pin=identity.leaf_pin))


def test_a_self_signed_server_can_be_pinned(workshop: Workshop, places: Places) -> None:
    """It is its own anchor."""
    identity = workshop.self_signed()
    with serving(identity) as server:
        connect(settle(server.address, places, pin=identity.pin))


def test_another_pin_is_refused(workshop: Workshop, other: Workshop, places: Places) -> None:
    """The error shows both, and nothing is remembered."""
    wanted, sent = other.server().pin, workshop.server().pin
    with serving(workshop.server()) as server, pytest.raises(TrustError) as caught:
        connect(settle(server.address, places, pin=wanted))
    assert wanted in str(caught.value) and sent in str(caught.value)
    assert not places.pinned.exists()


def test_showing_the_pinned_certificate_is_no_proof(
    workshop: Workshop, other: Workshop, places: Places
) -> None:
    """Somebody in between can send the real CA along with a certificate that it did not sign."""
    fake = other.server(other=workshop.authority)
    assert fake.pin == workshop.server().pin
    with serving(fake) as server, pytest.raises(TrustError, match="not issued by it"):
        connect(settle(server.address, places, pin=fake.pin))


def test_a_pin_does_not_excuse_a_wrong_name_or_date(
    tmp_path: Path, workshop: Workshop, places: Places
) -> None:
    """A pinned authority may have signed for others, and a pinned key may be too old."""
    elsewhere = workshop.server("elsewhere.test")
    with serving(elsewhere) as server, pytest.raises(TrustError, match="not for localhost"):
        connect(settle(server.address, places, pin=elsewhere.pin))
    (tmp_path / "old").mkdir()
    expired = Workshop(tmp_path / "old", age=timedelta(days=100)).server()
    for pin in (expired.pin, expired.leaf_pin):
        with serving(expired) as server, pytest.raises(TrustError, match="expired"):
            connect(settle(server.address, places, pin=pin))


def test_the_certificate_of_a_pin_is_looked_up_once(workshop: Workshop, places: Places) -> None:
    """Later connections need no second one beside them."""
    identity = workshop.server()
    with serving(identity) as server:
        connect(settle(server.address, places, pin=identity.pin))
        connect(settle(server.address, places, pin=identity.pin))
        connect(settle(server.address, places, pin=identity.pin))
    assert len(server.handshakes) == 4
    (kept,) = places.pinned.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_renewed_certificate_of_the_same_key_is_looked_up_again(workshop: Workshop, places: Places) -> None:
    """Also within one run, when a connection is made again."""
    with serving(workshop.self_signed()) as server:
        trusted = settle(server.address, places, pin=workshop.self_signed().pin)
        connect(trusted)
        server.context = workshop.self_signed(lifetime=timedelta(days=60)).context
        connect(trusted)
        connect(trusted)


def test_a_damaged_certificate_of_a_pin_is_looked_up_again(workshop: Workshop, places: Places) -> None:
    """What is kept saves a look; it is not what decides."""
    identity = workshop.server()
    with serving(identity) as server:
        connect(settle(server.address, places, pin=identity.pin))
        (kept,) = places.pinned.iterdir()
        kept.write_text("damaged")
        connect(settle(server.address, places, pin=identity.pin))


def test_a_place_that_cannot_be_written_does_not_matter_to_a_pin(workshop: Workshop, places: Places) -> None:
    """The pin is enough."""
    places.pinned.parent.mkdir()
    places.pinned.write_text("a file where the directory should be")
    identity = workshop.server()
    with serving(identity) as server:
        connect(settle(server.address, places, pin=identity.pin))


# known_servers


def test_a_known_server_is_trusted_by_its_pin(workshop: Workshop, places: Places) -> None:
    """And the person is not asked."""
    identity = workshop.server()

    def ask(unknown: UnknownServer) -> bool:
        raise AssertionError("asked")

    with serving(identity) as server:
        KnownServers(places.known_servers).add(server.address, identity.pin)
        connect(settle(server.address, places, ask=ask))


def test_a_known_server_with_another_key_is_a_hard_stop(
    workshop: Workshop, other: Workshop, places: Places
) -> None:
    """Both pins are shown, the way out is named, and nobody is asked, though there is somebody."""
    old, new = workshop.server(), other.server()
    with serving(new) as server:
        KnownServers(places.known_servers).add(server.address, old.pin)
        with pytest.raises(TrustError) as caught:
            connect(settle(server.address, places, ask=yes))
    text = str(caught.value)
    assert old.pin in text and new.pin in text
    assert f"securechat trust remove {server.address}" in text
    assert KnownServers(places.known_servers).pin_of(server.address) == old.pin


def test_a_known_server_is_not_looked_for_among_the_systems_authorities(
    workshop: Workshop, other: Workshop, places: Places
) -> None:
    """Else a certificate from elsewhere would do for a server whose key is known."""
    places.own_ca.parent.mkdir(parents=True)
    places.own_ca.write_bytes(other.ca_file().read_bytes())
    with serving(other.server()) as server:
        KnownServers(places.known_servers).add(server.address, workshop.server().pin)
        with pytest.raises(TrustError):
            connect(settle(server.address, places))


def test_the_option_wins_over_the_known_server(workshop: Workshop, other: Workshop, places: Places) -> None:
    """What the person says now comes first."""
    identity = workshop.server()
    with serving(identity) as server:
        KnownServers(places.known_servers).add(server.address, other.server().pin)
        connect(settle(server.address, places, pin=identity.pin))
        connect(settle(server.address, places, ca=workshop.ca_file()))


# The own server's CA, the system's authorities


def test_the_own_servers_ca_is_trusted_on_this_machine(workshop: Workshop, places: Places) -> None:
    """Nothing has to be said to reach one's own server."""
    places.own_ca.parent.mkdir(parents=True)
    places.own_ca.write_bytes(workshop.ca_file().read_bytes())
    with serving(workshop.server()) as server:
        connect(settle(server.address, places))
        connect(settle(server.address, places, ask=yes))
    assert not places.known_servers.exists()


def test_the_own_servers_ca_is_not_trusted_for_other_hosts(workshop: Workshop, places: Places) -> None:
    """It is this machine's."""
    places.own_ca.parent.mkdir(parents=True)
    places.own_ca.write_bytes(workshop.ca_file().read_bytes())
    here = settle(Address("localhost"), places).context().get_ca_certs(binary_form=True)
    there = settle(Address("chat.example.org"), places).context().get_ca_certs(binary_form=True)
    assert len(here) == len(there) + 1


def test_an_unknown_issuer_in_a_pipe_is_refused_with_the_exact_option(
    workshop: Workshop, places: Places
) -> None:
    """There is nobody to ask; whoever reads the error can compare and repeat."""
    identity = workshop.server()
    with serving(identity) as server, pytest.raises(TrustError) as caught:
        connect(settle(server.address, places))
    assert f"\n  --pin {identity.pin}" in str(caught.value)
    assert "securechat certs show --data-dir DIR" in str(caught.value)
    assert not places.known_servers.exists()


# The question


def test_a_person_who_says_yes_makes_the_server_a_known_one(workshop: Workshop, places: Places) -> None:
    """But only once a connection to it was fully verified."""
    identity = workshop.server()
    asked = []

    def ask(unknown: UnknownServer) -> bool:
        asked.append(unknown)
        return True

    with serving(identity) as server:
        trusted = settle(server.address, places, ask=ask)
        assert asked == [UnknownServer(server.address, identity.pin)]
        assert not places.known_servers.exists()
        connect(trusted)
        assert KnownServers(places.known_servers).pin_of(server.address) == identity.pin
        connect(settle(server.address, places, ask=ask))
    assert len(asked) == 1


def test_without_a_private_authority_the_servers_own_key_is_offered(
    workshop: Workshop, places: Places
) -> None:
    """Whoever signed it is not known here."""
    identity = workshop.server(alone=True)
    asked = []

    def refuse(unknown: UnknownServer) -> bool:
        asked.append(unknown)
        return False

    with serving(identity) as server, pytest.raises(TrustError):
        settle(server.address, places, ask=refuse)
    assert [unknown.pin for unknown in asked] == [identity.leaf_pin]


def test_a_person_who_says_no_is_not_connected(workshop: Workshop, places: Places) -> None:
    """Nothing is remembered."""
    with serving(workshop.server()) as server, pytest.raises(TrustError, match="not trusted"):
        settle(server.address, places, ask=lambda unknown: False)
    assert not places.known_servers.exists()


def test_nobody_is_asked_about_a_wrong_name_or_date(
    tmp_path: Path, workshop: Workshop, places: Places
) -> None:
    """Only an unknown issuer can be a private one; anything else is a hard stop."""

    def ask(unknown: UnknownServer) -> bool:
        raise AssertionError("asked")

    with (
        serving(workshop.server("elsewhere.test")) as server,
        pytest.raises(TrustError, match=r"elsewhere\.test"),
    ):
        settle(server.address, places, ask=ask)
    with serving(workshop.server()) as server:
        for days, text in ((200, "expired on"), (-10, "valid only from")):
            then = partial(datetime.now(UTC).__add__, timedelta(days=days))
            with pytest.raises(TrustError, match=text):
                settle(server.address, places, ask=ask, now=then)


def test_a_server_that_is_not_there_is_told_before_any_question(places: Places) -> None:
    """Nothing listens."""
    with serving_nothing() as address, pytest.raises(Unreachable, match="refused"):
        settle(address, places, ask=yes)


@contextmanager
def serving_nothing() -> Iterator[Address]:
    """A port on which nobody listens."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield Address("127.0.0.1", taken.getsockname()[1])


def test_the_command_that_prints_the_pin_is_named_for_every_place() -> None:
    """A server of the system's, one with its data elsewhere, and the one that scripts/quickstart starts."""
    text = "\n".join(WHERE_THE_PIN_IS)
    assert "securechat certs show --data-dir DIR" in text
    assert ".venv/bin/securechat certs show --data-dir .quickstart" in text
