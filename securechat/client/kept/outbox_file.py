"""The outbox on disk, so that what was said is sent also when the program ends before.

A directory of an account holds a file for each running client: a journal of JSON lines, a message or
`{"settled": nonce}` each, of mode 0600 and locked by its client. A client that starts takes over what
the files of clients that have ended hold. The nonces stay, so what the server had stored already does not
appear twice. A line that is torn, by a power cut or a full disk, is left out: its message was never queued.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final, TextIO

from securechat.client.address import Address
from securechat.client.deliveries import Outgoing
from securechat.irc.names import fold

_JOURNAL: Final = "*.jsonl"
_PLAIN: Final = re.compile("[^0-9A-Za-z.-]")


def outbox_directory(state: Path, address: Address, account: str) -> Path:
    """The directory for an account on a server."""
    key = f"{address} {fold(account)}"
    return (
        state / "outbox" / _PLAIN.sub(lambda char: "".join(f"_{byte:02x}" for byte in char[0].encode()), key)
    )


class OutboxFile:
    """One client's journal. All methods but `take_over` belong to one thread."""

    def __init__(self, directory: Path, name: str) -> None:
        """Raises OSError. `name` is one that no other file there has."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._path = directory / f"{name}.jsonl"
        self._unsettled: set[str] = set()
        self._file = _open_own(self._path)

    def take_over(self) -> tuple[Outgoing, ...]:
        """Return what ended clients have left; it is in this journal from now on. Raises OSError."""
        found: list[Outgoing] = []
        for path in sorted(self._directory.glob(_JOURNAL)):
            if path == self._path:
                continue
            try:
                journal = _open_locked(path)
            except BlockingIOError:
                continue  # its client runs
            with journal:
                left = list(_read(journal))
                for message in left:
                    self.put(message)
                self.sync()
                found += left
                journal.truncate(0)
                gone = _remove(path)
            if not gone:  # some systems let nobody take away what is open
                _remove(path)
        return tuple(found)

    def put(self, message: Outgoing) -> None:
        """Keep a message before it is sent. Raises OSError when it cannot be kept."""
        self._write(asdict(message))
        self._unsettled.add(message.nonce)

    def sync(self) -> None:
        """See to it that what was put survives a power cut: once for many messages, since it takes
        milliseconds.

        A disk that refuses this has taken the messages all the same; to send them is safer than not to.
        """
        with suppress(OSError):
            os.fsync(self._file.fileno())

    def drop(self, nonce: str) -> None:
        """The message is settled; when all are, the journal is empty again.

        A journal that cannot be written is left as it is: a message that is sent again changes nothing.
        """
        self._unsettled.discard(nonce)
        with suppress(OSError):
            if self._unsettled:
                self._write({"settled": nonce})
            else:
                self._file.truncate(0)
                self._file.seek(0)

    def close(self) -> None:
        """Let others have the file; an empty one goes."""
        gone = bool(self._unsettled) or _remove(self._path)
        self._file.close()
        if not gone:
            _remove(self._path)

    def _write(self, entry: Mapping[str, object]) -> None:
        # The line end comes first, too: then a line that was torn does not spoil this one.
        self._file.write(f"\n{json.dumps(entry)}\n")
        self._file.flush()


def _open_own(path: Path) -> TextIO:
    """Open one's own journal. Raises OSError.

    Another client that starts just then may take it away before it is locked, as that of an ended one.
    """
    while True:
        journal = _open_locked(path, waits=True)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(journal.fileno()), path.stat()):
                return journal
        journal.close()


def _remove(path: Path) -> bool:
    """Take a journal away; return whether it has gone."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _open_locked(path: Path, *, waits: bool = False) -> TextIO:
    """Open a journal that no running client has. Raises BlockingIOError for others' or waits; OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, waits=waits)
        return os.fdopen(descriptor, "r+", encoding="utf-8", errors="replace")
    except BaseException:
        os.close(descriptor)
        raise


def _lock(descriptor: int, *, waits: bool = False) -> None:
    """Lock a file until it is closed. Raises BlockingIOError when another one has it, or waits; OSError."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if waits else msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(error.errno, error.strerror) from error
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)


def _read(journal: TextIO) -> Iterator[Outgoing]:
    kept: dict[str, Outgoing] = {}
    for line in journal:
        with suppress(ValueError, TypeError):
            entry = json.loads(line)
            if "settled" in entry:
                kept.pop(entry["settled"], None)
            else:
                message = _outgoing(**entry)
                kept[message.nonce] = message
    yield from kept.values()


def _outgoing(more: Iterable[tuple[str, str]] = (), **fields: str) -> Outgoing:
    """Return a message as a line of a journal has it. Raises TypeError, ValueError."""
    tags = tuple((str(tag), str(value)) for tag, value in more)
    return Outgoing(**{name: str(value) for name, value in fields.items()}, more=tags)
