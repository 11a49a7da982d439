"""The members that one generator drives: their way into the channel, and the scenarios' event loop."""

from __future__ import annotations

import select
import ssl
import time
from collections import deque
from collections.abc import Callable, Container, Sequence

from .peer import RECEIVE_SIZE, PeerClosed, TlsPeer
from .plan import Load, Target, nick_of
from .registration import Registration
from .stream import CHANNEL

KEEPALIVE = 30.0
"""Seconds between unsolicited PONGs: a silent listener would be sent a PING, amid what is compared."""


_ASK_INTERVAL = 0.5


class MemberLost(Exception):
    """A member's connection ended before its time."""


class Abandoned(Exception):
    """The benchmark that gave the orders is gone."""


class Stalled(Exception):
    """Nothing happened for longer than the load allows."""


class Member:
    """One connection and what it has received of the current scenario."""

    __slots__ = (
        "attended",
        "crc",
        "entered",
        "lines",
        "number",
        "opening",
        "peer",
        "position",
        "tail",
        "watching",
    )

    def __init__(self, number: int, peer: TlsPeer) -> None:
        """A member that has connected, but has not shaken hands yet."""
        self.number = number
        self.peer = peer
        self.entered = False
        """Whether it is in the channel."""
        self.attended = True
        """Whether the event loop wakes up for what this member receives."""
        self.opening = b""
        """What is sent as soon as the handshake is done."""
        self.tail = b""
        """The beginning of a line that has not arrived as a whole (outside the scenarios)."""
        self.position = 0
        """Listeners: how far they are in the channel's stream."""
        self.lines = 0
        """Senders: how many lines they have received in this scenario."""
        self.crc = 0
        """Senders: the CRC-32 of what they have received in this scenario."""
        self.watching: tuple[int, ...] = ()
        """Listeners: the senders whose messages they confirm."""


