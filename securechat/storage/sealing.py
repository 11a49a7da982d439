"""Encryption of backups with age, by `pyrage`: for recipients, or with a passphrase.

With a passphrase pyrage has everything in memory, three times. So the passphrase protects only a new key, for
which the backup is encrypted. Both are members of a tar archive, `key.age` and `backup.age`, and
`age -d -i key.age backup.age` asks for the passphrase. An age file with a passphrase is read as well.
"""

import io
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, Literal, NewType

from pyrage import (
    DecryptError,
    EncryptError,
    IdentityError,
    RecipientError,
    decrypt_io,
    encrypt_io,
    passphrase,
    ssh,
    x25519,
)

from securechat.storage.claims import MARK, Excessive, Headers, check_age_header, next_member
from securechat.storage.errors import StorageError

KEY_NAME: Final = "key.age"
CONTENT_NAME: Final = "backup.age"
_MAX_KEY: Final = 1 << 16
_MAX_IN_MEMORY: Final = 1 << 28
"""Bytes of an age file of another program's with a passphrase, which pyrage reads whole."""
_END: Final = 2 * tarfile.BLOCKSIZE
_GZIP: Final = b"\x1f\x8b"
_SCRYPT: Final = b"-> scrypt "
_OUTER: Final = KEY_NAME.encode() + b"\0"

Recipient = NewType("Recipient", object)
Identity = NewType("Identity", object)


class SealError(StorageError):
    """A backup cannot be encrypted or decrypted with what was given."""


def parse_recipient(text: str) -> Recipient:
    """Read `age1…`, or an SSH public key. Raises SealError."""
    for kind in (x25519.Recipient, ssh.Recipient):
        with suppress(RecipientError):
            return Recipient(kind.from_str(text))
    raise SealError(f"{text[:80]!r} is no recipient: use one that begins with age1, or an SSH public key")


def new_pair() -> tuple[Identity, Recipient]:
    """Make a key, and what is encrypted for it."""
    identity = x25519.Identity.generate()
    return Identity(identity), Recipient(identity.to_public())


def read_identities(file: Path) -> Sequence[Identity]:
    """Read a file of `age-keygen`, or an SSH private key. Raises SealError."""
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAX_KEY + 1)
        if len(content) > _MAX_KEY:
            raise SealError(f"{file} has more than {_MAX_KEY} bytes: it is no identity file")
        if content.startswith(b"-----BEGIN"):
            return [Identity(ssh.Identity.from_buffer(content))]
        lines = [line.strip() for line in content.decode("ascii").splitlines()]
        keys = [line for line in lines if line and not line.startswith("#")]
        found = [Identity(x25519.Identity.from_str(key)) for key in keys]
    except OSError as error:
        raise SealError(f"the identity file {file}: {error.strerror}") from error
    except (IdentityError, UnicodeDecodeError) as error:
        raise SealError(f"{file} holds no identity (AGE-SECRET-KEY-1… or an SSH private key)") from error
    if not found:
        raise SealError(f"{file} holds no identity")
    return found


def seal_for(plain: IO[bytes], sealed: IO[bytes], recipients: Sequence[Recipient]) -> None:
    """Encrypt so that each of the recipients can read it. Raises SealError."""
    try:
        encrypt_io(plain, sealed, list(recipients))
    except EncryptError as error:  # also what the file raises, such as a full disk
        raise SealError(f"the backup cannot be written: {error}") from error


def seal_with(plain: IO[bytes], sealed: IO[bytes], secret: str) -> None:
    """Encrypt with a passphrase; `sealed` can be written at any place. Raises SealError."""
    key = x25519.Identity.generate()
    with _member(sealed, KEY_NAME):
        sealed.write(passphrase.encrypt(f"{key}\n".encode("ascii"), secret))
    with _member(sealed, CONTENT_NAME):
        seal_for(plain, sealed, [Recipient(key.to_public())])
    sealed.write(bytes(_END))


