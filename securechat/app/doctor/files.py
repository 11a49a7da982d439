"""The data directory: who can read it, on what it lies, and how much room there is."""

import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from securechat.app.doctor.finding import Finding, Patient
from securechat.app.space import MIB

_PRIVATE: Final = 0o077
_WORLD_WRITES: Final = 0o002
_FEW_FILES: Final = 1000
_LOST_AT_A_RESTART: Final = ("tmpfs", "ramfs")
_OVER_A_NETWORK: Final = ("nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "sshfs", "fuse.sshfs")


def directory(patient: Patient) -> Iterator[Finding]:
    """The directory is there, and is its owner's alone."""
    path = patient.directory
    mode = path.stat().st_mode
    if mode & _PRIVATE:
        yield Finding(
            "directory",
            "error",
            f"other users of this machine may enter {path} (mode {stat.S_IMODE(mode):04o})",
            "it holds the keys of the server and everything that was said",
            f"chmod 700 {_quoted(path)}",
        )


def permissions(patient: Patient) -> Iterator[Finding]:
    """What is in the directory is its owner's alone, and so is a configuration with a password in it."""
    owner = patient.directory.stat().st_uid
    for path in sorted(patient.directory.iterdir()):
        try:
            found = path.lstat()
        except FileNotFoundError:  # a running server has removed it meanwhile
            continue
        if stat.S_ISLNK(found.st_mode):
            continue
        if stat.S_IMODE(found.st_mode) & _PRIVATE:
            kept = 0o700 if stat.S_ISDIR(found.st_mode) else 0o600
            yield _open_to_others(path, found.st_mode, kept)
        if found.st_uid != owner:
            yield Finding(
                "permissions",
                "error",
                f"{path} belongs to user id {found.st_uid}, the data directory to user id {owner}",
                "the server, which runs as the owner of the directory, may not read or write it",
                f"chown --reference={_quoted(patient.directory)} {_quoted(path)}",
            )
    yield from _configuration(patient)


def _configuration(patient: Patient) -> Iterator[Finding]:
    file = patient.file
    if file is None or file.parent == patient.directory:
        return
    mode = file.stat().st_mode
    if mode & _WORLD_WRITES:
        yield Finding(
            "permissions",
            "error",
            f"every user of this machine may change the configuration {file}",
            "whoever changes it decides what the server does",
            f"chmod o-w {_quoted(file)}",
        )
    elif mode & _PRIVATE and _has_password(patient):
        yield _open_to_others(file, mode, 0o600, "the password of the database is in it (storage.url)")


def _has_password(patient: Patient) -> bool:
    from securechat.storage.postgres import holds_password

    return bool(patient.config.storage.url) and holds_password(patient.config.storage.url)


def _open_to_others(path: Path, mode: int, wanted: int, why: str = "") -> Finding:
    return Finding(
        "permissions",
        "error",
        f"other users of this machine may use {path} (mode {stat.S_IMODE(mode):04o})",
        why or "what the server keeps is for its own user",
        f"chmod {wanted:o} {_quoted(path)}",
    )


def file_system(patient: Patient) -> Iterator[Finding]:
    """What is written there is still there after a power cut."""
    kind = patient.world.file_system_of(patient.directory)
    if kind in _LOST_AT_A_RESTART:
        yield Finding(
            "file system",
            "warning",
            f"{patient.directory} is in memory ({kind})",
            "everything that was said is gone when the machine is started anew",
            f"name a directory on a disk with --data-dir, and move {_quoted(patient.directory)} there",
        )
    elif kind in _OVER_A_NETWORK:
        yield Finding(
            "file system",
            "warning",
            f"{patient.directory} is on another machine's disk ({kind})",
            "SQLite's locks and syncs do not hold over a network: what was confirmed can be lost",
            f"name a directory on a disk of this machine with --data-dir, and move "
            f"{_quoted(patient.directory)} there; or use PostgreSQL (storage.url)",
        )
    elif kind == "overlay":
        yield Finding(
            "file system",
            "note",
            f"{patient.directory} is inside a container's own layer (overlay)",
            "everything that was said goes with the container",
            "mount a volume there",
        )


def disk(patient: Patient) -> Iterator[Finding]:
    """There is room, by far more than the reserve."""
    space, reserve = patient.world.space(patient.directory), patient.config.storage.reserve * MIB
    free = space.f_bavail * space.f_frsize
    room = f"{free // MIB} MiB are free on the disk of {patient.directory}"
    mend = (
        "make room (delete old backups and securechat.db.before-… copies), keep less with "
        "history.retention_days, or move the directory to a larger disk"
    )
    if space.f_blocks and free < reserve:
        why = "members have nothing stored: what they send is refused"
        yield Finding("disk", "error", f"{room}, less than storage.reserve ({reserve // MIB} MiB)", why, mend)
    elif space.f_blocks and free < 4 * max(reserve, MIB):
        why = "below storage.reserve members have nothing stored, and a backup needs the room of the database"
        yield Finding("disk", "warning", room, why, mend)
    if space.f_files and space.f_favail < _FEW_FILES:
        yield Finding(
            "disk",
            "error" if not space.f_favail else "warning",
            f"only {space.f_favail} files more can be made on the disk of {patient.directory}",
            "without one the server cannot start or make its log",
            "delete files that nobody needs: df -i shows where there is no room",
        )


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
