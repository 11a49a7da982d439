"""What the tests of the client share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from securechat.client.network.trust import FileTrust, Trust
from securechat.client.paths import Places
from tests.unit.client.certificates import Workshop
from tests.unit.client.fake_server import FakeServer

Serve = Callable[..., FakeServer]


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """An authority that nobody knows."""
    return Workshop(tmp_path)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Where a person without any history keeps trust."""
    home = tmp_path / "home"
    return Places(
        known_servers=home / "known_servers",
        pinned=home / "pinned",
        own_ca=home / "data" / "ca.pem",
        bookmarks=home / "bookmarks.json",
        profiles=home / "profiles.toml",
        site_profiles=home / "site" / "profiles.toml",
        last_profile=home / "last_profile",
    )


@pytest.fixture
def serve(workshop: Workshop) -> Iterator[Serve]:
    """Start a server that plays these scripts, one for each connection."""
    with ExitStack() as servers:
        yield lambda *scripts: servers.enter_context(FakeServer(workshop.server().context, *scripts))


@pytest.fixture
def trusting(workshop: Workshop) -> Callable[[FakeServer], Trust]:
    """Trust in such a server."""
    return lambda server: FileTrust(server.address, workshop.ca_file())
