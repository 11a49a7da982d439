"""The interpreter is set up for serving, and left as it was."""

import gc
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
