"""Everything is TLS 1.3, and what is not is refused without harm to anybody."""

import os
import select
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from securechat.irc.sasl import chunks, encode_plain
from tests.system.conftest import Serve
from tests.system.person import Person, Wire
from tests.system.server_process import DEADLINE, PASSWORD, ServerProcess

Enter = Callable[..., Person]


def test_the_connection_is_tls_1_3(shared_server: ServerProcess) -> None:
    """A client with default settings gets TLS 1.3, and the certificate stands for the address it used."""
    with Wire(shared_server) as wire:
        assert wire.socket.version() == "TLSv1.3"
        assert wire.socket.session is not None
        assert not wire.socket.session.has_ticket


def test_tls_1_2_is_refused(shared_server: ServerProcess) -> None:
    """A client that knows only TLS 1.2 gets an alert that says so."""
    context = shared_server.client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError) as refusal:
        Wire(shared_server, context=context)
    assert "PROTOCOL_VERSION" in refusal.value.reason
    # The alert is sent before the log is written; a good login after it is behind both.
    Person(shared_server, "alice").close()
    assert "its TLS version is too old" in shared_server.log_text()


def test_another_authority_is_not_trusted(serve: Serve, shared_server: ServerProcess) -> None:
    """A client that trusts another server's authority ends the handshake before it has said anything."""
    other = serve()
    with pytest.raises(ssl.SSLCertVerificationError):
        Wire(shared_server, context=other.client_context())


@pytest.mark.parametrize(
    "opening",
    [
        b"NICK alice\r\nUSER alice 0 * :Alice\r\nJOIN #general\r\n",
        b"GET / HTTP/1.1\r\nHost: chat.test\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00" * 512,
        b"\x16\x03\x01\xff\xff" + b"\xff" * 70000,
    ],
    ids=["irc", "http", "ssh", "zeros", "record"],
)
def test_plain_text_gets_no_answer(shared_server: ServerProcess, enter: Enter, opening: bytes) -> None:
    """What is not TLS is closed, with at most an alert; nothing of it is taken as input."""
    alice = enter(shared_server, "alice")
    answer = _answer_to(shared_server, opening)
    assert answer == b"" or answer[:1] == b"\x15", f"the server answered {answer!r}"
    alice.say("#general", "undisturbed")
    assert alice.said() == []


def test_plain_text_is_not_kept_for_after_the_handshake(shared_server: ServerProcess) -> None:
    """Plain bytes before a handshake make it fail; they do not become the first commands after it."""
    answer = _answer_to(shared_server, b"NICK mallory\r\n" + _client_hello(shared_server))
    assert answer == b"" or answer[:1] == b"\x15", f"the server answered {answer!r}"


def test_half_a_handshake_is_closed(shared_server: ServerProcess, enter: Enter) -> None:
    """A client that goes away in the middle of the handshake, or sends it in pieces, disturbs nobody."""
    alice = enter(shared_server, "alice")
    hello = _client_hello(shared_server)
    for length in (1, 5, 40, len(hello) - 1):
        with socket.create_connection(("127.0.0.1", shared_server.port), timeout=DEADLINE) as plain:
            plain.sendall(hello[:length])
            plain.shutdown(socket.SHUT_WR)
            assert _rest(plain)[:1] in (b"", b"\x15")
    with socket.create_connection(("127.0.0.1", shared_server.port), timeout=DEADLINE) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for index in range(len(hello)):
            plain.sendall(hello[index : index + 1])
        assert plain.recv(1) == b"\x16", "a handshake in pieces of one byte is a handshake"
    alice.say("#general", "undisturbed")


def test_what_is_sent_with_the_handshake_is_read(shared_server: ServerProcess) -> None:
    """Commands that arrive together with the end of the handshake are handled without another byte."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = shared_server.client_context().wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with socket.create_connection(("127.0.0.1", shared_server.port), timeout=DEADLINE) as plain:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                incoming.write(plain.recv(65536))
        tls.write(b"PING early\r\n")
        plain.sendall(outgoing.read())  # Finished and the line, in one segment
        answer = b""
        while not answer.endswith(b"\n"):
            incoming.write(plain.recv(65536))
            answer += tls.read(1000)
    assert answer == b":chat.test PONG chat.test :early\r\n"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_key_updates_while_messages_flow(shared_server: ServerProcess, enter: Enter) -> None:
    """A client that renews its keys all the time, in both directions, gets every message."""
    alice = enter(shared_server, "alice")
    with _OpenSsl(shared_server) as client:
        client.log_in("bob")
        for number in range(40):
            client.type("K" if number % 2 else "k")  # K asks the server to renew its keys, too
            alice.say("#general", f"to bob {number}")
            client.type(f"PRIVMSG #general :to alice {number}")
            alice.hear(f"to alice {number}")
        client.wait_for(b"PRIVMSG #general :to bob 39\r\n")
        assert client.output.count(b"KEYUPDATE") == 40
        assert client.output.count(b":alice!alice@chat.test PRIVMSG #general :to bob") == 40


class _OpenSsl:
    """`openssl s_client` on a terminal: a line that begins with K or k is a command to it, not text."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self.output = b""

    def __enter__(self) -> "_OpenSsl":
        self._terminal, inner = os.openpty()
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{self._server.port}", "-crlf"]
        self._process = subprocess.Popen(
            [*command, "-CAfile", str(self._server.ca), "-verify_return_error"],
            stdin=inner,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        os.close(inner)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def log_in(self, account: str) -> None:
        self.wait_for(b"Verify return code: 0 (ok)")
        self.type("CAP REQ sasl")
        self.type("AUTHENTICATE PLAIN")
        self.wait_for(b"AUTHENTICATE +")
        (chunk,) = chunks(encode_plain(account, PASSWORD))
        self.type(f"AUTHENTICATE {chunk}")
        self.type(f"NICK {account}")
        self.type(f"USER {account} 0 * :{account}")
        self.type("CAP END")
        self.wait_for(b" 366 ")

    def type(self, line: str) -> None:
        os.write(self._terminal, f"{line}\n".encode())

    def wait_for(self, wanted: bytes) -> None:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        deadline = time.monotonic() + DEADLINE
        while wanted not in self.output:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(descriptor, 65536) if ready else b""
            assert data, f"openssl printed no {wanted!r}, only {self.output[-500:]!r}"
            self.output += data


def _answer_to(server: ServerProcess, opening: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) as plain:
        with suppress(OSError):  # it may have closed before it has read everything
            plain.sendall(opening)
            plain.shutdown(socket.SHUT_WR)
        return _rest(plain)


def _rest(plain: socket.socket) -> bytes:
    """Read to the end; a reset, which unread input causes, is an end, too."""
    data = b""
    try:
        while piece := plain.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def _client_hello(server: ServerProcess) -> bytes:
    outgoing = ssl.MemoryBIO()
    tls = server.client_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()
