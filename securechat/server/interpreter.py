"""The interpreter's settings for a server: short turns for threads, and rare garbage collections.

Measured: a full collection walks over every module of the program, 20 ms and more during which no thread
runs, and under load it came every two seconds. The objects of the start stay, so they are frozen. Reference
counting frees what a message allocates. The collector is for cycles, so it need not look after every 700
objects.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SWITCH_INTERVAL: Final = 0.0001
"""Seconds, a fiftieth of Python's default: a worker that has written waits so long for a busy hub. Measured:
0.5 ms gave 3.5 M deliveries a second where 0.1 ms gave 3.8; less did not help."""
THRESHOLDS: Final = (20_000, 20, 20)


@contextmanager
def tuned() -> Iterator[None]:
    """Set the interpreter up for serving, and back at the end. The main thread, before others are started."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
        sys.setswitchinterval(interval)
