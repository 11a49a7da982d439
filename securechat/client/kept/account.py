"""What is on disk for an account on a server: up to where everything was told, and what waits to be sent."""

import os
import secrets
from contextlib import ExitStack

from securechat.client.address import Address
from securechat.client.kept.bookmark_file import BookmarkFile
from securechat.client.kept.outbox_file import OutboxFile, outbox_directory
from securechat.client.paths import Places
from securechat.client.protocol.outbox import Outbox


class Kept:
    """The files of an account; `problems` are for the person."""

    def __init__(self, address: Address, account: str, places: Places) -> None:
        self.problems: list[str] = []
        self._key = (address, account)
        self._bookmarks = BookmarkFile(places.bookmarks)
        self.bookmarks = self._bookmarks.load(address, account)
        self._outbox_file: OutboxFile | None = None
        self.outbox = Outbox()
        try:
            directory = outbox_directory(places.state, address, account)
            with ExitStack() as failing:
                file = OutboxFile(directory, f"{os.getpid()}-{secrets.token_hex(4)}")
                failing.callback(file.close)
                self.outbox = Outbox(file, file.take_over())
                failing.pop_all()
            self._outbox_file = file
        except OSError as error:
            self.problems.append(f"what is sent cannot be kept until it is confirmed: {error}")

    @property
    def keeps_messages(self) -> bool:
        """Whether what waits is sent by the next start."""
        return self._outbox_file is not None

    def close(self) -> None:
        """Keep up to where everything was told; the connection is closed. Raises OSError."""
        if self._outbox_file is not None:
            self._outbox_file.close()
        self._bookmarks.store(*self._key, self.bookmarks)
