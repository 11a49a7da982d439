"""A quick start: until the window is painted nothing is looked through for garbage, since none of it is."""

import gc


def begin() -> None:
    """Begin to load the window."""
    gc.disable()


def painted() -> None:
    """The window is there: what was loaded stays for good, and is never looked through again."""
    gc.freeze()
    gc.enable()
