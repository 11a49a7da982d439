"""A wake-up for a thread that waits in poll or epoll."""

import os


class Bell:
    """An eventfd that is written once however often it is rung before it is heard."""

    __slots__ = ("_rung", "fd")

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._rung = False

    def ring(self) -> None:
        """Wake the thread up. Any thread may call."""
        if not self._rung:
            self._rung = True
            os.eventfd_write(self.fd, 1)

    def hear(self) -> None:
        """Note that the descriptor was readable. The woken thread calls it, and then looks at what there is
        to do."""
        os.eventfd_read(self.fd)
        self._rung = False

    def close(self) -> None:
        """Give the descriptor back, when nobody rings any more."""
        os.close(self.fd)
