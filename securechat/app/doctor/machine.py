"""The machine: its clock, its limits, and its SQLite."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from securechat.app.composition import OTHER_FILES, places_for, slots_of
from securechat.app.doctor.finding import Finding, Patient

_BUILT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that is right says less."""
_STEP: Final = timedelta(minutes=1)
_FEW_PLACES: Final = 256
_NEEDED: Final = 128 << 20
"""Bytes that a server takes besides what is configured."""
_SAFE_SQLITE: Final = (3, 51, 3)
_SMALL_FILE: Final = 1 << 30


def clock(patient: Patient) -> Iterator[Finding]:
    """It is not behind what it said before, nor behind the newest message, and somebody keeps it right."""
    now, looked = patient.now, patient.looked
    if now < _BUILT:
        yield _wrong_clock(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, which is before this program was written"
        )
        return
    if looked is not None:
        latest = datetime.fromtimestamp(max(looked.newest, looked.clock) / 1000, UTC)
        if latest - now > _STEP:
            yield _wrong_clock(
                f"the clock says {now:%Y-%m-%d %H:%M} UTC, and the server has kept something of "
                f"{latest:%Y-%m-%d %H:%M} UTC"
            )
    if patient.world.is_synchronised() is False:
        yield Finding(
            "clock",
            "note",
            "nothing keeps this machine's clock right (the kernel calls it unsynchronised)",
            "times of messages, certificates and second factors depend on it",
            "timedatectl set-ntp true, or install chrony",
        )


def _wrong_clock(wrong: str) -> Finding:
    return Finding(
        "clock",
        "error",
        wrong,
        "messages get wrong times, certificates look invalid, and what is old is not deleted",
        "set the clock: timedatectl set-ntp true, then see `timedatectl status`",
    )


def limits(patient: Patient) -> Iterator[Finding]:
    """There are enough descriptors for the connections, and files may grow."""
    most, wanted = patient.world.open_files_limit(patient.pid), patient.config.limits.connections
    if most is not None and wanted + OTHER_FILES > most:
        yield Finding(
            "limits",
            "warning",
            f"limits.connections is {wanted}, but the server may have only {most} files open",
            f"it takes {places_for(patient.config, most)} connections and no more",
            f"systemd: LimitNOFILE={wanted + OTHER_FILES} in the unit; in a shell: ulimit -Hn "
            f"{wanted + OTHER_FILES}; or lower limits.connections",
        )
    elif most is not None and not wanted and places_for(patient.config, most) < _FEW_PLACES:
        yield Finding(
            "limits",
            "warning",
            f"the server may have only {most} files open",
            f"it takes {places_for(patient.config, most)} connections and no more",
            "systemd: LimitNOFILE=65536 in the unit; in a shell: ulimit -Hn 65536",
        )
    size = patient.world.file_size_limit()
    if size is not None and size < _SMALL_FILE:
        yield Finding(
            "limits",
            "warning",
            f"files that this user writes may have only {size} bytes (RLIMIT_FSIZE)",
            "when the database has as many, nothing more is stored",
            "ulimit -f unlimited, or LimitFSIZE=infinity in the unit",
        )


def memory(patient: Patient) -> Iterator[Finding]:
    """What may be used at the same time fits into the machine."""
    config, there = patient.config, patient.world.memory()
    hashes = slots_of(config) * config.auth.argon2.memory_cost * 1024
    wanted = _NEEDED + hashes + (config.limits.memory << 20)
    if there is not None and wanted > there:
        yield Finding(
            "memory",
            "warning",
            f"the server may take {wanted >> 20} MiB, and there are {there >> 20} MiB for it",
            "the kernel ends it when there is no more",
            f"lower limits.memory ({config.limits.memory} MiB), auth.slots or auth.argon2.memory_cost "
            f"({hashes >> 20} MiB for all slots), or give it more memory",
        )


def sqlite(patient: Patient) -> Iterator[Finding]:
    """Nobody else has the database open, which SQLite before 3.51.3 can lose data by."""
    if patient.config.storage.url:
        return
    version = patient.world.sqlite_version()
    shown = ".".join(map(str, version))
    for pid, name in patient.world.users_of(patient.directory / "securechat.db"):
        if pid != patient.pid:
            yield Finding(
                "sqlite",
                "error",
                f"process {pid} ({name}) has the database open beside the server",
                f"SQLite {shown} can lose what was committed when two processes write or checkpoint at once"
                if version < _SAFE_SQLITE
                else "it can lock the database, and everybody waits",
                f"end it: kill {pid}; to copy the database use `securechat backup`",
            )
    if version < _SAFE_SQLITE:
        yield Finding(
            "sqlite",
            "note",
            f"this is SQLite {shown}",
            "before 3.51.3 it can lose data when two processes open a database at once",
            "open the database of a running server with no other program",
        )
