"""Guessing at a running server: how much of it is heard, and whether the owner gets in meanwhile."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event, Thread

import pytest

from securechat.irc.message import Message
from securechat.irc.sasl import chunks, encode_plain
from tests.faults.conftest import Serve
from tests.system.person import Person, Wire
from tests.system.server_process import PASSWORD, ServerProcess

SECONDS = int(os.environ.get("FAULT_SECONDS", "60"))
OPEN = {"limits.connections_per_source": 0, "limits.connections_window": 0}


def _begin_guess(wire: Wire, account: str, password: str) -> None:
    wire.send("AUTHENTICATE PLAIN")
    wire.expect("AUTHENTICATE", "+")
    for chunk in chunks(encode_plain(account, password)):
        wire.send(f"AUTHENTICATE {chunk}")


def _was_heard(wire: Wire) -> bool:
    return "Wrong account name or password" in wire.expect("904").params[-1]


def test_connections_that_guess_at_the_same_moment(serve: Serve, report: Callable[[str], None]) -> None:
    """Sixty-six connections from one source, and as many from sources of their own, get a burst each."""
    server = serve(OPEN, accounts=["alice", "bob"])
    heard = []
    for account, sources in (("alice", ["127.3.0.1"] * 66), ("bob", [f"127.4.0.{n + 1}" for n in range(66)])):
        with ExitStack() as stack:
            wires = [stack.enter_context(Wire(server, source=source)) for source in sources]
            for number, wire in enumerate(wires):
                _begin_guess(wire, account, f"guess number {number}")
            heard.append(sum(_was_heard(wire) for wire in wires))
    report(f"of 66 guesses at one moment {heard[0]} were heard from one source, {heard[1]} from 66 sources")
    assert heard[0] <= 6
    assert heard[1] <= 12


class Flood:
    """Guesses at one account from a thousand sources, as fast as the server answers, by some threads."""

    def __init__(self, server: ServerProcess, account: str) -> None:
        self.heard = self.refused = 0
        self._server, self._account = server, account
        self._end = Event()
        self._threads = [
            Thread(target=self._run, args=[number], name=f"flood-{number}") for number in range(8)
        ]

    def __enter__(self) -> "Flood":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        guess = number
        while not self._end.is_set():
            source = f"127.5.{guess % 1000 // 250}.{guess % 250 + 1}"
            guess += len(self._threads)
            with Wire(self._server, source=source) as wire:
                # Not only the one account: what is not delayed for it fills the queue.
                for account in (self._account, f"nobody{guess}"):
                    _begin_guess(wire, account, "a guess of many")
                    if _was_heard(wire):
                        self.heard += account == self._account
                    else:
                        self.refused += 1


@pytest.mark.timeout(120 + 2 * SECONDS)
def test_an_owner_gets_in_while_a_thousand_sources_guess(serve: Serve, report: Callable[[str], None]) -> None:
    """In a network where it was before the owner is in within five seconds, again and again."""
    server = serve(OPEN, accounts=["alice"])
    with Person(server, "alice", source="127.9.0.1"):
        pass
    waits = []
    with Flood(server, "alice") as flood:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            # Its own address, and another one of its network.
            for source in ("127.9.0.1", "127.9.0.200"):
                began = time.monotonic()
                with Person(server, "alice", source=source):
                    waits.append(time.monotonic() - began)
    report(
        f"{flood.heard} guesses heard and {flood.refused} refused in {SECONDS} s; "
        f"{len(waits)} logins of the owner, the longest {max(waits):.2f} s"
    )
    assert max(waits) < 5
    assert flood.heard <= 12 + 28 * (SECONDS / 3600) + 1


def _is_answer_to_oper(line: Message) -> bool:
    return line.command in ("464", "491")


def test_members_who_ask_for_hashes_keep_nobody_out(serve: Serve, report: Callable[[str], None]) -> None:
    """Forty sessions of one member that pipeline OPER with the right password get ten of them checked."""
    server = serve({**OPEN, "limits.flood": False}, accounts=["alice", "bob"])
    with ExitStack() as stack:
        members = [stack.enter_context(Person(server, "alice", source="127.6.0.1")) for _ in range(40)]
        for member in members:
            for _ in range(20):
                member.send(f"OPER alice :{PASSWORD}")
        began = time.monotonic()
        with Person(server, "bob", source="127.7.0.1"):
            took = time.monotonic() - began
        checked = [
            member.until(lambda line: line.command in ("464", "491"))[-1].command for member in members
        ]
    report(f"a stranger is in after {took:.2f} s; {checked.count('491')} first attempts of 40 cost a hash")
    assert took < 5
    assert checked.count("491") <= 10