@contextmanager
def _member(archive: IO[bytes], name: str) -> Iterator[None]:
    """Make what is written meanwhile a member of a tar archive; its size is known only then."""
    start = archive.tell()
    archive.write(bytes(tarfile.BLOCKSIZE))
    yield
    header = tarfile.TarInfo(name)
    header.size, header.mode = archive.tell() - start - tarfile.BLOCKSIZE, 0o600
    archive.write(bytes(-header.size % tarfile.BLOCKSIZE))
    end = archive.tell()
    archive.seek(start)
    archive.write(header.tobuf(tarfile.GNU_FORMAT))
    archive.seek(end)


def sealed_how(stream: IO[bytes]) -> Literal["no", "identity", "passphrase"]:
    """Look at the beginning of a file, and go back there: what does it need to be read?"""
    start = stream.read(len(MARK) + len(_SCRYPT))
    stream.seek(0)
    if start.startswith(_OUTER):
        return "passphrase"
    if not start.startswith(MARK):
        return "no"
    return "passphrase" if start.endswith(_SCRYPT) else "identity"


def may_be_backup(start: bytes) -> bool:
    """Return whether a file that begins so may be a backup, as far as that can be said of so few bytes."""
    return any(start.startswith(mark[: len(start)]) for mark in (_OUTER, MARK, _GZIP))


def unseal_for(sealed: IO[bytes], plain: IO[bytes], identities: Sequence[Identity]) -> None:
    """Decrypt with a key. Raises SealError."""
    check_age_header(sealed)
    try:
        decrypt_io(sealed, plain, list(identities))
    except DecryptError as error:
        raise SealError(f"the backup cannot be decrypted with this identity: {error}") from error
    except OSError as error:
        if error.errno is not None:  # the file's own
            raise
        raise SealError(f"the backup is damaged: {error}") from error


def unseal_with(sealed: IO[bytes], plain: IO[bytes], secret: str) -> None:
    """Decrypt with a passphrase. Raises SealError."""
    outer = sealed.read(len(_OUTER)) == _OUTER
    sealed.seek(0)
    try:
        if outer:
            _unseal_outer(sealed, plain, secret)
        else:
            plain.write(_decrypt(sealed.read(_MAX_IN_MEMORY + 1), secret))
    except DecryptError as error:
        raise SealError("the passphrase is wrong, or the backup is damaged") from error
    except (tarfile.TarError, IdentityError, UnicodeDecodeError, Excessive) as error:
        raise SealError(f"the backup is damaged: {error}") from error


def _unseal_outer(sealed: IO[bytes], plain: IO[bytes], secret: str) -> None:
    headers = Headers(sealed)
    with tarfile.open(fileobj=headers, mode="r:") as archive:
        locked = _content(archive, headers, KEY_NAME).read(_MAX_KEY)
        key = x25519.Identity.from_str(_decrypt(locked, secret).decode("ascii").strip())
        unseal_for(_content(archive, headers, CONTENT_NAME), plain, [Identity(key)])
        more = next_member(archive, headers)
        if more is not None or sealed.seek(0, io.SEEK_END) != archive.offset + _END:
            raise SealError("the backup is damaged: it does not end where a backup ends")


def _decrypt(content: bytes, secret: str) -> bytes:
    if len(content) > _MAX_IN_MEMORY:
        raise Excessive(f"it has more than {_MAX_IN_MEMORY} bytes: decrypt it with `age -d` and restore that")
    check_age_header(io.BytesIO(content[:_MAX_KEY]))
    plain: bytes = passphrase.decrypt(content, secret)
    return plain


def _content(archive: tarfile.TarFile, headers: Headers, name: str) -> IO[bytes]:
    member = next_member(archive, headers)
    content = archive.extractfile(member) if member is not None and member.name == name else None
    if content is None:
        raise SealError(f"the backup is damaged: it has no {name}")
    return content
