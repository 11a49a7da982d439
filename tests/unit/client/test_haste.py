"""The quick start of the window."""

import gc

from securechat.client import haste


def test_garbage_is_collected_again_when_the_window_is_there() -> None:
    """Not before it, and what was loaded until then is not looked through."""
    try:
        haste.begin()
        assert not gc.isenabled()
        haste.painted()
        assert gc.isenabled() and gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.enable()
