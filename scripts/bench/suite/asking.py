"""Studies of questions about what was said: history while people talk, and search."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized as Shared
from multiprocessing.synchronize import Event

from scripts.bench.ircbench.figures import percentile
from scripts.bench.ircbench.plan import Account, Target
from scripts.bench.ircbench.servers import Running

from .asker import Asker
from .field import FAILURES, Field

CHANNEL = "#bench"
LOAD = 1000
"""Messages a second while history is asked for."""
_PAGE = 100
_CAPS = "sasl batch server-time message-tags draft/chathistory soju.im/search"
_WORDS = ("apple", "river", "stone", "cloud", "green", "seven", "music", "paper", "night", "table")


def history(field: Field, seconds: float) -> None:
    """Ask for pages of history, and search, while 1,000 messages a second are sent."""
    askable = [c for c in field.contestants if c.name.startswith("securechat") or c.name == "ergo"]
    with field.running("history", askable) as up:
        for name, running in up.items():
            field.notebook.tell(f"history: {name}")
            try:
                _ask(field, name, running, seconds)
            except FAILURES as error:
                field.notebook.fail("history", name, error)


def _ask(field: Field, name: str, running: Running, seconds: float) -> None:
    account = running.target.accounts[0] if running.target.accounts else None
    asker = Asker(field.client_context(), running.target, account, "asker", _CAPS)
    try:
        asker.send(f"JOIN {CHANNEL}")
        asker.until(lambda words: words[1:2] == [b"366"])
        with _talk(field, running.target, account) as sent:
            page = f"CHATHISTORY LATEST {CHANNEL} * {_PAGE}"
            study = f"history, {LOAD:,} messages/s meanwhile"
            figures = {**_asked(asker, page, seconds), "messages/s": sent()}
            field.notebook.note(study, name, figures, ("messages/s",))
            if name != "ergo":
                find = f"SEARCH in={CHANNEL};text=river;limit=50"
                study = f"search, {LOAD:,} messages/s meanwhile"
                field.notebook.note(study, name, _asked(asker, find, seconds))
        if name != "ergo":
            field.notebook.note("search", name, _asked(asker, "SEARCH text=river;limit=50", seconds / 2))
    finally:
        asker.close()


def _asked(asker: Asker, question: str, seconds: float) -> dict[str, float]:
    """Ask again and again, twenty times a second at most; milliseconds until the answer was complete."""
    until, times = time.monotonic() + seconds, []
    while time.monotonic() < until:
        took = asker.batch(question)
        times.append(round(took * 1000))
        time.sleep(max(0.0, 0.05 - took / 1000))
    ordered = sorted(times)
    return {"p50 ms": percentile(ordered, 0.5) / 1000, "p99 ms": percentile(ordered, 0.99) / 1000}


@contextmanager
def _talk(field: Field, target: Target, account: Account | None) -> Iterator[Callable[[], float]]:
    """Send messages from a process of its own; the value tells how many a second it were."""
    context = multiprocessing.get_context("fork")
    end, counted = context.Event(), context.Value("q", 0)
    child = context.Process(target=_send, args=(field, target, account, end, counted), daemon=True)
    began = time.monotonic()
    child.start()
    try:
        yield lambda: counted.value / (time.monotonic() - began)
    finally:
        end.set()
        child.join(10)
        child.terminate()
        child.join()


def _send(field: Field, target: Target, account: Account | None, end: Event, counted: Shared[int]) -> None:
    speaker = Asker(field.client_context(), target, account, "speaker")
    speaker.send(f"JOIN {CHANNEL}")
    speaker.until(lambda words: words[1:2] == [b"366"])
    began = time.monotonic()
    while not end.is_set():
        due = int((time.monotonic() - began) * LOAD)
        for number in range(counted.value, due):
            said = " ".join(_WORDS[(number * step) % len(_WORDS)] for step in (1, 3, 7, 9))
            speaker.send(f"PRIVMSG {CHANNEL} :{number} {said}")
        counted.value = due
        time.sleep(0.005)
    speaker.close()
