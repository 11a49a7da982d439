"""What holds for every test: none leaves a thread or an open socket behind, none is timed."""

import gc
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

_DESCRIPTORS = Path("/proc/self/fd")

# How long an example takes says more about the machine than about the program.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# What a shell starts in the background ignores Ctrl+C, and so would all that tests start and send it to.
signal.signal(signal.SIGINT, signal.default_int_handler)


def _sockets() -> set[str]:
    """Return the open sockets of this process, by the kernel's name for each."""
    if not _DESCRIPTORS.is_dir():  # no Linux: the warnings about unclosed sockets have to do
        return set()
    found = set()
    for descriptor in _DESCRIPTORS.iterdir():
        with suppress(OSError):  # the descriptor of the listing itself is gone by now
            found.add(str(descriptor.readlink()))
    return {target for target in found if target.startswith("socket:")}


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Fail a test after which a thread runs or a socket is open that were not there before it."""
    threads, sockets = set(threading.enumerate()), _sockets()
    yield
    left = [thread.name for thread in threading.enumerate() if thread not in threads]
    assert not left, f"threads are left over: {', '.join(left)}"
    if _sockets() - sockets:
        gc.collect()  # one that only a cycle holds is reported as unclosed by the interpreter
        leaked = _sockets() - sockets
        assert not leaked, f"{len(leaked)} sockets are left open"
