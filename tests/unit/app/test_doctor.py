"""Planted mistakes: the doctor finds each one, says how to mend it, and finds nothing else."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest

from securechat.app.certificates import prepare
from securechat.app.doctor import files, machine, network, state
from securechat.app.doctor.finding import Finding, Patient
from securechat.app.doctor.visit import visit
from securechat.app.doctor.world import (
    World,
    file_system_of,
    is_socket_ours,
    is_synchronised,
    memory,
    users_of,
)
from securechat.config import Config
from securechat.storage.lock import DirectoryLock
from securechat.storage.looking import Looked
from tests.support.vitals import FakeVitals
from tests.system.server_process import add_accounts

NOW: Final = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY: Final = 86_400_000


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


class Surgery:
    """A healthy data directory of a server that does not run, on a healthy machine."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.directory = place / "data"
        self.directory.mkdir(mode=0o700)
        add_accounts(self.directory, ["alice"])
        self.file = self.directory / "securechat.toml"
        self.settings = {"server.host": "127.0.0.1", "server.port": free_port()}
        self.configure()
        prepare(Config(), self.directory)
        self.world = World(
            is_synchronised=lambda: True,
            file_system_of=lambda path: "ext4",
            resolve=lambda name: ["192.0.2.1"],
            open_files_limit=lambda pid: 65536,
            file_size_limit=lambda: None,
            memory=lambda: 8 << 30,
            is_socket_ours=lambda: False,
            sqlite_version=lambda: (3, 51, 3),
        )

    def configure(self, **changes: str | int) -> None:
        """Write the configuration; two underscores stand for the dot."""
        self.settings |= {name.replace("__", "."): value for name, value in changes.items()}
        lines = [f"{name} = {json.dumps(value)}" for name, value in self.settings.items()]
        self.file.write_text("\n".join(lines) + "\n")
        self.file.chmod(0o600)

    def visit(self, **answers: object) -> list[Finding]:
        """Have everything looked at; `answers` are the machine's."""
        before = self._state()
        file = self.file if self.file.exists() else None
        found = visit(self.directory, file, {}, replace(self.world, **answers))  # type: ignore[arg-type]
        assert self._state() == before, "the doctor has changed something"
        return [finding for finding in found if finding.level != "note"]

    def _state(self) -> Sequence[object]:
        found = sorted(self.directory.glob("*"))
        return [(path, path.read_bytes() if path.is_file() else b"", path.lstat()[:1]) for path in found]


@pytest.fixture
def surgery(tmp_path: Path) -> Surgery:
    """A server with nothing wrong."""
    return Surgery(tmp_path)


def test_a_healthy_server_has_nothing_to_mend(surgery: Surgery) -> None:
    """And nothing is changed by looking."""
    assert surgery.visit() == []


Plant = Callable[[Surgery], dict[str, object] | None]


def open_directory(surgery: Surgery) -> None:
    surgery.directory.chmod(0o755)


def open_key(surgery: Surgery) -> None:
    (surgery.directory / "ca.key").chmod(0o644)


def unknown_key(surgery: Surgery) -> None:
    surgery.configure(server__prot=1)


def missing_certificate(surgery: Surgery) -> None:
    (surgery.directory / "server.key").unlink()


def taken_port(surgery: Surgery) -> None:
    surgery.configure(server__port=TAKEN.getsockname()[1])


def foreign_address(surgery: Surgery) -> None:
    surgery.configure(server__host="192.0.2.77")


def taken_metrics(surgery: Surgery) -> None:
    surgery.configure(metrics__address=f"127.0.0.1:{TAKEN.getsockname()[1]}")


