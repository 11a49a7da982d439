"""What the headers of a backup may claim. They are read before anything in them has been checked.

Measured: an age file that asks for 2^23 rounds of scrypt took 133 s and 8 GiB of memory to be refused, and a
header of 20,000 recipients five minutes. A header of tar may say that it is as long as the disk.
"""

import io
import re
import tarfile
from typing import IO, Final

from securechat.storage.errors import StorageError

MARK: Final = b"age-encryption.org/v1\n"
_MAX_AGE_HEADER: Final = 1 << 16
_MAX_LINES: Final = 2000
_END: Final = re.compile(rb"^---", re.MULTILINE)
_SCRYPT: Final = re.compile(rb"^-> scrypt \S+ (\d+)$", re.MULTILINE)
_MAX_WORK: Final = 21
"""Of scrypt, as a power of two: 2 GiB of memory. A backup is made with what takes a second."""
_MAX_TAR_HEADER: Final = 1 << 16
_MAX_READ: Final = 1 << 20


class Excessive(StorageError):
    """A file asks for more than any backup does."""


def check_age_header(stream: IO[bytes]) -> None:
    """Look at the header of an age file, which begins here, and go back. Raises Excessive."""
    start = stream.tell()
    header = stream.read(_MAX_AGE_HEADER)
    stream.seek(start)
    if not header.startswith(MARK):
        return
    end = _END.search(header)
    if end is None and len(header) == _MAX_AGE_HEADER:
        raise Excessive(f"the header of its encryption has more than {_MAX_AGE_HEADER} bytes")
    header = header if end is None else header[: end.start()]
    if header.count(b"\n") > _MAX_LINES:
        raise Excessive(f"the header of its encryption has more than {_MAX_LINES} lines")
    for work in _SCRYPT.findall(header):
        if len(work) > 3 or int(work) > _MAX_WORK:
            raise Excessive(
                f"its passphrase takes 2^{work[:9].decode()} rounds of scrypt, and at most 2^{_MAX_WORK} are "
                "done: decrypt it with `age -d`, if you know where it is from"
            )


class Headers(io.RawIOBase):
    """A stream for `tarfile`, which reads headers into memory, whatever length they say they have.

    While `left` is set only so many bytes are given; and never more than a mebibyte at once.
    """

    def __init__(self, stream: IO[bytes] | io.BufferedIOBase) -> None:
        self._stream = stream
        self.left: int | None = _MAX_TAR_HEADER

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return bytes. Raises Excessive."""
        most = _MAX_READ if self.left is None else self.left
        if not 0 <= size <= most:
            raise Excessive("it has a header that is longer than any of a backup")
        data = self._stream.read(size)
        if self.left is not None:
            self.left -= len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


def next_member(archive: tarfile.TarFile, headers: Headers) -> tarfile.TarInfo | None:
    """Return the next member; its headers are bounded, its content is not. Raises Excessive."""
    headers.left = _MAX_TAR_HEADER
    member = archive.next()
    headers.left = None
    return member
