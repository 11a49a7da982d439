"""A certificate of a local ACME authority: fetched, used without a dropped connection, renewed."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from securechat.tls.pins import pin, read_certificates
from tests.support.authority import LocalAuthority, free_ports, require_pebble
from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import DEADLINE, ServerProcess

Enter = Callable[..., Person]


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[LocalAuthority]:
    """An authority that runs."""
    require_pebble()
    with LocalAuthority(tmp_path / "authority") as authority:
        yield authority


def fetch(server: ServerProcess, authority: LocalAuthority, *more: str) -> dict[str, object]:
    """Fetch a certificate; return what the command says."""
    return dict(json.loads(server.administer("certs", "acme", *arguments(authority), "--json", *more)))


def arguments(authority: LocalAuthority) -> list[str]:
    """Return what a first order is told."""
    place = ["--directory", authority.directory, "--ca", str(authority.ca), "--port", str(authority.port)]
    return [*place, "--agree-terms", "--name", "chat.test"]


def served(server: ServerProcess, authority: LocalAuthority) -> bytes:
    """Return the certificate that a new connection gets, which a client trusts who has the root."""
    context = ssl.create_default_context(cadata=authority.root())
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) as plain,
        context.wrap_socket(plain, server_hostname="chat.test") as wire,
    ):
        certificate = wire.getpeercert(binary_form=True)
        assert certificate is not None
        return certificate


def test_fetched_used_and_renewed(serve: Serve, enter: Enter, authority: LocalAuthority) -> None:
    """New connections get the new certificate at once, and nobody who is there loses anything."""
    server = serve(accounts=["alice", "bob"])
    alice, bob = enter(server, "alice"), enter(server, "bob")
    facts = fetch(server, authority)
    assert (facts["used"], facts["names"]) == (True, ["chat.test"])
    first = served(server, authority)
    path = server.data / "public.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    before = pin(read_certificates(path)[0])
    alice.say("bob", "still here")
    bob.hear("still here")
    waiting = json.loads(server.administer("certs", "acme", "--renew", "--json"))
    assert waiting["renewed"] is False and served(server, authority) == first
    assert json.loads(server.administer("certs", "acme", "--renew", "--force", "--json"))["renewed"] is True
    assert served(server, authority) != first
    assert pin(read_certificates(path)[0]) == before, "the key stays"
    alice.say("bob", "and still")
    bob.hear("and still")
    noted = [json.loads(line) for line in server.administer("audit", "show", "--json").splitlines()]
    mine = [row for row in noted if row["action"] == "certificate"]
    assert [(row["target"], row["detail"]) for row in mine] == [
        ("chat.test", f"from {authority.directory}")
    ] * 2


def test_what_the_authority_refuses_changes_nothing(serve: Serve, authority: LocalAuthority) -> None:
    """It does not find the answer, or is not agreed with: the certificate in use stays, and why is said."""
    server = serve()
    fetch(server, authority)
    kept = (server.data / "public.pem").read_bytes()
    (other,) = free_ports(1)
    wrong = [str(other) if word == str(authority.port) else word for word in arguments(authority)]
    ended = server.run("certs", "acme", *wrong)
    assert ended.returncode == 1 and "chat.test: " in ended.stderr and "nothing was changed" in ended.stderr
    assert "prove them by DNS" in ended.stderr
    disagreed = [word for word in arguments(authority) if word != "--agree-terms"]
    ended = server.run("certs", "acme", *disagreed)
    assert ended.returncode == 1 and "say --agree-terms" in ended.stderr
    assert (server.data / "public.pem").read_bytes() == kept
    assert json.loads((server.data / "acme.json").read_text())["port"] == authority.port
    served(server, authority)


def test_answers_below_the_root_of_a_web_server(
    serve: Serve, authority: LocalAuthority, tmp_path: Path
) -> None:
    """A web server that has port 80 gives the answer, and nothing is left there."""
    root = tmp_path / "www"
    root.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=root)
    with ThreadingHTTPServer(("127.0.0.1", authority.port), handler) as web:
        thread = Thread(target=web.serve_forever)
        thread.start()
        try:
            facts = fetch(serve(), authority, "--webroot", str(root))
        finally:
            web.shutdown()
            thread.join()
    assert facts["names"] == ["chat.test"]
    assert [path for path in root.rglob("*") if path.is_file()] == []


def test_a_server_that_does_not_run_gets_it_at_its_start(serve: Serve, authority: LocalAuthority) -> None:
    """The certificate waits for the server."""
    server = serve()
    server.stop()
    assert fetch(server, authority)["used"] is False
    server.start()
    served(server, authority)
