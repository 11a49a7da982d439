"""Logins that wait for their password's hash: the deadline stands still, and nobody is refused."""

from collections.abc import Callable
from dataclasses import replace

from securechat.chat.jobs import PasswordChecked
from tests.transport.conftest import UNLIMITED
from tests.transport.rig import Rig

MakeRig = Callable[..., Rig]
LIMITS = replace(UNLIMITED, ping_after=60.0, gone_after=200.0)


def hash_one(rig: Rig) -> bool:
    """Do what a password thread does, once; every password is right."""
    done = rig.hub.jobs.passwords.run_once(lambda job: PasswordChecked(True), 0)
    rig.settle(3)
    return done


def test_the_deadline_of_the_login_stands_still(make_rig: MakeRig) -> None:
    """Whoever waits 100 seconds for a hash gets its result, and then the rest of the 30 seconds."""
    rig = make_rig(LIMITS)
    peer, _ = rig.connect()
    rig.pass_time(20)
    peer.send(b"HASH right\r\n")
    rig.settle(3)
    for _ in range(4):
        rig.pass_time(25)
        peer.send(b"PING x\r\n")
    assert hash_one(rig)
    assert "RIGHT" in peer.lines
    rig.pass_time(8)
    assert not peer.ended
    rig.pass_time(4)
    assert peer.lines[-1] == "ERROR :Closing link: (Login timeout: 30 seconds)"


def test_every_wait_counts(make_rig: MakeRig) -> None:
    """Two waits after one another prolong the login by both."""
    rig = make_rig(LIMITS)
    peer, _ = rig.connect()
    for _ in range(2):
        peer.send(b"HASH wrong\r\n")
        rig.settle(3)
        rig.pass_time(40)
        hash_one(rig)
    rig.pass_time(28)
    assert not peer.ended
    rig.pass_time(4)
    assert peer.lines[-1] == "ERROR :Closing link: (Login timeout: 30 seconds)"


def test_a_lost_connection_leaves_the_queue_at_once(make_rig: MakeRig) -> None:
    """Neither a peer that hangs up nor one that is cut off keeps its place among those who wait."""
    rig = make_rig(replace(LIMITS, ping_after=10.0, gone_after=20.0))
    peer, _ = rig.connect()
    silent, _ = rig.connect()
    for each in (peer, silent):
        each.send(b"HASH right\r\n")
    rig.settle(3)
    assert rig.hub.jobs.passwords.waiting == 2
    peer.close()
    rig.settle(3)
    assert rig.hub.jobs.passwords.waiting == 1
    rig.pass_time(25)
    assert silent.lines[-1] == "ERROR :Closing link: (Ping timeout: 20 seconds)"
    assert rig.hub.jobs.passwords.waiting == 0


def test_three_hundred_logins_at_once(rig: Rig) -> None:
    """All of them are answered, though the last waits longer than a login may take."""
    peers = [rig.pair()[0] for _ in range(300)]
    rig.until(lambda: all(peer.ready for peer in peers))
    for peer in peers:
        peer.send(b"HASH right\r\n")
    rig.until(lambda: rig.hub.jobs.passwords.waiting == 300)
    for _ in range(30):
        rig.pass_time(2)
        for _ in range(10):
            assert rig.hub.jobs.passwords.run_once(lambda job: PasswordChecked(True), 0)
    rig.settle(5)
    assert [peer.lines[0] for peer in peers] == ["RIGHT"] * 300
    assert rig.hub.jobs.passwords.refused == 0


def test_a_crowd_holds_the_next_source_up_by_one(rig: Rig) -> None:
    """With hundreds of passwords of one address in the queue another address is second."""
    for _ in range(200):
        ours = rig.pair()[0]
        ours.step()
    rig.until(lambda: all(peer.ready for peer in rig.peers))
    for peer in rig.peers:
        peer.send(b"HASH wrong\r\n")
    rig.until(lambda: rig.hub.jobs.passwords.waiting == 200)
    owner, _ = rig.connect(source="198.51.100.7")
    owner.send(b"HASH right\r\n")
    rig.until(lambda: rig.hub.jobs.passwords.waiting == 201)
    hash_one(rig)
    hash_one(rig)
    assert owner.lines == ["RIGHT"]
