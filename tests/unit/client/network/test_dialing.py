"""From an address to a connection: several addresses, deadlines, and peers that speak something else."""

import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from securechat.client.address import Address
from securechat.client.errors import Unreachable
from securechat.client.network import chain, dialing
from tests.unit.client.certificates import Workshop


class Clock:
    """A clock that the waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, interest: Mapping[socket.socket, int], timeout: float) -> Sequence[socket.socket]:
        """Nothing ever happens, but time goes by."""
        self.waits.append(timeout)
        self.now += timeout
        return ()


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the name resolve to these addresses."""

    def resolve(*hosts: tuple[str, int]) -> None:
        found = [
            (socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))
            for host, port in hosts
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: found)

    return resolve


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A TCP server that answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_an_address_that_does_not_work_is_passed_over(
    resolved: Callable[..., None], listener: socket.socket, closed_port: int
) -> None:
    """The next one is tried at once."""
    port = listener.getsockname()[1]
    resolved(("127.0.0.1", closed_port), ("::1", closed_port), ("127.0.0.1", port))
    with dialing.dial(Address("h.test", 1), dialing.wait, lambda: 0.0) as sock:
        assert sock.getpeername() == ("127.0.0.1", port)


def test_an_address_that_does_not_answer_does_not_hold_up_the_next(
    resolved: Callable[..., None], listener: socket.socket
) -> None:
    """After a quarter of a second the next one is tried beside it, IPv6 and IPv4 by turns."""
    tried = []

    def start(candidate: tuple[int, tuple[str, int]], pending: list[socket.socket]) -> None:
        tried.append(candidate[1][0])
        pending.append(socket.socket())

    resolved(("10.0.0.1", 1), ("10.0.0.2", 1), ("2001:db8::1", 1), ("2001:db8::2", 1))
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Unreachable, match="10 seconds"):
        patch.setattr(dialing, "_start", start)
        dialing.dial(Address("h.test", 1), clock.wait, clock)
    assert tried == ["2001:db8::1", "10.0.0.1", "2001:db8::2", "10.0.0.2"]
    assert clock.waits == [0.25, 0.25, 0.25, pytest.approx(9.25)]


def test_a_name_that_does_not_resolve_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the name."""

    def fail(*arguments: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(Unreachable, match=r"h\.test.*not known"):
        dialing.dial(Address("h.test", 1), dialing.wait, lambda: 0.0)


def test_a_port_on_which_nobody_listens_is_told(closed_port: int) -> None:
    """With the system's reason."""
    with pytest.raises(Unreachable, match="refused"):
        dialing.dial(Address("127.0.0.1", closed_port), dialing.wait, lambda: 0.0)


def test_a_handshake_that_does_not_end_is_given_up(listener: socket.socket) -> None:
    """A server that takes the connection and says nothing."""
    address = Address("127.0.0.1", listener.getsockname()[1])
    clock = Clock()

    def wait(interest: Mapping[socket.socket, int], timeout: float) -> Sequence[socket.socket]:
        if selectors.EVENT_WRITE in interest.values():
            return dialing.wait(interest, timeout)
        return clock.wait(interest, timeout)

    with pytest.raises(Unreachable, match="handshake"):
        dialing.connect(address, chain.context(), wait, clock)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "does not speak TLS"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS"),
        (b":irc.test NOTICE * :*** Looking up your hostname\r\n", "does not speak TLS"),
        (b"", "closed the connection"),
    ],
)
def test_a_peer_that_speaks_something_else_is_told(listener: socket.socket, answer: bytes, text: str) -> None:
    """In words that help, instead of OpenSSL's."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(Unreachable, match=text):
        dialing.connect(Address("127.0.0.1", listener.getsockname()[1]), chain.context())
    thread.join()


def test_a_server_without_tls_1_3_is_told(listener: socket.socket, workshop: Workshop) -> None:
    """Nothing older is spoken."""
    context = workshop.server().context
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, pytest.raises(ssl.SSLError):
            context.wrap_socket(connection, server_side=True)

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(Unreachable, match=r"no TLS 1\.3"):
        dialing.connect(Address("127.0.0.1", listener.getsockname()[1]), chain.context())
    thread.join()


def test_every_context_verifies() -> None:
    """Chain, host name and TLS 1.3 are on in each context that credentials may cross."""
    for context in (chain.context(), chain.system_context()):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version is ssl.TLSVersion.TLSv1_3
        assert not context.hostname_checks_common_name
