"""What the tests of certificates share."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest

from securechat.tls.authority import Authority, Leaf, create_authority, issue_server
from securechat.tls.files import ServerFiles, ensure

Handshake: TypeAlias = Callable[[ssl.SSLContext, ssl.SSLContext], tuple[ssl.SSLObject, ssl.SSLObject]]


@pytest.fixture
def now() -> datetime:
    """A moment that has nothing to do with the machine's clock."""
    return datetime(2031, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def authority(now: datetime) -> Authority:
    """A CA made at `now`."""
    return create_authority("test CA", now)


@pytest.fixture
def leaf(authority: Authority, now: datetime) -> Leaf:
    """A leaf of that CA."""
    return issue_server(authority, ["chat.example.org", "192.0.2.7", "2001:db8::7"], now)


@pytest.fixture
def valid_today(tmp_path: Path) -> ServerFiles:
    """Files for localhost that are valid by the machine's clock, the one that OpenSSL reads."""
    files, _ = ensure(tmp_path / "today", ["localhost"], datetime.now(UTC), authority_name="today's CA")
    return files


@pytest.fixture
def handshake() -> Handshake:
    """A TLS handshake in memory between a client's and a server's context."""

    def shake(client: ssl.SSLContext, server: ssl.SSLContext) -> tuple[ssl.SSLObject, ssl.SSLObject]:
        upward, downward = ssl.MemoryBIO(), ssl.MemoryBIO()
        ends = [
            client.wrap_bio(downward, upward, server_hostname="localhost"),
            server.wrap_bio(upward, downward, server_side=True),
        ]
        waiting = list(ends)
        for end in ends * 4:
            if end not in waiting:
                continue
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
        assert not waiting
        return ends[0], ends[1]

    return shake
