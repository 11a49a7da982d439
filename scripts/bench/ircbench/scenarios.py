"""The two scenarios, as one generator runs its share of them.

Theory of operation. A listener's bytes go through `ChannelStream.agree`, which proves order and
completeness for a memory comparison. A sender's window moves when its witness, a listener of the same
generator, has received its messages: that confirmation exists on every server alike. A scenario ends when
every member has received everything, not when the last message was sent.

A server that shows its members different orders (`Target.one_order`) has each listener checked alone: no
message missing, none twice, each sender's in sequence.
"""

from __future__ import annotations

import time
import zlib
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .crowd import Crowd, Member
from .plan import nick_of
from .stream import ChannelStream, StreamError, message_line

SAMPLE_EVERY = 10
"""Steady: the latency is taken at every tenth listener, of many at `MOST_SAMPLED`.

The others are read a few at a time, without waking up for each delivery: at 40,000 wake-ups a second the
generator's own queue would be what is measured.
"""

MOST_SAMPLED = 20
_DRAINED_AT_ONCE = 6
_LONGEST_WAIT = 0.005


@dataclass(frozen=True, slots=True)
class Share:
    """What one generator measured in one scenario. Times in ns of the monotonic clock, CPU in seconds."""

    first_send_ns: int
    last_receipt_ns: int
    deliveries: int
    records: int
    stream_bytes: int
    digest: str
    cpu: float
    checks_cpu: float
    """CPU seconds for the checks after the last receipt."""
    latencies: bytes
    """The steady scenario: one signed 64-bit number per delivery to a sampled listener, in ns."""
    sampled: int
    """The steady scenario: how many listeners were sampled."""
    late_ns: int


class _Scenario(ABC):
    """What both scenarios share: who listens, who sends, what has arrived, and when it is over."""

    def __init__(self, crowd: Crowd, total: int, quota: Callable[[int], int]) -> None:
        """With `total` messages by all senders of all generators, `quota(sender)` of them by one sender."""
        load = crowd.load
        self.crowd = crowd
        self.total = total
        self.quota = quota
        members = crowd.members.values()
        self.senders = [member for member in members if member.number < load.senders]
        self.listeners = [member for member in members if member.number >= load.senders]
        watched = [sender.number for sender in self.senders]
        self.stream = ChannelStream(load.senders, load.size, watched)
        self._one_order = crowd.target.one_order
        self._streams = {
            member.number: self.stream if self._one_order else ChannelStream(load.senders, load.size, watched)
            for member in self.listeners
        }
        self.first_send_ns = 0
        self.last_receipt_ns = 0
        self._records_before = sum(member.peer.records for member in members)
        self._cpu_before = time.process_time()
        for member in members:
            member.position = member.lines = member.crc = 0
            member.watching = ()

    def on_input(self, member: Member, received: memoryview) -> None:
        """Check and count what a member received."""
        if member.number >= self.crowd.load.senders:
            member.position = self._streams[member.number].agree(member.position, received)
            self.last_receipt_ns = time.monotonic_ns()
            self.on_listened(member)
        else:
            member.lines += bytes(received).count(b"\n")
            member.crc = zlib.crc32(received, member.crc)
            self.last_receipt_ns = time.monotonic_ns()

    @abstractmethod
    def on_listened(self, member: Member) -> None:
        """What the scenario does when a listener has received something."""

    def complete(self) -> bool:
        """Whether every member has received everything that it should receive."""
        return (
            all(len(stream.ends) == self.total for stream in self._checked())
            and all(member.position == len(self.stream_of(member).log) for member in self.listeners)
            and all(member.lines >= self.total - self.quota(member.number) for member in self.senders)
        )

    def stream_of(self, member: Member) -> ChannelStream:
        """What a listener is compared with."""
        return self._streams[member.number]

    def _checked(self) -> Iterable[ChannelStream]:
        return (self.stream,) if self._one_order else self._streams.values()

    def waiting_for(self) -> str:
        """How far the scenario is, for the error when it stalls."""
        behind = sum(member.position < len(self.stream_of(member).log) for member in self.listeners)
        arrived = len(self.stream_of(self.listeners[0]).ends)
        return (
            f"{arrived} of {self.total} messages had arrived at one listener, "
            f"{behind} listeners had received less"
        )

    def share(self, latencies: bytes = b"", sampled: int = 0, late_ns: int = 0) -> Share:
        """Check the senders' bytes and sum up. Raises StreamError when a sender received something else."""
        cpu = time.process_time() - self._cpu_before
        for sender in self.senders if self._one_order else ():
            if sender.crc != self.stream.crc_without(sender.number):
                raise StreamError(
                    f"{nick_of(sender.number)} received other messages, or another order, than the listeners"
                )
        digest = self.stream.digest() if self._one_order else ""
        checks_cpu = time.process_time() - self._cpu_before - cpu
        received = self.total * len(self.listeners) + sum(member.lines for member in self.senders)
        records = sum(member.peer.records for member in self.crowd.members.values()) - self._records_before
        return Share(
            first_send_ns=self.first_send_ns,
            last_receipt_ns=self.last_receipt_ns,
            deliveries=received,
            records=records,
            stream_bytes=len(self.stream_of(self.listeners[0]).log),
            digest=digest,
            cpu=cpu,
            checks_cpu=checks_cpu,
            latencies=latencies,
            sampled=sampled,
            late_ns=late_ns,
        )


