"""The interpreter's settings for a server: short turns for threads, rare garbage collections, a thrifty heap.

Measured: a full collection walks over every module of the program, 20 ms and more during which no thread
runs, and under load it came every two seconds. The objects of the start stay, so they are frozen. Reference
counting frees what a message allocates. The collector is for cycles, so it need not look after every 700
objects.

The allocator of the C library (glibc) learns from the largest blocks that were freed to keep as much for the
next ones. A minute of attacks left a server with 170 MiB that nobody used, argon2's own among it; with
thresholds that stay as they are, which makes it give large blocks back at once, with 120.
"""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SWITCH_INTERVAL: Final = 0.0001
"""Seconds, a fiftieth of Python's default: a worker that has written waits so long for a busy hub. Measured:
0.5 ms gave 3.5 M deliveries a second where 0.1 ms gave 3.8; less did not help."""
THRESHOLDS: Final = (20_000, 20, 20)
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE: Final = 1 << 20
"""Bytes of a block that is the kernel's again as soon as it is freed."""
_KEPT: Final = 4 << 20
"""Bytes at the end of a heap that are kept for the next blocks."""


@contextmanager
def tuned() -> Iterator[None]:
    """Set the interpreter up for serving, and back at the end. The main thread, before others are started."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    _keep_little()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
        sys.setswitchinterval(interval)


def _keep_little() -> None:
    """Have the C library give memory back that is not used; one that cannot be told so decides for itself."""
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is not None:
        tell(_M_MMAP_THRESHOLD, _LARGE)
        tell(_M_TRIM_THRESHOLD, _KEPT)
