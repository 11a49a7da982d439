"""Backups: one file with a copy of the database and, where it is asked for, the server's own keys.

Format, version 1: a tar archive compressed with gzip. Its first member is `manifest.json`, which names the
version, the database's schema and of every other member the size and SHA-256; then come `securechat.db` and
the files of `OTHER_FILES` that there are. An encrypted backup is that archive inside the age format, so that
`age -d` opens it as well.

An archive may come from anywhere: only members that the manifest names and that a backup may have are taken,
as plain files, at their sizes.
"""

import gzip
import hashlib
import io
import shutil
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

import msgspec

from securechat.irc.timestamp import format_ms
from securechat.log import UNSAFE
from securechat.storage.claims import Excessive, Headers, next_member
from securechat.storage.errors import StorageError
from securechat.storage.files import create_private, sync_file
from securechat.storage.lock import DATABASE_NAME

FORMAT: Final = "securechat-backup"
VERSION: Final = 1
OTHER_FILES: Final = (
    "ca.pem",
    "ca.key",
    "server.pem",
    "server.key",
    "devices.pem",
    "devices.key",
    "public.pem",
    "acme.key",
    "acme.json",
    "securechat.toml",
)
"""What a backup with keys has besides the database, of the data directory."""

_MANIFEST: Final = "manifest.json"
_MAX_MANIFEST: Final = 1 << 20
_MAX_OTHER: Final = 1 << 20
"""Bytes of a certificate, a key or a configuration."""
_MAX_TEXT: Final = 255
"""Characters of what a server says of itself."""
_BLOCK: Final = 1 << 20
_MAX_END: Final = 1 << 16
"""Bytes of zeros behind the last member."""


class BadBackup(StorageError):
    """A file is no backup, or not the one that was written."""


class Entry(msgspec.Struct, frozen=True):
    """One member: its size in bytes and its SHA-256 in hexadecimal digits."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself. `created` is in milliseconds since the epoch, `rows` counts per table."""

    format: str
    version: int
    program: str
    schema: str
    created: int
    server: str
    rows: dict[str, int]
    files: dict[str, Entry]


def entry_of(path: Path) -> Entry:
    """Return what the manifest says of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Entry(path.stat().st_size, digest)


def pack(stream: IO[bytes], manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Write an archive of the files, which do not change meanwhile."""
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=4) as archive:
        text = msgspec.json.format(msgspec.json.encode(manifest))
        archive.addfile(_member(_MANIFEST, len(text), manifest), io.BytesIO(text))
        for name, path in files.items():
            with path.open("rb") as file:
                archive.addfile(_member(name, manifest.files[name].size, manifest), file)


def unpack(stream: IO[bytes], directory: Path) -> Manifest:
    """Write the members into an empty directory, on disk; return the manifest. Raises BadBackup."""
    try:
        headers = Headers(gzip.GzipFile(fileobj=stream, mode="rb"))
        with tarfile.open(fileobj=headers, mode="r:") as archive:
            manifest = _read_manifest(archive, headers)
            _check_room(manifest, directory)
            missing = set(manifest.files)
            while (member := next_member(archive, headers)) is not None:
                entry = manifest.files.get(member.name)
                content = archive.extractfile(member)
                if entry is None or content is None or member.name not in missing:
                    raise BadBackup(f"the backup has a member that it does not name: {member.name[:80]!r}")
                _write(content, entry, directory / member.name)
                missing.discard(member.name)
            _check_end(headers)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, KeyError, Excessive) as error:
        raise BadBackup(f"this is no backup of securechat, or it is damaged: {error}") from error
    if missing:
        raise BadBackup(f"the backup is not complete: {', '.join(sorted(missing))} is missing")
    return manifest


def _check_end(headers: Headers) -> None:
    """Read what is behind the last member: nothing but zeros, and the checksum of all. Raises BadBackup."""
    rest = headers.read(_MAX_END + 1)
    if len(rest) > _MAX_END or rest.strip(b"\0"):
        raise BadBackup("the backup goes on behind its end: it is damaged")


def _check_room(manifest: Manifest, directory: Path) -> None:
    """Refuse what has no room, before any of it is written, and what no backup is as long as."""
    for name, entry in manifest.files.items():
        if entry.size < 0 or (name != DATABASE_NAME and entry.size > _MAX_OTHER):
            raise BadBackup(f"the backup says that {name} has {entry.size} bytes, which is not possible")
    wanted, free = sum(entry.size for entry in manifest.files.values()), shutil.disk_usage(directory).free
    if wanted > free:
        raise BadBackup(f"what is in the backup has {wanted} bytes, and there is room for {free}: make room")


def _member(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, manifest.created // 1000
    return member


def _read_manifest(archive: tarfile.TarFile, headers: Headers) -> Manifest:
    first = next_member(archive, headers)
    content = archive.extractfile(first) if first is not None and first.name == _MANIFEST else None
    if first is None or content is None or first.size > _MAX_MANIFEST:
        raise BadBackup("this is no backup of securechat: it does not begin with a manifest")
    try:
        manifest = msgspec.json.decode(content.read(), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadBackup(f"the backup's manifest cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise BadBackup("this is no backup of securechat")
    if manifest.version > VERSION:
        raise BadBackup(
            f"the backup was written by securechat {manifest.program[:32]}, which is newer: use that version"
        )
    if DATABASE_NAME not in manifest.files or not manifest.files.keys() <= {DATABASE_NAME, *OTHER_FILES}:
        raise BadBackup("the backup does not hold the files of a backup")
    _check_facts(manifest)
    return manifest


def _check_facts(manifest: Manifest) -> None:
    """Refuse what no server writes about itself: it is shown, and gets into the audit log."""
    for name in ("program", "schema", "server"):
        text: str = getattr(manifest, name)
        if len(text) > _MAX_TEXT or UNSAFE.search(text):
            raise BadBackup(f"the backup's manifest cannot be read: its {name} is {text[:40]!a}")
    try:
        format_ms(manifest.created)
    except ValueError as error:
        raise BadBackup(f"the backup's manifest cannot be read: when it was made, {error}") from error


def _write(content: IO[bytes], entry: Entry, path: Path) -> None:
    create_private(path)
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while block := content.read(_BLOCK):
            size += len(block)
            if size > entry.size:
                break
            digest.update(block)
            file.write(block)
    if size != entry.size or digest.hexdigest() != entry.sha256:
        raise BadBackup(f"{path.name} in the backup is not what was written: the backup is damaged")
    sync_file(path)