class Crowd:
    """Members on one epoll. Used by one thread."""

    def __init__(
        self, load: Load, target: Target, numbers: tuple[int, ...], aborted: Callable[[], bool]
    ) -> None:
        """For the members with these numbers; when `aborted` says so, any phase ends with Abandoned."""
        self.load = load
        self.members: dict[int, Member] = {}
        """All members by number."""
        self._by_descriptor: dict[int, Member] = {}
        self._neglected: deque[Member] = deque()
        self._numbers = numbers
        self.target = target
        self._aborted = aborted
        self._epoll = select.epoll()
        self._buffer = memoryview(bytearray(2 * RECEIVE_SIZE))
        self._alive_at = time.monotonic()
        self._asked_at = 0.0

    # --- the event loop

    def turn(self, timeout: float, on_input: Callable[[Member, memoryview], None]) -> bool:
        """Wait for events once, hand what members received to `on_input`; true when there were any events.

        Raises MemberLost when a connection ends.
        """
        events = self._epoll.poll(timeout)
        for descriptor, mask in events:
            member = self._by_descriptor[descriptor]
            if mask & select.EPOLLOUT:
                self._flush(member)
            if mask & ~select.EPOLLOUT:
                self._read(member, on_input)
        self._keep_alive()
        return bool(events)

    def send(self, member: Member, *lines: bytes) -> None:
        """Send, or queue what the kernel does not take and go on when it does. Raises MemberLost."""
        try:
            member.peer.send(lines)
        except (PeerClosed, ssl.SSLError) as error:
            raise MemberLost(f"{nick_of(member.number)}: {error}") from error
        if member.peer.blocked:
            self._watch(member)

    def attend(self, numbers: Container[int]) -> None:
        """Let `turn` wake up for what these members receive; what the others receive is left to `drain`."""
        self._neglected.clear()
        for member in self.members.values():
            member.attended = member.number in numbers
            self._watch(member)
            if not member.attended:
                self._neglected.append(member)

    def drain(self, count: int, on_input: Callable[[Member, memoryview], None]) -> bool:
        """Read from the next few members that `turn` does not attend to; true when anything was there."""
        busy = False
        for _ in range(min(count, len(self._neglected))):
            member = self._neglected[0]
            self._neglected.rotate(-1)
            busy = self._read(member, on_input) or busy
        return busy

    def run_until(
        self, done: Callable[[], bool], step: Callable[[float], bool], waiting_for: Callable[[], str]
    ) -> None:
        """Call `step(timeout)`, which says whether it got on, until `done`.

        Raises Stalled when nothing got on for `load.stall` seconds.
        """
        moved_at = time.monotonic()
        while not done():
            if step(0.2):
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > self.load.stall:
                raise Stalled(f"nothing arrived for {self.load.stall:g} s; {waiting_for()}")

    def close(self) -> None:
        """Close all connections."""
        for member in self.members.values():
            member.peer.close()
        self._epoll.close()

    # --- into the channel

    def join(
        self,
        context: ssl.SSLContext,
        on_joined: Callable[[int], None],
        channels_of: Callable[[int], Sequence[bytes]] = lambda _member: (CHANNEL,),
    ) -> None:
        """Connect, log in and join with all members; `on_joined` is told how many have joined so far."""
        waiting = list(reversed(self._numbers))
        under_way: dict[int, Registration] = {}
        allowed = max(1, self.target.logins_at_once // self.load.generators)

        def on_input(member: Member, received: memoryview) -> None:
            self._register(member, received, under_way)

        def step(timeout: float) -> bool:
            while waiting and len(under_way) < allowed:
                number = waiting.pop()
                under_way[number] = Registration(number, self.target.account_of(number), channels_of(number))
                self._connect(number, under_way[number], context)
            before = len(under_way)
            moved = self.turn(timeout, on_input)
            if len(under_way) < before:
                on_joined(len(self.members) - len(under_way))
            return moved

        self.run_until(
            lambda: not waiting and not under_way,
            step,
            lambda: f"{len(under_way)} members are on their way in",
        )

    def settle(self, token: str) -> None:
        """Wait until every member has received all that the server has for it (PING, then PONG).

        The token holds a blank: some servers write others without a colon.
        Lines before the PONG are skipped: joins of the others.
        """
        pong = b":" + token.encode() + b"\r\n"
        unsettled = set(self.members)

        def on_input(member: Member, received: memoryview) -> None:
            if (member.tail + bytes(received)).endswith(pong):
                unsettled.discard(member.number)
            member.tail = (member.tail + bytes(received))[-len(pong) :]

        for member in self.members.values():
            member.tail = b""
            self.send(member, b"PING :" + token.encode() + b"\r\n")
        self.run_until(
            lambda: not unsettled,
            lambda timeout: self.turn(timeout, on_input),
            lambda: f"{len(unsettled)} members got no PONG",
        )

    def expect_silence(self, token: str) -> None:
        """Check that the server has only a PONG to a PING for every member. Raises MemberLost otherwise."""
        answers = dict.fromkeys(self.members, b"")
        pong = b":" + token.encode() + b"\r\n"

        def on_input(member: Member, received: memoryview) -> None:
            answers[member.number] += bytes(received)

        for member in self.members.values():
            self.send(member, b"PING :" + token.encode() + b"\r\n")
        self.run_until(
            lambda: all(answer.endswith(pong) for answer in answers.values()),
            lambda timeout: self.turn(timeout, on_input),
            lambda: "a member got no PONG",
        )
        for number, answer in answers.items():
            if answer.count(b"\n") != 1:
                raise MemberLost(f"{nick_of(number)} received more than was sent: {answer[:300]!r}")

    # --- inside

    def _connect(self, number: int, registration: Registration, context: ssl.SSLContext) -> None:
        member = Member(number, TlsPeer(context, self.target.host, self.target.port))
        member.opening = registration.opening()
        self.members[number] = member
        self._by_descriptor[member.peer.fileno()] = member
        self._epoll.register(member.peer.fileno(), select.EPOLLIN)
        member.peer.handshake(readable=False)

    def _receive(self, member: Member) -> int:
        peer = member.peer
        if peer.handshaken:
            return peer.receive(self._buffer)
        if not peer.handshake():
            return 0
        peer.send([member.opening])
        return peer.decrypt(self._buffer)

    def _register(self, member: Member, received: memoryview, under_way: dict[int, Registration]) -> None:
        registration = under_way.get(member.number)
        if registration is None:
            return
        *lines, member.tail = (member.tail + bytes(received)).split(b"\n")
        answer = b"".join(registration.feed(line.rstrip(b"\r")) for line in lines)
        if registration.joined:
            member.entered = True
            del under_way[member.number]
        if answer:
            self.send(member, answer)

    def _read(self, member: Member, on_input: Callable[[Member, memoryview], None]) -> bool:
        try:
            count = self._receive(member)
        except (PeerClosed, ssl.SSLError) as error:
            raise MemberLost(f"{nick_of(member.number)}: {error}") from error
        if count:
            on_input(member, self._buffer[:count])
        return count > 0

    def _flush(self, member: Member) -> None:
        try:
            member.peer.flush()
        except PeerClosed as error:
            raise MemberLost(f"{nick_of(member.number)}: {error}") from error
        if not member.peer.blocked:
            self._watch(member)

    def _watch(self, member: Member) -> None:
        wanted = (select.EPOLLIN if member.attended else 0) | (select.EPOLLOUT if member.peer.blocked else 0)
        self._epoll.modify(member.peer.fileno(), wanted)

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if now - self._asked_at > _ASK_INTERVAL:
            self._asked_at = now
            if self._aborted():
                raise Abandoned
        if now - self._alive_at > KEEPALIVE:
            self._alive_at = now
            for member in self.members.values():
                if member.entered:
                    self.send(member, b"PONG :alive\r\n")
