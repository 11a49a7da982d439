"""Who costs what: differences between looks, and the rows of `top`."""

from threading import Thread

import pytest

from securechat.chat.effects import Renamed
from securechat.chat.outcome import Outcome
from securechat.chat.requests import Done, Refused
from securechat.server.connection import Share
from securechat.server.costs import SHOWN, Costs, Looks
from securechat.server.shares import Shares
from securechat.server.vitals import Row, Vitals
from tests.transport.rig import Rig


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_grew_is_the_difference_to_an_earlier_look() -> None:
    """At the first look nothing is known; what was not there before has grown from nothing."""
    clock = Clock()
    looks = Looks(clock)
    assert looks.look({"a": (5, 7)}) == (0.0, {})
    clock.now += 2
    assert looks.look({"a": (6, 9), "b": (3, 0)}) == (2.0, {"a": (1, 2), "b": (3, 0)})


def test_two_who_look_do_not_take_it_from_each_other() -> None:
    """A look right after another one goes back as far as that; what shrinks has not grown."""
    clock = Clock()
    looks = Looks(clock)
    looks.look({"a": (0,)})
    clock.now += 2
    assert looks.look({"a": (10,)}) == (2.0, {"a": (10,)})
    clock.now += 0.5
    assert looks.look({"a": (15,)}) == (2.5, {"a": (15,)})
    clock.now += 1
    assert looks.look({"a": (4,)}) == (1.5, {"a": (0,)})


class Desk:
    """`top` of a rig."""

    def __init__(self, rig: Rig) -> None:
        self.clock = Clock()
        vitals = Vitals(rig.hub, rig.inbox, rig.admission, [rig.worker], [], dict)
        self.costs = Costs(vitals, rig.hub, rig.core, self.clock)

    def rows(self, kind: str, key: str = "") -> list[Row]:
        """The rows of a kind, two seconds later than the last ones."""
        self.clock.now += 2
        answer = self.costs.answer(key)
        assert isinstance(answer, Done)
        return [dict(row) for row in answer.rows if row["kind"] == kind]


def test_accounts_and_sessions_are_charged_for_what_they_do(rig: Rig) -> None:
    """Lines and bytes of a session are its account's, too, and stay there when the session has gone."""
    peer, _ = rig.connect("alice")
    rig.connect("bob")
    desk = Desk(rig)
    desk.rows("total")
    peer.send(b"PRIVMSG #c :1\r\nPRIVMSG #c :2\r\nPRIVMSG #c :3\r\n")
    rig.settle()
    (total,) = desk.rows("total")
    assert total["window_ms"] == 2000 and total["sessions"] == 2
    peer.send(b"PING x\r\n" * 4)
    rig.settle()
    alice, *others = desk.rows("account", "lines")
    assert (alice["name"], alice["lines_per_minute"]) == ("alice", 4 * 60 // 2)
    assert [(row["name"], row["lines_per_minute"]) for row in others] == [("", 0), ("bob", 0)]
    assert alice["received_per_second"] == 4 * len("PING x\r\n") // 2
    mine, _ = desk.rows("session", "lines")
    assert (mine["name"], mine["address"]) == ("alice", "192.0.2.1")
    (channel,) = desk.rows("channel")
    assert (channel["name"], channel["messages"]) == ("#c", 9)
    peer.close()
    rig.settle()
    assert [row["name"] for row in desk.rows("session")] == ["bob"]


def test_a_renamed_account_has_its_new_name(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the sessions that it had before."""
    peer, link = rig.connect("alice")
    assert link.share is not None
    renamed = Outcome(None)
    renamed.effects.append(Renamed(link.share.account, "alicia"))
    monkeypatch.setattr(rig.core, "take", lambda: [renamed])
    peer.send(b"PING x\r\n")
    rig.settle()
    assert [row["name"] for row in Desk(rig).rows("session")] == ["alicia"]


def test_the_order_is_chosen(rig: Rig) -> None:
    """Those with most of it come first; a word that is no order is refused."""
    rig.connect("alice")
    _, bob = rig.connect("bob")
    bob.sendq.append(b"x" * 1000)
    bob.appended += 1048
    desk = Desk(rig)
    assert desk.rows("account", "queue")[0]["name"] == "bob"
    assert isinstance(desk.costs.answer("colour"), Refused)


def test_only_the_first_rows_are_sent(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many channels there are."""
    monkeypatch.setattr(rig.core, "talk", lambda: {f"#c{number}": number for number in range(1, 5000)})
    rows = Desk(rig).rows("channel")
    assert len(rows) == SHOWN


def test_a_stuck_hub_keeps_nobody_from_an_answer(rig: Rig) -> None:
    """Everything is read beside the hub: what waits for it is there, and that it is silent."""
    peer, _ = rig.connect("alice")
    desk = Desk(rig)
    rig.thinking = False
    peer.send(b"PING x\r\n" * 9)
    rig.settle()
    (alice, _) = desk.rows("account", "waiting")
    waiting = alice["waiting"]
    assert alice["name"] == "alice" and isinstance(waiting, int) and waiting > 9 * 400


def test_accounts_can_be_listed_while_others_come_and_go() -> None:
    """Any thread may look, also where Python has no global lock and the hub goes on meanwhile."""
    shares, there = Shares(), 200
    shares._shares.update((account, Share(account)) for account in range(there))

    def come_and_go() -> None:
        for account in range(50_000):
            shares._shares[there + account] = Share(account)
            del shares._shares[account]

    hub = Thread(target=come_and_go)
    hub.start()
    looks = {len(shares.online())}
    while hub.is_alive():
        looks.add(len(shares.online()))
    assert looks <= {there, there + 1}
