"""Certificates, a rig, and the rule that no test leaves a thread or a descriptor behind."""

import gc
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from securechat.server.limits import Limits
from securechat.tls.context import server_context
from securechat.tls.files import ServerFiles, ensure
from tests.transport.rig import Rig

UNLIMITED = Limits(connections_per_source=0, connections_window=0)


def _descriptors() -> dict[str, str]:
    """What is open: sockets, epoll and event descriptors."""
    found = {}
    for entry in os.scandir("/proc/self/fd"):
        try:
            target = str(Path(entry.path).readlink())
        except FileNotFoundError:
            continue  # the descriptor of this very listing
        if target.startswith(("socket:", "anon_inode:")):
            found[entry.name] = target
    return found


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Fail a test that leaves a thread or a socket behind."""
    threads = set(threading.enumerate())
    before = _descriptors()
    yield
    left = [thread.name for thread in threading.enumerate() if thread not in threads]
    assert not left, f"threads are still there: {left}"
    if _descriptors().items() - before.items():
        gc.collect()
    after = dict(_descriptors().items() - before.items())
    assert not after, f"descriptors are still open: {after}"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> ServerFiles:
    """A CA and a certificate for localhost."""
    directory = tmp_path_factory.mktemp("tls")
    files, _ = ensure(directory, ["localhost", "127.0.0.1"], datetime.now(UTC), authority_name="test CA")
    return files


@pytest.fixture(scope="session")
def server_tls(certificates: ServerFiles) -> ssl.SSLContext:
    """The server's context."""
    return server_context(certificates.certificate, certificates.key, now=datetime.now(UTC))


@pytest.fixture(scope="session")
def client_tls(certificates: ServerFiles) -> ssl.SSLContext:
    """A context that trusts the CA."""
    return ssl.create_default_context(cafile=certificates.ca)


@pytest.fixture
def make_rig(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> Iterator[Callable[..., Rig]]:
    """Rigs with limits of their own."""
    rigs: list[Rig] = []

    def make(limits: Limits = UNLIMITED) -> Rig:
        rig = Rig(server_tls, client_tls, limits)
        rigs.append(rig)
        return rig

    yield make
    for rig in rigs:
        rig.close()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """A rig without limits per source."""
    return make_rig()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory whose path is longer than a Unix socket's may be."""
    path = tmp_path / ("d" * 120)
    path.mkdir(mode=0o700)
    return path
