"""The whole benchmark: servers in turn, round after round, in a temporary directory; then the report."""

from __future__ import annotations

import os
import platform
import signal
import ssl
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from . import arena, options, report
from .peers import Ergo, Inspircd, Ngircd
from .procfs import filesystem_of
from .servers import Contestant, Running, ServerError, make_certificates
from .subject import Securechat

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark of a command line; returns the exit code."""
    chosen = options.parse(arguments)
    for ending in _ENDINGS:
        signal.signal(ending, _interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="fanout-", dir=chosen.directory) as directory:
            results = run(chosen, Path(directory))
    except KeyboardInterrupt:
        _note("interrupted: everything that was started has been ended")
        return 130
    sys.stdout.write(report.as_text(results) + "\n")
    if chosen.json is not None:
        chosen.json.write_text(report.as_json(results))
    return verdict(results)


def run(chosen: options.Options, directory: Path) -> report.Results:
    """All rounds, with every server in each. A run that fails becomes a problem, and the others go on."""
    contestants, problems = _contestants(chosen)
    made = make_certificates(directory)
    versions = {contestant.name: contestant.version() for contestant in contestants}
    runs: dict[str, dict[int, arena.Figures]] = {contestant.name: {} for contestant in contestants}
    for number in range(1, chosen.repeat + 1):
        for contestant in contestants:
            where = f"round {number} of {chosen.repeat}, {contestant.name}"
            _note(f"{where}: starting")
            place = directory / f"{contestant.name}-{number}"
            place.mkdir()
            try:
                runs[contestant.name][number] = _visit(chosen, contestant.start(place, made), where)
            except (arena.RunFailed, ServerError) as error:
                problems.append(f"{where}: {error}")
                _note(f"{where}: failed: {error}")
    entries = [report.Entry(c.name, versions[c.name], c.differs, runs[c.name]) for c in contestants]
    return report.Results(chosen, _machine(directory), entries, problems)


def verdict(results: report.Results) -> int:
    """The exit code: 1 when a run failed, or the ratio asked for is not reached or not known."""
    wanted = results.options.min_ratio
    if wanted is not None:
        ratio = report.rate_ratio(results.entries)
        if ratio is None or ratio.median < wanted:
            reached = f"{ratio.median:.2f}" if ratio else "unknown"
            _note(f"the ratio is {reached}; at least {wanted:g} was asked for")
            return 1
    complete = all(len(entry.runs) == results.options.repeat for entry in results.entries)
    return 0 if complete and results.entries else 1


def _visit(chosen: options.Options, running: Running, where: str) -> arena.Figures:
    try:
        return arena.run(chosen.load, running, chosen.scenarios, lambda text: _note(f"{where}: {text}"))
    except arena.RunFailed as error:
        raise arena.RunFailed(f"{error}; the server's last words: {running.last_words()}") from error
    finally:
        running.stop()


def _contestants(chosen: options.Options) -> tuple[list[Contestant], list[str]]:
    """Those who can take part, and why the others cannot."""
    known: dict[str, Contestant] = {
        "securechat": Securechat(chosen.accounts, chosen.workers, _note),
        "ngircd": Ngircd(),
        "inspircd": Inspircd(),
        "ergo": Ergo(),
    }
    ready, problems = [], []
    for name in chosen.servers:
        reason = known[name].missing()
        if reason:
            problems.append(f"{name} is left out: {reason}")
            _note(problems[-1])
        else:
            ready.append(known[name])
    return ready, problems


def _machine(directory: Path) -> report.Machine:
    return report.Machine(
        cores=len(os.sched_getaffinity(0)),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        openssl=ssl.OPENSSL_VERSION,
        filesystem=filesystem_of(directory),
    )


def _note(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Once: a second Ctrl+C must not break off the ending of what was started.
    for ending in _ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt
