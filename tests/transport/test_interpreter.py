"""The interpreter is set up for serving, and left as it was."""

import gc
import subprocess
import sys

from securechat.server.interpreter import THRESHOLDS, tuned


def test_settings_hold_while_the_server_runs() -> None:
    """Threads change more often and collections are rare inside; afterwards all is as before."""
    before, frozen = (sys.getswitchinterval(), gc.get_threshold()), gc.get_freeze_count()
    with tuned():
        assert sys.getswitchinterval() < before[0]
        assert gc.get_threshold() == THRESHOLDS
        assert gc.get_freeze_count() > frozen + 1000
    assert (sys.getswitchinterval(), gc.get_threshold()) == before
    assert gc.get_freeze_count() <= frozen  # Python 3.12 has some of its own frozen from the start


GROWN = """
from pathlib import Path
from securechat.server.interpreter import tuned

def memory():
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0])

with tuned():
    before = memory()
    for _ in range(3):
        b"x" * (30 << 20)
    print(memory() - before)
"""


def test_large_blocks_are_given_back() -> None:
    """What a hash or a long answer took is the kernel's again, also when it has been taken before."""
    done = subprocess.run([sys.executable, "-c", GROWN], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10 << 10
