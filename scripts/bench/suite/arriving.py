"""Studies of people who come: joins, logins, a class that reconnects, connections that are only there."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from scripts.bench.ircbench.crowd import Crowd, Member
from scripts.bench.ircbench.plan import Account, Load, Target
from scripts.bench.ircbench.servers import Running
from scripts.bench.ircbench.stream import CHANNEL
from scripts.bench.ircbench.subject import Securechat

from .asker import Asker, add_device
from .field import FAILURES, Field, in_turn

AT_ONCE = 50
"""Logins that are under way at the same time."""
_IN_CROWD = {"inspircd": 500}
"""The same while people come in who are not what is measured: InspIRCd lets them in once a second."""

RATES = ("logins/s", "connections", "generator's cores")


def _in_crowd(name: str, target: Target) -> Target:
    return replace(target, logins_at_once=_IN_CROWD.get(name, AT_ONCE))


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took: seconds of the clock, of the server's CPU and of the generator's."""

    wall: float
    server: float
    generator: float


@contextmanager
def crowd_of(target: Target, members: range) -> Iterator[Crowd]:
    """Members of this process; closes their connections."""
    crowd = Crowd(Load(members=members.stop, senders=1), target, tuple(members), lambda: False)
    try:
        yield crowd
    finally:
        crowd.close()


def cost_of(running: Running, work: Callable[[], None]) -> Cost:
    """Do something and return what it took. Raises what `work` raises."""
    wall, server, generator = time.monotonic(), running.cpu(), time.process_time()
    work()
    return Cost(time.monotonic() - wall, running.cpu() - server, time.process_time() - generator)


def enter(crowd: Crowd, context: ssl.SSLContext, channels: Sequence[bytes] = ()) -> None:
    """Log all members of a crowd in, and let them join."""
    crowd.join(context, lambda _: None, lambda _: channels)


def joins(field: Field, members: int) -> None:
    """Let many who are logged in join one channel at once: until each has the list of all who are there."""
    study = f"{members:,} join a channel"
    with field.running(study) as up:
        for name, running in up.items():
            field.notebook.tell(f"{study}: {name}")
            try:
                with crowd_of(_in_crowd(name, running.target), range(members)) as crowd:
                    enter(crowd, field.client_context())
                    cost = cost_of(running, partial(_all_join, crowd))
            except FAILURES as error:
                field.notebook.fail(study, name, error)
                continue
            figures = {
                "seconds": cost.wall,
                "CPU µs a join": cost.server / members * 1e6,
                "generator's cores": cost.generator / cost.wall,
            }
            field.notebook.note(study, name, figures, RATES)


def _all_join(crowd: Crowd) -> None:
    outside = set(crowd.members)
    end = b" 366 "

    def on_input(member: Member, received: memoryview) -> None:
        text = member.tail + bytes(received)
        if end in text:
            outside.discard(member.number)
        member.tail = text[-len(end) :]

    for member in crowd.members.values():
        member.tail = b""
        crowd.send(member, b"JOIN %b\r\n" % CHANNEL)
    crowd.run_until(
        lambda: not outside,
        lambda timeout: crowd.turn(timeout, on_input),
        lambda: f"{len(outside)} members are not in the channel",
    )
    crowd.settle("all are here")


def reconnecting(field: Field, members: int, rounds: int) -> None:
    """Let a class that lost its connections come back: until all are in the channel again."""
    study = f"{members} reconnect"
    with field.running(study) as up:
        for turn, name in enumerate(in_turn(list(up), rounds)):
            first = turn * members
            target = replace(up[name].target, logins_at_once=members)
            try:
                with crowd_of(target, range(first, first + members)) as crowd:
                    context = field.client_context()
                    cost = cost_of(up[name], partial(enter, crowd, context, (CHANNEL,)))
            except FAILURES as error:
                field.notebook.fail(study, name, error)
                continue
            figures = {
                "seconds": cost.wall,
                "CPU ms each": cost.server / members * 1000,
                "generator's cores": cost.generator / cost.wall,
            }
            field.notebook.note(study, name, figures, RATES)


def logins(field: Field, people: int, rounds: int) -> None:
    """Log people in by password, by token and by certificate; peers know none of these."""
    with field.running("logins") as up:
        own = {c.name: c for c in field.own() if isinstance(c, Securechat)}
        for turn, name in enumerate(in_turn(list(up), rounds)):
            running, context = up[name], field.client_context()
            ways: dict[str, tuple[Target, ssl.SSLContext]] = {"no account": (running.target, context)}
            try:
                if name in own:
                    ways = _ways(field, own[name], running)
                for number, (way, (target, shown)) in enumerate(ways.items()):
                    first = (turn * 4 + number) * people
                    _log_in(
                        field, f"login, {way}", name, running, target, shown, range(first, first + people)
                    )
            except FAILURES as error:
                field.notebook.fail("logins", name, error)


def _ways(field: Field, own: Securechat, running: Running) -> dict[str, tuple[Target, ssl.SSLContext]]:
    """How people log in to securechat."""
    target, context = running.target, field.client_context()
    file = running.directory / "laptop.pem"
    if not file.exists():
        asker = Asker(context, target, target.accounts[0], "owner")
        add_device(asker, file)
        asker.close()
    shown = field.client_context()
    shown.load_cert_chain(file)
    owner = (Account(target.accounts[0].name, ""),)
    return {
        "password": (replace(target, accounts=own.passwords), context),
        "token": (target, context),
        "certificate": (replace(target, accounts=owner), shown),
    }


def _log_in(
    field: Field,
    study: str,
    name: str,
    running: Running,
    target: Target,
    context: ssl.SSLContext,
    members: range,
) -> None:
    with crowd_of(replace(target, logins_at_once=AT_ONCE), members) as crowd:
        cost = cost_of(running, partial(enter, crowd, context))
    figures = {
        "logins/s": len(members) / cost.wall,
        "CPU ms a login": cost.server / len(members) * 1000,
        "generator's cores": cost.generator / cost.wall,
    }
    field.notebook.note(study, name, figures, RATES)


def idle(field: Field, connections: int) -> None:
    """See how much memory a server takes for each connection that is logged in and silent."""
    study = "idle connections"
    for contestant in field.contestants:
        with field.running(study + f" {contestant.name}", (contestant,)) as up:
            for name, running in up.items():
                field.notebook.tell(f"{study}: {name}")
                try:
                    before = running.memory()
                    target = _in_crowd(name, running.target)
                    with crowd_of(target, range(connections)) as crowd:
                        cost = cost_of(running, partial(enter, crowd, field.client_context()))
                        crowd.settle("all are here")
                        grown = running.memory() - before
                except FAILURES as error:
                    field.notebook.fail(study, name, error)
                    continue
                figures = {
                    "KiB each": grown / connections / 1024,
                    "CPU ms a login": cost.server / connections * 1000,
                    "connections": float(connections),
                }
                field.notebook.note(study, name, figures, RATES)
