"""Pages for programs that watch: what is answered, and that nobody who hangs keeps others from an answer."""

import errno
import logging
import selectors
import socket
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from securechat.server.probes import CONNECTIONS, LONGEST_REQUEST, REST, SECONDS, Page, Probes

GET = b"GET /page HTTP/1.1\r\nHost: x\r\nAccept: text/special\r\n\r\n"


class Watched:
    """Probes that are driven step by step, with a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        pages = {"/page": self.page, "/broken": self.broken, "/long": self.long}
        self.probes = Probes(("127.0.0.1", 0), pages, clock=lambda: self.now)
        self.clients: list[socket.socket] = []

    def page(self, accept: str) -> Page:
        return Page(HTTPStatus.OK, "text/plain", f"you accept {accept}".encode())

    def broken(self, accept: str) -> Page:
        raise RuntimeError("no page today")

    def long(self, accept: str) -> Page:
        return Page(HTTPStatus.OK, "text/plain", bytes(8 << 20))

    def dial(self, request: bytes = b"") -> socket.socket:
        """Connect, and send something."""
        client = socket.create_connection(self.probes.address, 10)
        self.clients.append(client)
        client.sendall(request)
        self.steps()
        return client

    def steps(self, number: int = 5) -> None:
        for _ in range(number):
            self.probes.run_once(0.01)

    def ask(self, request: bytes) -> bytes:
        """Return the whole answer."""
        client = self.dial(request)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
        return answer

    def close(self) -> None:
        self.probes.close()
        for client in self.clients:
            client.close()


class Exhausted:
    """A listening socket, while there are no descriptors."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.tried = 0

    def accept(self) -> tuple[socket.socket, object]:
        self.tried += 1
        raise OSError(errno.EMFILE, "Too many open files")

    def fileno(self) -> int:
        return self.sock.fileno()


@pytest.fixture
def watched() -> Iterator[Watched]:
    """Probes, closed after the test."""
    made = Watched()
    yield made
    made.close()


def test_a_page_is_answered(watched: Watched) -> None:
    """With its type and length, and the connection ends; the page knows what the client accepts."""
    head, _, content = watched.ask(GET).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert content == b"you accept text/special"
    assert b"Content-Length: 23\r\n" in head and b"Connection: close" in head
    assert b"Cache-Control: no-store" in head


def test_head_gets_no_content(watched: Watched) -> None:
    """But the length that it would have; a query is no part of the path."""
    answer = watched.ask(b"HEAD /page?x=1 HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: 11\r\n" in answer


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /other HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /page HTTP/1.1\r\n\r\n", b"405"),
        (b"GET /page\r\n\r\n", b"400"),
        (b"GET  /page HTTP/1.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", b"400"),
        (b"GET /" + b"x" * LONGEST_REQUEST + b" HTTP/1.1\r\n\r\n", b"431"),
    ],
)
def test_other_requests_are_refused(watched: Watched, request_: bytes, status: bytes) -> None:
    """With the status that says why."""
    assert watched.ask(request_).split(b" ")[1] == status


def test_a_page_that_cannot_be_made_is_an_answer(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """The watcher learns that much, the log why, and the next one is answered."""
    with caplog.at_level(logging.ERROR):
        answer = watched.ask(b"GET /broken HTTP/1.1\r\n\r\n")
    assert b" 500 " in answer and b"no page today" not in answer
    assert "no page today" in caplog.text
    assert b" 200 " in watched.ask(GET)


def test_a_request_may_come_in_pieces(watched: Watched) -> None:
    """It is answered when it is complete."""
    client = watched.dial(GET[:10])
    client.sendall(GET[10:])
    watched.steps()
    assert client.recv(12) == b"HTTP/1.1 200"


def test_who_hangs_keeps_nobody_from_an_answer(watched: Watched) -> None:
    """However many hang, the next one is answered: the oldest of them has to go."""
    hanging = [watched.dial(b"GET /pa") for _ in range(2 * CONNECTIONS)]
    assert watched.ask(GET).endswith(b"text/special")
    assert hanging[0].recv(100) == b""


def test_an_exchange_has_a_few_seconds_in_all(watched: Watched) -> None:
    """Also one that goes on, byte by byte; and one that takes none of its answer."""
    slow, deaf = watched.dial(b"G"), watched.dial(b"GET /long HTTP/1.1\r\n\r\n")
    watched.now += SECONDS / 2
    slow.sendall(b"E")
    watched.steps()
    watched.now += SECONDS / 2
    watched.steps()
    assert slow.recv(100) == b""
    taken = 0
    with pytest.raises(OSError):  # cut off, before it had all of it
        while piece := deaf.recv(1 << 20):
            taken += len(piece)
        raise ConnectionError
    assert taken < 8 << 20


def test_a_watcher_that_goes_away_is_forgotten(watched: Watched) -> None:
    """In the middle of its request, or of its answer."""
    watched.dial(b"GET /pa").close()
    watched.dial(b"GET /long HTTP/1.1\r\n\r\n").close()
    watched.steps()
    assert b" 200 " in watched.ask(GET)


def test_an_address_that_is_taken_is_an_error(watched: Watched) -> None:
    """And leaves nothing open."""
    with pytest.raises(OSError):
        Probes(watched.probes.address, {})


def test_nobody_is_accepted_in_a_loop_without_descriptors(watched: Watched) -> None:
    """It is tried again later, and works when there are some."""
    probes, sock = watched.probes, watched.probes._sock
    exhausted = probes._sock = Exhausted(sock)  # type: ignore[assignment]
    probes._selector.unregister(sock)
    probes._selector.register(exhausted, selectors.EVENT_READ)
    watched.dial(GET)
    watched.steps(20)
    assert exhausted.tried == 1
    probes._sock = sock
    watched.now += REST
    watched.steps()
    assert watched.clients[0].recv(65536).endswith(b"you accept text/special")
