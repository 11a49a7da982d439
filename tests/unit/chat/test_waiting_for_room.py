"""What is done for one target after the other waits until the peer has taken most of what it got."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.chat.items import Disconnected, Drained
from securechat.chat.membership import Membership
from tests.playbooks.runner import FakeLink
from tests.unit.chat.test_batches import SlowPlaybook

SENDQ = 65_536
PEOPLE = 60
CHANNELS = [f"#room{number}" for number in range(28)]


class Halls(SlowPlaybook):
    """Many channels with many people, and alice with two devices."""

    def __init__(self) -> None:
        super().__init__(Path("halls"))
        self.people = [f"{'n' * 20}{number:03}" for number in range(PEOPLE)]

    def fill(self) -> None:
        """Let everybody in but alice."""
        self._do_settings(f"sendq={SENDQ} flood=false channels_per_account=0 channels_per_day=0")
        self._do_accounts(" ".join(["alice", "founder", *self.people]))
        self._do_caps("userhost-in-names batch labeled-response")
        for name in ("founder", *self.people, "alice", "alice.2"):
            self._do_login(name)
        for channel in CHANNELS:
            self._send("founder", f"JOIN {channel}".encode())
            self.drain(self.links["founder"])
            for name in self.people:
                account, there = self.core.registry.account(name), self.core.registry.channel(channel)
                assert account is not None
                assert there is not None
                self.core.registry.add_member(there.id, account.id, Membership(1, 1))
        for link in self.links.values():
            link.queued = 0
            link.lines.clear()

    def drain(self, link: FakeLink) -> int:
        """Let the peer take what comes until there is no more; return the most that waited for it."""
        most = 0
        while link.queued:
            most = max(most, link.queued)
            link.queued = 0
            self._happens(Drained(link))
        return most

    def joined(self) -> list[str]:
        """The channels that alice is in."""
        account = self.core.registry.account("alice")
        assert account is not None
        return sorted(channel.name for channel in self.core.registry.channels_of(account.id))


@pytest.fixture
def halls() -> Iterator[Halls]:
    """All are there."""
    halls = Halls()
    with halls.store:
        halls.fill()
        yield halls


JOIN = f"JOIN {','.join(CHANNELS)}".encode()


def test_a_join_of_many_channels_waits_for_the_peer(halls: Halls) -> None:
    """Its SendQ holds it, and in the end one is in all of them and has their names."""
    link = halls.links["alice"]
    halls._send("alice", JOIN)
    assert SENDQ // 4 < link.queued < SENDQ // 2
    assert halls.joined() != sorted(CHANNELS)
    halls._send("alice", b"PING after")
    assert halls.drain(link) < SENDQ // 2
    assert halls.joined() == sorted(CHANNELS)
    assert sum(" 366 " in line for line in link.lines) == len(CHANNELS)
    assert "PONG" in link.lines[-1]


def test_a_labelled_join_of_many_channels_waits_as_well(halls: Halls) -> None:
    """Its answer is one batch, which begins before it is complete; others may speak meanwhile."""
    link = halls.links["alice"]
    halls._send("alice", b"@label=x " + JOIN)
    assert SENDQ // 4 < link.queued < SENDQ // 2
    halls._send("alice", b"PING after")
    assert halls.drain(link) < SENDQ // 2
    assert halls.joined() == sorted(CHANNELS)
    opening, *inside, closing, pong = link.lines
    assert opening == "@label=x :chat.test BATCH +1 labeled-response"
    assert all(line.startswith("@batch=1 ") for line in inside)
    assert sum(" 366 " in line for line in inside) == len(CHANNELS)
    assert closing == ":chat.test BATCH -1"
    assert "PONG" in pong


@pytest.mark.parametrize("pieces", range(6))
def test_a_full_disk_in_a_labelled_answer(halls: Halls, pieces: int) -> None:
    """When its batch has begun the refusal is in it, and it ends; also where it would have ended anyway."""
    link = halls.links["alice"]
    halls.store.full = not pieces
    halls._send("alice", b"@label=x " + JOIN)
    while link.queued:
        pieces, link.queued = pieces - 1, 0
        halls.store.full = pieces <= 0
        halls._happens(Drained(link))
    refused = [line for line in link.lines if " FAIL JOIN STORE_UNAVAILABLE " in line]
    if " BATCH +" in link.lines[0]:
        assert link.lines[-2:] == [f"@batch=1 {refused[0].split(' ', 1)[1]}", ":chat.test BATCH -1"]
    else:
        assert refused == link.lines
        assert refused[0].startswith("@label=x ")


def test_an_early_word_that_there_is_room_changes_nothing(halls: Halls) -> None:
    """One that meant something else does at most one step more."""
    halls._send("alice", JOIN)
    before = len(halls.joined())
    halls._happens(Drained(halls.links["alice"]))
    assert len(halls.joined()) <= before + 1


def test_another_device_has_time_as_well(halls: Halls) -> None:
    """What one device joins is shown to the other as fast as that takes it."""
    link = halls.links["alice.2"]
    halls._send("alice", JOIN)
    halls.drain(halls.links["alice"])
    assert link.queued < SENDQ // 2
    halls._send("alice.2", b"PING after")
    assert halls.drain(link) < SENDQ // 2
    assert sum(" 366 " in line for line in link.lines) == len(CHANNELS)


def test_who_goes_while_there_is_no_room_joins_no_more(halls: Halls) -> None:
    """The rest of the command is not done."""
    halls._send("alice", JOIN)
    halls._happens(Disconnected(halls.links["alice"], "gone"))
    assert halls.joined() != sorted(CHANNELS)


def test_a_full_disk_ends_a_command_that_waits(halls: Halls) -> None:
    """It is refused, and the session goes on."""
    link = halls.links["alice"]
    halls.store.full = True
    halls._send("alice", JOIN)
    halls.drain(link)
    assert any(" FAIL JOIN STORE_UNAVAILABLE " in line for line in link.lines)
    halls.store.full = False
    link.lines.clear()
    halls._send("alice", b"PING after")
    assert "PONG" in link.lines[-1]
