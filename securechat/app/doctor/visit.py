"""A visit of the doctor: asks the server, looks at what it keeps, and has every check made.

Theory of operation. A running server is asked through its control socket, and its SQLite file is not touched.
Where no server runs, the data directory's lock is shared meanwhile, so that none begins to write. A check
that cannot be made is a finding itself.
"""

import shlex
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final

from securechat.app.configuration import ConfigError, load
from securechat.app.directory import data_dir_option
from securechat.app.doctor import files, machine, network, state
from securechat.app.doctor.finding import Check, Finding, Patient
from securechat.app.doctor.world import World
from securechat.chat.requests import Done, ListAudit, Request, Row, Value
from securechat.config import Config
from securechat.server.control_client import NoAnswer, NotRunning, ask
from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME, DirectoryBusy, shared
from securechat.storage.looking import Looked, look_at_file, look_at_postgres

CHECKS: Final[Sequence[Check]] = (
    files.directory,
    files.permissions,
    files.file_system,
    files.disk,
    machine.clock,
    machine.limits,
    machine.memory,
    machine.sqlite,
    network.names,
    network.certificate,
    network.ports,
    state.server,
    state.schema,
    state.people,
    state.backups,
)
"""Every check, in the order in which it is told of, after the configuration, the lock and the database."""
NEED_CONFIGURATION: Final = (
    machine.limits,
    machine.memory,
    network.names,
    network.certificate,
    network.ports,
)
"""What is not looked at when the configuration cannot be read: it would be another server's."""
_PATIENCE: Final = 5.0
"""Seconds that a server has for an answer."""


def visit(
    directory: Path, file: Path | None, environment: Mapping[str, str], world: World | None = None
) -> list[Finding]:
    """Look at a server and return what was found, the worst of each check first.

    `directory` is its data directory, `file` its configuration, if it has one.
    """
    if (hindrance := _hindrance(directory)) is not None:
        return [hindrance]
    config, found = _configuration(file, environment)
    checks = [check for check in CHECKS if not found or check not in NEED_CONFIGURATION]
    patient = Patient(directory, config, file, world or World(), data_dir_option(directory))
    patient, stuck = _asked(patient)
    found += stuck
    try:
        with shared(directory) if patient.running is None else nullcontext():
            patient, more = _looked(patient)
            found += more
    except DirectoryBusy as busy:
        found += [] if stuck else [_busy(busy)]
        patient = replace(patient, pid=busy.pid)
    for check in checks:
        found += _checked(check, patient)
    return found


def _hindrance(directory: Path) -> Finding | None:
    """Return why nothing can be looked at."""
    try:
        list(directory.iterdir())
    except PermissionError:
        return Finding(
            "directory",
            "error",
            f"this user may not look into {directory}",
            "nothing can be said of the server",
            f'run it as the server\'s user: sudo -u "$(stat -c %U {shlex.quote(str(directory))})" '
            f"securechat doctor --data-dir {shlex.quote(str(directory))}",
        )
    except OSError as error:
        return Finding(
            "directory",
            "error",
            f"there is no data directory {directory}: {error.strerror}",
            "the server has never run here, or its disk is not mounted",
            "name the right one with --data-dir, or start the server, which makes it: securechat server",
        )
    return None


def _configuration(file: Path | None, environment: Mapping[str, str]) -> tuple[Config, list[Finding]]:
    try:
        return load(file, environment, {}).config, []
    except ConfigError as error:
        why = "the server does not start with it, and a reload changes nothing"
        where = shlex.quote(str(file)) if file is not None else "the environment"
        mend = f"correct it in {where}; securechat config default shows every key"
        return Config(), [Finding("configuration", "error", text, why, mend) for text in error.problems]


def _asked(patient: Patient) -> tuple[Patient, list[Finding]]:
    """Ask the running server, if there is one."""
    try:
        row = _rows(patient, "status")[0]
        (identity,) = _rows(patient, "identity")
        log = _rows(patient, ListAudit())
    except NotRunning:
        return patient, []
    except NoAnswer as error:
        wrong = f"a server runs in {patient.directory} and does not answer: {error}"
        mend = "look into its log, then start it anew (systemctl restart securechat)"
        return patient, [Finding("server", "error", wrong, "people wait, or cannot connect", mend)]
    return (
        replace(
            patient,
            running=row,
            identity=identity,
            pid=_holder(patient.directory),
            backup=_number(row.get("last_backup")),
            began=_number(log[0]["at"]) if log else 0,
        ),
        [],
    )


def _rows(patient: Patient, request: Request | str) -> Sequence[Row]:
    answer = ask(patient.directory, request, _PATIENCE)
    if not isinstance(answer, Done):
        raise NoAnswer(answer.text)
    return answer.rows


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _looked(patient: Patient) -> tuple[Patient, list[Finding]]:
    """Look at the database, unless it is a file that a server has open."""
    url, directory = patient.config.storage.url, patient.directory
    if not url and (patient.running is not None or not (directory / DATABASE_NAME).exists()):
        return patient, []
    try:
        looked = look_at_postgres(url) if url else look_at_file(directory)
    except (StorageError, OSError) as error:
        why = "the server does not start, or loses what it keeps"
        mend = (
            "the text says what to do"
            if url
            else f"securechat restore FILE{patient.option}, from the last backup, into a new directory"
        )
        return patient, [Finding("database", "error", str(error), why, mend)]
    return _with(patient, looked), []


def _with(patient: Patient, looked: Looked) -> Patient:
    backup, began = patient.backup or looked.backup, patient.began or looked.began
    return replace(patient, looked=looked, backup=backup, began=began)


def _busy(busy: DirectoryBusy) -> Finding:
    holder = "another process" if busy.pid is None else f"process {busy.pid}"
    look = "" if busy.pid is None else f"ps -p {busy.pid} -o pid,user,etime,args shows what it is; "
    return Finding(
        "lock",
        "error",
        f"{holder} holds the data directory {busy.path}, and no server answers there",
        "no server can start, and what it keeps cannot be looked at",
        f"{look}wait until it is done, or end it",
    )


def _holder(directory: Path) -> int | None:
    """Return the process that holds the data directory."""
    try:
        with shared(directory):
            return None
    except DirectoryBusy as busy:
        return busy.pid
    except StorageError:
        return None


def _checked(check: Check, patient: Patient) -> list[Finding]:
    try:
        return list(check(patient))
    except OSError as error:
        name = check.__name__.replace("_", " ")
        wrong = f"{error.filename or 'this'} could not be looked at: {error.strerror}"
        mend = "run it as the server's user, or as root"
        return [Finding(name, "error", wrong, "what is wrong here stays unknown", mend)]
