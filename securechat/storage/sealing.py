"""Encryption of backups with age, by `pyrage`: for recipients, or with a passphrase.

With a passphrase the whole is in memory at once, since pyrage has no other way; hence the bound.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, Literal, NewType

from pyrage import (
    DecryptError,
    IdentityError,
    RecipientError,
    decrypt_io,
    encrypt_io,
    passphrase,
    ssh,
    x25519,
)

from securechat.storage.errors import StorageError

MAX_IN_MEMORY: Final = 1 << 30
_MARK: Final = b"age-encryption.org/v1\n"
_SCRYPT: Final = b"-> scrypt "

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


def read_identities(file: Path) -> Sequence[Identity]:
    """Read a file of `age-keygen`, or an SSH private key. Raises SealError."""
    try:
        content = file.read_bytes()
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
    """Encrypt so that each of the recipients can read it."""
    encrypt_io(plain, sealed, list(recipients))


def seal_with(plain: IO[bytes], sealed: IO[bytes], secret: str) -> None:
    """Encrypt with a passphrase. Raises SealError when it is too much for that."""
    content = plain.read(MAX_IN_MEMORY + 1)
    if len(content) > MAX_IN_MEMORY:
        raise SealError("the backup is too big for a passphrase (1 GiB): use --recipient")
    sealed.write(passphrase.encrypt(content, secret))


def sealed_how(stream: IO[bytes]) -> Literal["no", "identity", "passphrase"]:
    """Look at the beginning of a file, and go back there: what does it need to be read?"""
    start = stream.read(len(_MARK) + len(_SCRYPT))
    stream.seek(0)
    if not start.startswith(_MARK):
        return "no"
    return "passphrase" if start.endswith(_SCRYPT) else "identity"


def unseal_for(sealed: IO[bytes], plain: IO[bytes], identities: Sequence[Identity]) -> None:
    """Decrypt with a key. Raises SealError."""
    try:
        decrypt_io(sealed, plain, list(identities))
    except DecryptError as error:
        raise SealError(f"the backup cannot be decrypted with this identity: {error}") from error


def unseal_with(sealed: IO[bytes], plain: IO[bytes], secret: str) -> None:
    """Decrypt with a passphrase. Raises SealError."""
    try:
        plain.write(passphrase.decrypt(sealed.read(), secret))
    except DecryptError as error:
        raise SealError("the passphrase is wrong, or the backup is damaged") from error
