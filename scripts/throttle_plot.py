#!/usr/bin/env python3
"""Simulates guessing against the throttle and draws docs/throttle.svg: scripts/throttle_plot.py [--check].

Somebody guesses at one account for three hours, from the places that differ: a thousand strange sources, the
owner's own network, and an address that everybody shares. The owner logs in from its own address once in ten
minutes. `--check` compares with the file instead of writing it.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURE: Final = ROOT / "docs" / "throttle.svg"
sys.path.insert(0, str(ROOT))

from scripts._generated import write_or_check  # noqa: E402
from securechat.chat.state.session import Session  # noqa: E402
from securechat.chat.state.throttle import Throttle, Verdict  # noqa: E402

HOURS: Final = 3
STEP: Final = 5
"""Seconds between two guesses of the same attacker."""
OWNER_EVERY: Final = 600
OWNER: Final = "192.0.2.7"
WIDTH, HEIGHT, LEFT, TOP, GAP = 250, 180, 50, 40, 40


class Link:
    """A connection that is always there."""

    queued = 0
    closed = False


class Case(NamedTuple):
    """An attacker: from which address its number-th guess comes, and whether the owner's network is known."""

    title: str
    address: Callable[[int], str]
    known: bool


class Course(NamedTuple):
    """What happened: the guesses that were heard up to each moment, and the owner's logins."""

    heard: list[tuple[float, int]]
    logins: list[tuple[float, bool]]

    @property
    def most_in_an_hour(self) -> int:
        """The most guesses that were heard in any hour."""
        at = [moment for moment, _ in self.heard]
        return max(sum(start <= moment < start + 3600 for moment in at) for start in at)


CASES: Final = (
    Case("1,000 strange sources", lambda number: f"10.0.{number % 1000 // 250}.{number % 250}", False),
    Case("200 neighbours of the owner", lambda number: f"192.0.2.{number % 200 + 10}", True),
    Case("the owner's own address (a proxy)", lambda _: OWNER, True),
)


def attempt(throttle: Throttle, address: str, known: bool, now: float, *, right: bool) -> bool:
    """Log in, or guess; return whether it was heard."""
    session = Session(1, Link(), address)
    if throttle.attempt(session, "alice", known, now) is not Verdict.HEARD:
        return False
    _ = throttle.succeeded(session, 0) if right else throttle.failed(session)
    return True


def simulate(case: Case) -> Course:
    """Let an attacker guess for some hours, and the owner log in now and then."""
    throttle, heard, logins = Throttle(), [(0.0, 0)], list[tuple[float, bool]]()
    attempt(throttle, OWNER, True, 0.0, right=True)
    for number, now in enumerate(range(0, HOURS * 3600, STEP)):
        if now % OWNER_EVERY == 0 and now:
            logins.append((now, attempt(throttle, OWNER, True, now, right=True)))
        if attempt(throttle, case.address(number), case.known, now, right=False):
            heard.append((now, len(heard)))
    return Course(heard[1:], logins)


def panel(index: int, case: Case, course: Course) -> Iterator[str]:
    """Draw one case: the guesses as a line, a hundred an hour as a dashed one, the logins as dots."""
    left, bottom = LEFT + index * (WIDTH + GAP), TOP + HEIGHT

    def at(seconds: float, guesses: float) -> str:
        return (
            f"{left + seconds * WIDTH / (HOURS * 3600):.1f},{bottom - guesses * HEIGHT / (100 * HOURS):.1f}"
        )

    yield f'<text x="{left}" y="{TOP - 12}" font-weight="bold">{case.title}</text>'
    yield f'<path d="M{left} {TOP}V{bottom}H{left + WIDTH}" fill="none" stroke="#345"/>'
    yield f'<path d="M{at(0, 0)}L{at(HOURS * 3600, 100 * HOURS)}" stroke="#999" stroke-dasharray="4"/>'
    for hour in range(1, HOURS + 1):
        x = at(hour * 3600, 0).split(",")[0]
        yield f'<text x="{x}" y="{bottom + 16}" text-anchor="end">{hour} h</text>'
    for guesses in (100, 200, 300):
        y = at(0, guesses).split(",")[1]
        yield f'<text x="{left - 4}" y="{y}" text-anchor="end">{guesses}</text>'
    points = " ".join(at(moment, number) for moment, number in course.heard)
    yield f'<polyline points="{points}" fill="none" stroke="#b3401c" stroke-width="2"/>'
    for moment, heard in course.logins:
        x, y = at(moment, 290).split(",")
        yield f'<circle cx="{x}" cy="{y}" r="3" fill="{"#2c7a3f" if heard else "none"}" stroke="#2c7a3f"/>'
    inside = sum(heard for _, heard in course.logins)
    said = f"at most {course.most_in_an_hour} in an hour; {inside} of {len(course.logins)} logins"
    yield f'<text x="{left}" y="{bottom + 34}">{said}</text>'


def picture() -> str:
    """Return the drawing."""
    width, height = LEFT + len(CASES) * (WIDTH + GAP), TOP + HEIGHT + 70
    drawn = [line for index, case in enumerate(CASES) for line in panel(index, case, simulate(case))]
    legend = (
        "red: wrong passwords that were heard; dashed: 100 an hour; "
        "green: the owner's logins from its own address, filled when heard"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            'font-family="sans-serif" font-size="12" fill="#123">',
            "  <title>How many guesses an account hears, and whether its owner gets in meanwhile</title>",
            f'  <rect width="{width}" height="{height}" fill="#fff"/>',
            *(f"  {line}" for line in drawn),
            f'  <text x="{LEFT}" y="{height - 10}">{legend}</text>',
            "</svg>",
            "",
        ]
    )


def main() -> int:
    """Write the picture, or compare it."""
    return write_or_check(PICTURE, lambda _: picture())


if __name__ == "__main__":
    sys.exit(main())
