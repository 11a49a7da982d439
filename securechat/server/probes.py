"""Pages for programs that watch the server: a little HTTP on an address of its own.

Theory of operation. One thread serves a few connections at a time and never waits for one of them: sockets do
not block, each exchange is one request and one answer, and has a few seconds in all, also when it makes
progress. When there are too many, the oldest goes. So a watcher that hangs, or many that do, keep nobody else
from an answer. There is no TLS and no authentication here: whoever gives the address says who can connect.
"""

import errno
import logging
import selectors
import socket
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from securechat.server.bell import Bell

log: Final = logging.getLogger("securechat.metrics")

CONNECTIONS: Final = 16
SECONDS: Final = 5.0
"""For an exchange, from the accept to the end."""
LONGEST_REQUEST: Final = 8 * 1024
REST: Final = 0.5
"""Seconds before the next try when there are no descriptors."""
EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Page(NamedTuple):
    """An answer: its status, the type of its content, and the content."""

    status: HTTPStatus
    kind: str
    content: bytes


Pages = Mapping[str, Callable[[str], Page]]
"""Path → what makes the page; it is called with what the client accepts."""


class BadRequest(Exception):
    """The request is not answered with a page. The text is for the client."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Exchange:
    """One connection. `rest` is what is still to be sent, None while the request comes."""

    __slots__ = ("deadline", "received", "rest", "sock")

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock = sock
        self.deadline = deadline
        self.received = b""
        self.rest: bytes | None = None


class Probes:
    """Serves pages on one address. Raises OSError when it cannot be used.

    One thread calls `run`; the others may call `stop`.
    """

    def __init__(
        self, address: tuple[str, int], pages: Pages, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pages = pages
        self._clock = clock
        self._stopping = False
        self._resting = 0.0
        """Until when nobody is accepted, since there are no descriptors; 0 while people are."""
        self._exchanges: dict[int, _Exchange] = {}
        """By the descriptor, the oldest first."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._sock = socket.create_server(address, family=family, backlog=CONNECTIONS)
        self._sock.setblocking(False)
        self.address: tuple[str, int] = self._sock.getsockname()[:2]
        self._bell = Bell()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._sock, selectors.EVENT_READ)
        self._selector.register(self._bell.fd, selectors.EVENT_READ)

    def stop(self) -> None:
        """End the loop. Any thread may call."""
        self._stopping = True
        self._bell.ring()

    def run(self) -> None:
        """Serve until `stop`, and close everything."""
        try:
            while not self._stopping:
                self.run_once()
        finally:
            self.close()

    def close(self) -> None:
        """Give the descriptors back. Called when nobody runs it any more, and by `run`."""
        for exchange in list(self._exchanges.values()):
            self._end(exchange)
        self._selector.close()
        self._sock.close()
        self._bell.close()

    def run_once(self, timeout: float | None = None) -> None:
        """Wait until something can be done, `timeout` seconds at most, and do it."""
        oldest = next(iter(self._exchanges.values()), None)
        due = [oldest.deadline] if oldest is not None else []
        due += [self._resting] if self._resting else []
        if due and timeout is None:
            timeout = max(0.0, min(due) - self._clock())
        for key, _ in self._selector.select(timeout):
            if key.fd == self._bell.fd:
                self._bell.hear()
            elif key.fileobj is self._sock:
                self._accept()
            elif (exchange := self._exchanges.get(key.fd)) is not None:
                self._go_on(exchange)
        now = self._clock()
        if 0 < self._resting <= now:
            self._resting = 0.0
            self._selector.register(self._sock, selectors.EVENT_READ)
        for exchange in [one for one in self._exchanges.values() if one.deadline <= now]:
            self._end(exchange)

    def _accept(self) -> None:
        try:
            sock, _ = self._sock.accept()
        except OSError as error:  # it has gone again, or there are no descriptors
            log.debug("a connection was not accepted: %s", error.strerror)
            if error.errno in EXHAUSTED:
                self._rest_until(self._clock() + REST)
            return
        sock.setblocking(False)
        if len(self._exchanges) >= CONNECTIONS:
            self._end(next(iter(self._exchanges.values())))
        self._exchanges[sock.fileno()] = _Exchange(sock, self._clock() + SECONDS)
        self._selector.register(sock, selectors.EVENT_READ)

    def _rest_until(self, at: float) -> None:
        """Accept nobody until then: who waits to be accepted would have this loop spin."""
        if not self._resting:
            self._selector.unregister(self._sock)
        self._resting = at

    def _go_on(self, exchange: _Exchange) -> None:
        try:
            if exchange.rest is None:
                self._read(exchange)
            else:
                self._write(exchange)
        except BlockingIOError:
            pass
        except OSError:
            self._end(exchange)

    def _read(self, exchange: _Exchange) -> None:
        piece = exchange.sock.recv(LONGEST_REQUEST)
        exchange.received += piece
        complete = b"\r\n\r\n" in exchange.received
        if complete or len(exchange.received) > LONGEST_REQUEST:
            exchange.rest = self._answer(exchange.received)
            self._selector.modify(exchange.sock, selectors.EVENT_WRITE)
            self._write(exchange)
        elif not piece:
            self._end(exchange)

    def _write(self, exchange: _Exchange) -> None:
        assert exchange.rest is not None
        exchange.rest = exchange.rest[exchange.sock.send(exchange.rest) :]
        if not exchange.rest:
            self._end(exchange)

    def _end(self, exchange: _Exchange) -> None:
        del self._exchanges[exchange.sock.fileno()]
        self._selector.unregister(exchange.sock)
        exchange.sock.close()

    def _answer(self, request: bytes) -> bytes:
        try:
            method, path, accept = read_request(request)
            page = self._page(path, accept)
        except BadRequest as problem:
            method, page = "GET", _text(problem.status, str(problem))
        return _written(page, with_content=method != "HEAD")

    def _page(self, path: str, accept: str) -> Page:
        make = self._pages.get(path)
        if make is None:
            raise BadRequest(HTTPStatus.NOT_FOUND, f"there are only {', '.join(self._pages)}")
        try:
            return make(accept)
        except Exception:  # who watches learns that it failed; the server goes on
            log.exception("the page %s could not be made", path)
            return _text(HTTPStatus.INTERNAL_SERVER_ERROR, "the log of the server says why")


def read_request(request: bytes) -> tuple[str, str, str]:
    """Return the method, the path without its query, and what the client accepts. Raises BadRequest."""
    head, ended, _ = request.partition(b"\r\n\r\n")
    if not ended or len(head) > LONGEST_REQUEST:
        text = f"a request has at most {LONGEST_REQUEST} bytes"
        raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)
    first, *fields = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest(HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1.1")
    method, target, _ = parts
    if method not in ("GET", "HEAD"):
        raise BadRequest(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and HEAD are answered")
    accept = [value for name, _, value in (one.partition(":") for one in fields) if name.lower() == "accept"]
    return method, target.partition("?")[0], ",".join(accept).strip()


def _text(status: HTTPStatus, text: str) -> Page:
    return Page(status, "text/plain; charset=utf-8", f"{text}\n".encode())


def _written(page: Page, *, with_content: bool) -> bytes:
    head = [
        f"HTTP/1.1 {page.status.value} {page.status.phrase}",
        f"Content-Type: {page.kind}",
        f"Content-Length: {len(page.content)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
        *(["Allow: GET, HEAD"] if page.status is HTTPStatus.METHOD_NOT_ALLOWED else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + (page.content if with_content else b"")
