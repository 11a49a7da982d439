"""Who can read a backup: everybody, those who know a passphrase, or those who have a key."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import typer

from securechat.cli.data.unsealing import passphrase
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.files import stdin_or_file
from securechat.irc.text import count
from securechat.storage.sealing import (
    Identity,
    Recipient,
    new_pair,
    parse_recipient,
    seal_for,
    seal_with,
    unseal_for,
    unseal_with,
)

_SHORTEST: Final = 12


@dataclass(frozen=True, slots=True)
class Envelope:
    """How one backup is encrypted, if it is.

    A backup that is tried out is encrypted for a `witness` as well: a key that only this process has, and
    that goes with it. Without one nobody here could read what is encrypted for somebody else's key.
    """

    secret: str | None
    recipients: Sequence[Recipient]
    witness: tuple[Identity, Recipient] | None

    @property
    def sealed(self) -> bool:
        """Whether it is encrypted."""
        return self.secret is not None or bool(self.recipients)

    def __str__(self) -> str:
        """Say who can read it, for the audit log."""
        if self.recipients:
            return f"encrypted for {count(len(self.recipients), 'key')}"
        return "not encrypted" if self.secret is None else "encrypted with a passphrase"

    def seal(self, plain: IO[bytes], target: IO[bytes]) -> None:
        """Write `target`, which can be written at any place. Raises SealError."""
        if self.secret is not None:
            seal_with(plain, target, self.secret)
        else:
            witnesses = [self.witness[1]] if self.witness is not None else []
            seal_for(plain, target, [*self.recipients, *witnesses])

    def open_again(self, written: IO[bytes], plain: IO[bytes]) -> None:
        """Read what was written. Raises SealError."""
        if self.secret is not None:
            unseal_with(written, plain, self.secret)
        elif self.recipients:
            assert self.witness is not None, "it is tried out"
            unseal_for(written, plain, [self.witness[0]])
        else:
            shutil.copyfileobj(written, plain)


def envelope(stdin: bool, file: Path | None, recipients: Sequence[str], *, check: bool) -> Envelope:
    """Return what the options say. Raises BadParameter, CommandFailed and SealError."""
    stdin, file = stdin_or_file(stdin, file)
    if stdin + (file is not None) + bool(recipients) > 1:
        raise typer.BadParameter("use one of --passphrase-stdin, --passphrase-file and --recipient")
    keys = [parse_recipient(text) for text in recipients]
    return Envelope(_new_passphrase(stdin, file), keys, new_pair() if check and keys else None)


def _new_passphrase(stdin: bool, file: Path | None) -> str | None:
    if not stdin and file is None:
        return None
    secret = passphrase(stdin, file)
    if len(secret) < _SHORTEST:
        raise CommandFailed(
            f"the passphrase is too short: use at least {_SHORTEST} characters", ExitCode.REFUSED
        )
    return secret
