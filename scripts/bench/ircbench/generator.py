"""One operating-system process of load: it drives its share of the members on orders from the benchmark.

Orders come over a pipe, one at a time; each is answered by one report, or by Failed, after which the
process ends.
"""

from __future__ import annotations

import gc
import os
import signal
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from .crowd import Abandoned, Crowd, MemberLost, Stalled
from .plan import Load, Target
from .registration import RegistrationError
from .scenarios import SaturatedRun, Share, SteadyRun
from .stream import StreamError


@dataclass(frozen=True, slots=True)
class Enter:
    """Order: bring all members into the channel. Answered by Progress and Entered."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Order: wait until nothing is on its way to any member. Answered by Settled."""


@dataclass(frozen=True, slots=True)
class Saturate:
    """Order: run the saturated scenario. Answered by a Share."""


@dataclass(frozen=True, slots=True)
class Steady:
    """Order: run the steady scenario from a time of the monotonic clock, in ns. Answered by a Share."""

    start_ns: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Order: check that no member receives anything more. Answered by Settled."""


Order = Enter | Settle | Saturate | Steady | Silence


@dataclass(frozen=True, slots=True)
class Progress:
    """How many members of this generator are in the channel so far."""

    joined: int


@dataclass(frozen=True, slots=True)
class Entered:
    """All members are in the channel."""

    tls: str


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing is on its way."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The order could not be carried out."""

    reason: str


Report = Progress | Entered | Settled | Share | Failed

_FAILURES = (MemberLost, Stalled, RegistrationError, StreamError, OSError, ssl.SSLError)


def serve(
    pipe: Connection[Report, Order],
    inherited: Sequence[Connection[Order, Report]],
    load: Load,
    target: Target,
    number: int,
) -> None:
    """Carry out orders until the pipe closes or the benchmark is gone. Runs in a process of its own.

    `inherited` are the benchmark's ends of the pipes: while a copy of one is open here, no pipe closes.
    """
    for end in inherited:
        end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_DFL)
    gc.disable()
    parent = os.getppid()
    crowd = Crowd(load, target, load.share(number), lambda: os.getppid() != parent)
    try:
        while True:
            carry_out(pipe.recv(), crowd, target, pipe.send)
    except (EOFError, Abandoned):
        pass
    except _FAILURES as error:
        pipe.send(Failed(str(error) or repr(error)))
    finally:
        crowd.close()


def carry_out(order: Order, crowd: Crowd, target: Target, report: Callable[[Report], None]) -> None:
    """Carry out one order and report. Raises what the crowd and the scenarios raise."""
    match order:
        case Enter():
            context = ssl.create_default_context(cafile=target.ca_file)
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            crowd.join(context, lambda joined: report(Progress(joined)))
            report(Entered(next(iter(crowd.members.values())).peer.describe()))
        case Settle():
            crowd.settle("all is settled")
            report(Settled())
        case Saturate():
            report(SaturatedRun(crowd).run())
        case Steady(start_ns):
            report(SteadyRun(crowd, start_ns).run())
        case Silence():
            crowd.expect_silence("no more came")
            report(Settled())
