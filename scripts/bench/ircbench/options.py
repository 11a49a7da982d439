"""The command line of the fan-out benchmark."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .plan import Load, Scenario

SERVERS = ("securechat", "ngircd", "inspircd", "ergo")

_FULL = {"members": 200, "senders": 20, "messages": 5000, "seconds": 15.0, "repeat": 3, "accounts": 20}
_QUICK = {"members": 50, "senders": 5, "messages": 1000, "seconds": 3.0, "repeat": 1, "accounts": 4}


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    load: Load
    servers: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    repeat: int
    accounts: int
    workers: int | None
    directory: Path | None
    json: Path | None
    min_ratio: float | None


def parse(arguments: Sequence[str]) -> Options:
    """Decode the arguments; ends the program with a message (exit code 2) when they are wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    chosen = dict(_QUICK if given.quick else _FULL)
    chosen |= {name: getattr(given, name) for name in chosen if getattr(given, name) is not None}
    try:
        load = Load(
            members=int(chosen["members"]),
            senders=int(chosen["senders"]),
            messages=int(chosen["messages"]),
            seconds=float(chosen["seconds"]),
            size=given.size,
            window=given.window,
            rate=given.rate,
            generators=given.generators,
            stall=given.stall,
        )
        options = Options(
            load=load,
            servers=_names(given.servers, SERVERS, "server"),
            scenarios=tuple(map(Scenario, _names(given.scenarios, [s.value for s in Scenario], "scenario"))),
            repeat=_positive(int(chosen["repeat"]), "--repeat"),
            accounts=min(_positive(int(chosen["accounts"]), "--accounts"), load.members),
            workers=given.workers,
            directory=given.directory,
            json=given.json,
            min_ratio=given.min_ratio,
        )
        _check_ratio(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def _check_ratio(options: Options) -> None:
    if options.min_ratio is None:
        return
    if Scenario.SATURATED not in options.scenarios:
        raise ValueError("--min-ratio compares the saturated scenario: add it to --scenarios")
    if "securechat" not in options.servers or len(options.servers) < 2:
        raise ValueError("--min-ratio compares securechat with a peer: name both in --servers")


def _names(text: str, known: Sequence[str], what: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in names:
        if name not in known:
            raise ValueError(f"there is no {what} {name!r}; known: {', '.join(known)}")
    if not names:
        raise ValueError(f"name at least one {what}: {', '.join(known)}")
    return names


def _positive(value: int, option: str) -> int:
    if value < 1:
        raise ValueError(f"{option} is {value}; it must be at least 1")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fanout",
        description="Compare chat servers by how fast one channel's messages reach all of its members, over "
        "TLS 1.3 on 127.0.0.1. Saturated: senders keep a window of messages under way; deliveries per second "
        "count. Steady: a fixed rate; latency counts. Every message is checked: it arrives at every member "
        "exactly once, and in one order.",
        epilog="exit codes: 0 done, 1 a run failed or the ratio is too low, 2 usage, 130 interrupted",
    )
    add = parser.add_argument
    add(
        "--servers",
        default=",".join(SERVERS),
        metavar="LIST",
        help="which servers, in this order (default: %(default)s)",
    )
    add(
        "--scenarios",
        default="steady,saturated",
        metavar="LIST",
        help="which scenarios (default: %(default)s)",
    )
    add("--quick", action="store_true", help="a small run of less than 40 s: no figures to quote")
    add("--repeat", type=int, metavar="N", help="rounds, each with every server once (default: 3)")
    _add_load(parser)
    _add_surroundings(parser)
    return parser


def _add_load(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--members", type=int, metavar="N", help="members of the channel (default: 200)")
    add("--senders", type=int, metavar="N", help="members that send (default: 20)")
    add("--messages", type=int, metavar="N", help="saturated: messages of each sender (default: 5000)")
    add(
        "--window",
        type=int,
        default=64,
        metavar="N",
        help="saturated: unconfirmed messages per sender (default: 64)",
    )
    add(
        "--rate",
        type=int,
        default=200,
        metavar="N",
        help="steady: messages per second in total (default: 200)",
    )
    add("--seconds", type=float, metavar="S", help="steady: how long (default: 15)")
    add("--size", type=int, default=80, metavar="BYTES", help="size of a message's text (default: 80)")
    add(
        "--generators", type=int, default=1, metavar="N", help="processes that generate the load (default: 1)"
    )


def _add_surroundings(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--accounts", type=int, metavar="N", help="securechat: accounts that the members share (default: 20)")
    add("--workers", type=int, metavar="N", help="securechat: server.workers (default: the server's own)")
    add(
        "--stall",
        type=float,
        default=30.0,
        metavar="S",
        help="give up after so long without progress (default: 30)",
    )
    add(
        "--directory",
        type=Path,
        metavar="DIR",
        help="where the temporary directory is made; the file system counts",
    )
    add("--json", type=Path, metavar="FILE", help="write all figures to a file")
    add(
        "--min-ratio",
        type=float,
        metavar="X",
        help="fail when securechat / best peer (deliveries/s) is below",
    )
