"""The study of many small channels: lines cannot be joined for many members, and each member gets a mix."""

from __future__ import annotations

import time
from collections import deque
from contextlib import ExitStack
from dataclasses import replace

from scripts.bench.ircbench.crowd import Crowd, Member
from scripts.bench.ircbench.plan import nick_of
from scripts.bench.ircbench.servers import Running
from scripts.bench.ircbench.stream import StreamError, message_text

from .arriving import cost_of, crowd_of
from .field import FAILURES, Field, in_turn
from .talking import RATES, SLOW

SIZE = 80
WINDOW = 8
"""Messages that a member has under way."""
_EACH = 10
"""Members of a channel."""


def channel_of(number: int) -> bytes:
    """The name of a channel."""
    return b"#room%04d" % number


def many_channels(field: Field, channels: int, messages: int, rounds: int) -> None:
    """Let as many members as there are channels talk, each in one of the ten that it is in."""
    study = f"saturated, {channels} channels of {_EACH}"
    with field.running(study) as up, ExitStack() as stack:
        crowds: dict[str, Crowd] = {}
        for name, running in up.items():
            field.notebook.tell(f"{study}: members enter {name}")
            try:
                target = replace(running.target, logins_at_once=100)
                crowd = stack.enter_context(crowd_of(target, range(channels)))
                crowd.join(
                    field.client_context(),
                    lambda _: None,
                    lambda member: [channel_of((member + step) % channels) for step in range(_EACH)],
                )
                crowd.settle("all are here")
                crowds[name] = crowd
            except FAILURES as error:
                field.notebook.fail(study, name, error)
        for name in in_turn(list(crowds), rounds):
            try:
                talk = _Talk(crowds[name], channels, max(2, messages // SLOW.get(name, 1)))
                field.notebook.note(study, name, talk.figures(up[name]), RATES)
            except FAILURES as error:
                field.notebook.fail(study, name, error)


class _Talk:
    """One round at one server: each member sends to a channel of its own, with nine others in it."""

    def __init__(self, crowd: Crowd, channels: int, messages: int) -> None:
        self._crowd = crowd
        self._channels = channels
        self._messages = messages
        self._sent = dict.fromkeys(crowd.members, 0)
        self._got = dict.fromkeys(crowd.members, 0)
        self._next: dict[tuple[int, int], int] = {}
        self._witness = {number: (number - 1) % channels for number in crowd.members}
        self._confirmed: deque[int] = deque()

    def figures(self, running: Running) -> dict[str, float]:
        """Run it; the figures by metric. Raises StreamError when a message is missing or out of turn."""
        records = sum(member.peer.records for member in self._crowd.members.values())
        for member in self._crowd.members.values():
            member.tail = b""
        cost = cost_of(running, self._run)
        records = sum(member.peer.records for member in self._crowd.members.values()) - records
        deliveries = self._due * len(self._crowd.members)
        return {
            "deliveries/s": deliveries / cost.wall,
            "CPU µs a delivery": cost.server / deliveries * 1e6,
            "lines a record": deliveries / records,
            "generator's cores": cost.generator / cost.wall,
        }

    @property
    def _due(self) -> int:
        return self._messages * (_EACH - 1)

    def _run(self) -> None:
        for number in self._crowd.members:
            self._send(number, min(WINDOW, self._messages))
        waiting = len(self._crowd.members)

        def done() -> bool:
            return sum(got == self._due for got in self._got.values()) == waiting

        self._crowd.run_until(done, self._step, lambda: f"{sum(self._got.values())} lines arrived")

    def _step(self, timeout: float) -> bool:
        moved = self._crowd.turn(timeout, self._take)
        while self._confirmed:
            number = self._confirmed.popleft()
            if self._sent[number] < self._messages:
                self._send(number, 1)
        return moved

    def _send(self, number: int, count: int) -> None:
        first, now = self._sent[number], time.monotonic_ns()
        self._sent[number] += count
        lines = [
            b"PRIVMSG %b :%b\r\n" % (channel_of(number), message_text(number, sequence, now, SIZE))
            for sequence in range(first, first + count)
        ]
        self._crowd.send(self._crowd.members[number], *lines)

    def _take(self, member: Member, received: memoryview) -> None:
        *lines, member.tail = (member.tail + bytes(received)).split(b"\r\n")
        for line in lines:
            words = line.split(b" ", 5)
            if len(words) < 5 or words[1] != b"PRIVMSG":
                raise StreamError(f"{nick_of(member.number)} received what nobody sent: {line[:200]!r}")
            sender, sequence = int(words[3][1:]), int(words[4])
            if sequence != self._next.get((member.number, sender), 0):
                raise StreamError(f"{nick_of(member.number)} misses a message before {line[:200]!r}")
            self._next[member.number, sender] = sequence + 1
            if self._witness[sender] == member.number:
                self._confirmed.append(sender)
        self._got[member.number] += len(lines)