def unknown_name(surgery: Surgery) -> dict[str, object]:
    surgery.configure(server__name="chat.example.invalid")

    def resolve(name: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    return {"resolve": resolve}


def full_disk(surgery: Surgery) -> dict[str, object]:
    return {
        "space": lambda path: os.statvfs_result((4096, 4096, 1 << 20, 900, 900, 9999, 9999, 9999, 0, 255))
    }


def no_inodes(surgery: Surgery) -> dict[str, object]:
    many = 1 << 20
    return {"space": lambda path: os.statvfs_result((4096, 4096, many, many, many, 9999, 3, 3, 0, 255))}


def memory_disk(surgery: Surgery) -> dict[str, object]:
    return {"file_system_of": lambda path: "tmpfs"}


def network_disk(surgery: Surgery) -> dict[str, object]:
    return {"file_system_of": lambda path: "nfs4"}


def few_files(surgery: Surgery) -> dict[str, object]:
    surgery.configure(limits__connections=5000)
    return {"open_files_limit": lambda pid: 1024}


def small_files(surgery: Surgery) -> dict[str, object]:
    return {"file_size_limit": lambda: 1 << 20}


def little_memory(surgery: Surgery) -> dict[str, object]:
    surgery.configure(limits__memory=4096)
    return {"memory": lambda: 1 << 30}


def old_clock(surgery: Surgery) -> dict[str, object]:
    return {"now": lambda: datetime(2013, 1, 1, tzinfo=UTC)}


def change_database(surgery: Surgery, statement: str, *values: int | str) -> None:
    """Change what is stored, and leave no log behind."""
    with closing(sqlite3.connect(surgery.directory / "securechat.db", isolation_level=None)) as connection:
        connection.execute(statement, values)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def late_clock(surgery: Surgery) -> None:
    at = int((datetime.now(UTC) + timedelta(days=3)).timestamp() * 1000)
    change_database(surgery, "INSERT INTO clock (id, at, steady) VALUES (1, ?, 0)", at)


def damaged(surgery: Surgery) -> None:
    path = surgery.directory / "securechat.db"
    content = bytearray(path.read_bytes())
    content[4096 + 8 : 3 * 4096] = bytes(2 * 4096 - 8)
    path.write_bytes(content)


def newer(surgery: Surgery) -> None:
    change_database(surgery, "UPDATE alembic_version SET version_num = ?", "9999")


def never_backed_up(surgery: Surgery) -> dict[str, object]:
    later = datetime.now(UTC) + timedelta(days=30)
    return {"now": lambda: later}


def away(surgery: Surgery) -> None:
    for path in sorted(surgery.directory.iterdir()):
        path.unlink()
    surgery.directory.rmdir()


TAKEN: Final = socket.create_server(("127.0.0.1", 0))

PLANTED: Final[Sequence[tuple[Plant, str, str, str]]] = [
    (open_directory, "directory", "mode 0755", "chmod 700 "),
    (open_key, "permissions", "ca.key (mode 0644)", "chmod 600 "),
    (unknown_key, "configuration", "server.prot is not a known key", "securechat config default"),
    (missing_certificate, "certificate", "server.key", "restore"),
    (taken_port, "ports", "Address already in use", "ss -ltnp"),
    (foreign_address, "ports", "192.0.2.77", "server.host"),
    (taken_metrics, "ports", "Address already in use", "metrics.address"),
    (unknown_name, "names", "chat.example.invalid", "A or AAAA record"),
    (full_disk, "disk", "less than storage.reserve", "make room"),
    (no_inodes, "disk", "only 3 files", "df -i"),
    (memory_disk, "file system", "in memory (tmpfs)", "--data-dir"),
    (network_disk, "file system", "(nfs4)", "PostgreSQL"),
    (few_files, "limits", "only 1024 files", "LimitNOFILE="),
    (small_files, "limits", "RLIMIT_FSIZE", "ulimit -f unlimited"),
    (little_memory, "memory", "1024 MiB", "limits.memory"),
    (old_clock, "clock", "2013-01-01", "timedatectl"),
    (late_clock, "clock", "has kept something of", "timedatectl"),
    (damaged, "database", "damaged", "securechat restore"),
    (newer, "database", "newer securechat", "securechat restore"),
    (never_backed_up, "backups", "nobody has ever made a backup", "securechat backup FILE"),
    (away, "directory", "there is no data directory", "--data-dir"),
]
"""A mistake, the check that finds it, what is said of it, and what mends it."""


@pytest.mark.parametrize(
    ("plant", "check", "wrong", "mend"), PLANTED, ids=[planted[0].__name__ for planted in PLANTED]
)
def test_a_planted_mistake_is_found(
    surgery: Surgery, plant: Plant, check: str, wrong: str, mend: str
) -> None:
    """By its check, with the words that name it, and what mends it; and nothing else is found."""
    answers = plant(surgery) or {}
    found = surgery.visit(**answers)
    assert [finding.check for finding in found] == [check], found
    assert wrong in found[0].wrong and mend in found[0].mend and found[0].why


def test_a_socket_that_systemd_keeps_is_ours(surgery: Surgery) -> None:
    """The port is taken while the server does not run, and that is as it should be."""
    taken_port(surgery)
    assert surgery.visit(is_socket_ours=lambda: True) == []


def test_somebody_who_holds_the_directory_is_named(surgery: Surgery) -> None:
    """A command, or a server that does not answer: nothing can be started meanwhile."""
    with DirectoryLock(surgery.directory):
        (found,) = surgery.visit()
    assert found.check == "lock" and f"process {os.getpid()}" in found.wrong and "ps -p" in found.mend


def test_another_program_with_the_database_open_is_named(surgery: Surgery) -> None:
    """It is found by its process, which is what one ends."""
    script = "import sys; file = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(surgery.directory / "securechat.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"open\n"
        found = surgery.visit(sqlite_version=lambda: (3, 40, 1))
        process.communicate()
    assert [one.check for one in found] == ["sqlite"]
    assert f"process {process.pid} " in found[0].wrong and "3.40.1" in found[0].why
    assert f"kill {process.pid}" in found[0].mend


def test_what_is_good_to_know_is_no_mistake(surgery: Surgery) -> None:
    """An old SQLite, a clock that nobody keeps, a container's own layer, no administrator."""
    world = replace(
        surgery.world,
        sqlite_version=lambda: (3, 40, 1),
        is_synchronised=lambda: False,
        file_system_of=lambda path: "overlay",
    )
    found = visit(surgery.directory, surgery.file, {}, world)
    assert {one.check for one in found} == {"sqlite", "clock", "file system", "people"}
    assert {one.level for one in found} == {"note"} and all(one.mend for one in found)


def test_a_directory_of_somebody_else(surgery: Surgery, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command says as whom to run it."""

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    (found,) = visit(surgery.directory, None, {}, surgery.world)
    assert found.check == "directory" and "sudo -u" in found.mend


def test_a_check_that_cannot_be_made_is_a_finding(surgery: Surgery) -> None:
    """The others are made all the same."""

    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    (found,) = surgery.visit(file_system_of=refuse)
    assert found.check == "file system" and "Permission denied" in found.wrong


def test_a_file_that_goes_meanwhile_is_no_mistake(surgery: Surgery, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running server makes and removes files as it likes."""
    there = sorted(surgery.directory.iterdir())
    monkeypatch.setattr(Path, "iterdir", lambda path: iter([*there, path / "gone"]))
    assert list(files.permissions(patient(surgery))) == []


def test_a_password_in_the_configuration_is_for_nobody_else(surgery: Surgery) -> None:
    """A configuration elsewhere may be read by others, but not that one; and nobody else may change any."""
    elsewhere = surgery.place / "securechat.toml"
    elsewhere.write_text("")
    url = "postgresql://securechat:secret@/securechat"
    config = msgspec.structs.replace(Config(), storage=msgspec.structs.replace(Config().storage, url=url))
    for mode, mend in ((0o644, "chmod 600"), (0o646, "chmod o-w"), (0o600, None)):
        elsewhere.chmod(mode)
        found = list(files.permissions(Patient(surgery.directory, config, elsewhere, surgery.world)))
        assert [one.mend.startswith(mend or "") for one in found] == ([True] if mend else [])
        assert "secret" not in repr(found)


def patient(surgery: Surgery, **changes: object) -> Patient:
    """A server as it was asked."""
    return replace(Patient(surgery.directory, Config(), None, surgery.world), **changes)  # type: ignore[arg-type]


def test_a_running_server_that_is_not_ready_is_told_of(surgery: Surgery) -> None:
    """With what mends each reason; and one of another version."""
    row = {**FakeVitals().row(), "version": "0.0.1", "disk_low": True, "store_problem": "no room"}
    found = list(state.server(patient(surgery, running=row)))
    assert [one.level for one in found] == ["error", "error", "warning"]
    assert "no room" in found[0].wrong and "0.0.1" in found[2].wrong and "restart" in found[2].mend


def test_backups_have_an_age(surgery: Surgery) -> None:
    """A week is well, more is not; a server of yesterday needs none yet."""
    now = int(NOW.timestamp() * 1000)
    world = replace(surgery.world, now=lambda: NOW)
    for backup, began, count in (
        (0, now - DAY, 0),
        (0, now - 20 * DAY, 1),
        (now - 7 * DAY, 1, 0),
        (now - 20 * DAY, 1, 1),
    ):
        found = list(state.backups(patient(surgery, world=world, backup=backup, began=began)))
        assert len(found) == count


def test_an_older_database_will_be_brought_up_to_date(surgery: Surgery) -> None:
    """That is good to know: it needs room for a copy."""
    (found,) = state.schema(patient(surgery, looked=Looked("0001", behind=True)))
    assert found.level == "note" and "securechat backup" in found.mend


def test_a_certificate_has_to_stand_for_the_name(surgery: Surgery) -> None:
    """One that was issued for another name is refused by clients."""
    tls = msgspec.structs.replace(Config().tls, certificate=str(surgery.directory / "server.pem"), key="x")
    named = msgspec.structs.replace(Config().server, name="chat.example.org")
    config = msgspec.structs.replace(Config(), tls=tls, server=named)
    (found,) = network.names(patient(surgery, config=config))
    assert "stands for" in found.wrong and "chat.example.org" in found.mend


def test_this_machine_answers() -> None:
    """Each question has an answer here, or none, and no error."""
    assert is_synchronised() in (True, False, None)
    assert file_system_of(Path("/proc")) == "proc"
    found = memory()
    assert found is not None and found > 1 << 20
    assert list(users_of(Path("/nowhere"))) == []
    assert is_socket_ours() in (True, False)
    assert list(machine.clock(Patient(Path(), Config(), None, World(is_synchronised=lambda: None)))) == []