class SaturatedRun(_Scenario):
    """Every sender keeps a window of its messages under way until all are sent."""

    def __init__(self, crowd: Crowd) -> None:
        """Ready to run; nothing is sent yet."""
        load = crowd.load
        super().__init__(crowd, load.saturated_total, lambda _sender: load.messages)
        self._outstanding = {sender.number: 0 for sender in self.senders}
        self._sent = {sender.number: 0 for sender in self.senders}
        for index, sender in enumerate(self.senders):
            witness = self.listeners[index % len(self.listeners)]
            witness.watching = (*witness.watching, sender.number)

    def run(self) -> Share:
        """Run to the end. Raises StreamError, MemberLost or Stalled."""
        self.first_send_ns = time.monotonic_ns()
        for sender in self.senders:
            self._refill(sender)
        self.crowd.run_until(self.complete, self._step, self.waiting_for)
        return self.share()

    def on_listened(self, member: Member) -> None:
        """Move the windows of the senders that this listener confirms."""
        for number in member.watching:
            confirmed = self.stream_of(member).confirmed(number, member.position)
            if confirmed:
                self._outstanding[number] -= confirmed
                self._refill(self.crowd.members[number])

    def _step(self, timeout: float) -> bool:
        time.sleep(self.crowd.load.read_interval)
        return self.crowd.turn(timeout, self.on_input)

    def _refill(self, sender: Member) -> None:
        load, number = self.crowd.load, sender.number
        first = self._sent[number]
        count = min(load.window - self._outstanding[number], load.messages - first)
        if count <= 0:
            return
        now = time.monotonic_ns()
        lines = (message_line(number, sequence, now, load.size) for sequence in range(first, first + count))
        self._sent[number] += count
        self._outstanding[number] += count
        self.crowd.send(sender, *lines)


class SteadyRun(_Scenario):
    """All senders together send at a fixed rate; the latency of every delivery to a listener is measured."""

    def __init__(self, crowd: Crowd, start_ns: int) -> None:
        """Ready to run from `start_ns` (monotonic clock), which is the same in all generators."""
        load = crowd.load
        total = load.steady_total
        super().__init__(crowd, total, lambda sender: len(range(sender, total, load.senders)))
        own = {sender.number for sender in self.senders}
        self._due = [
            (start_ns + turn * 1_000_000_000 // load.rate, turn % load.senders, turn // load.senders)
            for turn in reversed(range(total))
            if turn % load.senders in own
        ]
        self._start_ns = start_ns
        self._seen = {
            member.number: 0
            for member in self.listeners[:: max(SAMPLE_EVERY, len(self.listeners) // MOST_SAMPLED)]
        }
        self._latencies: array[int] = array("q")
        self._late_ns = 0

    def run(self) -> Share:
        """Run to the end. Raises StreamError, MemberLost or Stalled."""
        self.first_send_ns = self._start_ns
        self.crowd.attend(self._seen)
        self.crowd.run_until(self.complete, self._step, self.waiting_for)
        self.crowd.attend(self.crowd.members)
        return self.share(self._latencies.tobytes(), len(self._seen), self._late_ns)

    def on_listened(self, member: Member) -> None:
        """Take the time of every message that a sampled listener now has as a whole."""
        index = self._seen.get(member.number)
        if index is None:
            return
        ends, sent, position, now = (
            self.stream_of(member).ends,
            self.stream_of(member).sent_ns,
            member.position,
            self.last_receipt_ns,
        )
        while index < len(ends) and ends[index] <= position:
            self._latencies.append(now - sent[index])
            index += 1
        self._seen[member.number] = index

    def _step(self, timeout: float) -> bool:
        while self._due and self._due[-1][0] <= time.monotonic_ns():
            due_ns, sender, sequence = self._due.pop()
            now = time.monotonic_ns()
            self._late_ns = max(self._late_ns, now - due_ns)
            self.crowd.send(
                self.crowd.members[sender], message_line(sender, sequence, now, self.crowd.load.size)
            )
        if self._due:
            timeout = max(0.0, (self._due[-1][0] - time.monotonic_ns()) / 1e9)
        busy = self.crowd.turn(min(timeout, _LONGEST_WAIT), self.on_input)
        return self.crowd.drain(_DRAINED_AT_ONCE, self.on_input) or busy
