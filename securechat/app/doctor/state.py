"""The server itself and what it keeps: whether it is well, its database, and when it was backed up."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from securechat import __version__
from securechat.app.doctor.finding import Finding, Patient
from securechat.app.health import reasons
from securechat.irc.text import count

_OLD_BACKUP: Final = timedelta(days=8)
"""A week, and a day for a timer that comes late."""

_MEND: Final[Mapping[str, str]] = {
    "stuck": "look into the log, then start the server anew (systemctl restart securechat)",
    "state": "wait until it has started, or start it anew when it does not end",
    "store": "see the reason: make room on the disk, or end the program that keeps the database locked",
    "readers": "see the reason; for PostgreSQL: is it running, and has the role three connections?",
    "disk": "make room on the disk of the data directory",
    "certificate": "securechat certs renew, or renew the one of tls.certificate, then securechat reload",
    "places": "end sessions (securechat top shows whose), or raise limits.connections",
}
"""What to do when the server is not ready, by the reason."""


def server(patient: Patient) -> Iterator[Finding]:
    """A running server is ready, and of this version."""
    row = patient.running
    if row is None:
        return
    for reason in reasons(row):
        why = "it takes no logins and messages, or not all of them"
        yield Finding("server", "error", reason.text, why, _MEND[reason.code])
    version = row.get("version")
    if version is not None and version != __version__:
        yield Finding(
            "server",
            "warning",
            f"the running server is version {version}, and this program version {__version__}",
            "what was mended in the newer one is not in force",
            "start the server anew (systemctl restart securechat)",
        )


def people(patient: Patient) -> Iterator[Finding]:
    """Somebody can look after the chat."""
    looked = patient.looked
    if looked is not None and not looked.administrators and looked.revision is not None and not looked.behind:
        none = "there is no account yet" if not looked.accounts else "no account has the role admin"
        yield Finding(
            "people",
            "note",
            none,
            "nobody can have an operator's powers in the chat",
            f"securechat adduser NAME --admin{patient.option}",
        )


def schema(patient: Patient) -> Iterator[Finding]:
    """The database is of this version, or will be."""
    looked = patient.looked
    if looked is not None and looked.behind:
        yield Finding(
            "schema",
            "note",
            f"the database is of an older version (its schema is {looked.revision})",
            "the next start brings it up to date, after it has made a copy, which needs as much room again",
            f"securechat backup FILE{patient.option}, then start the server",
        )


def backups(patient: Patient) -> Iterator[Finding]:
    """A server that has been used for a while was backed up lately, as its audit log says."""
    now, began = patient.now, patient.began
    if patient.backup:
        age = now - datetime.fromtimestamp(patient.backup / 1000, UTC)
        if age <= _OLD_BACKUP:
            return
        wrong = f"the last backup is {count(age.days, 'day')} old"
    elif began and now - datetime.fromtimestamp(began / 1000, UTC) > _OLD_BACKUP:
        wrong = "nobody has ever made a backup"
    else:
        return
    yield Finding(
        "backups",
        "warning",
        wrong,
        "what was said since is lost with the disk",
        f"securechat backup FILE --recipient age1…{patient.option}, and have a timer do it every day",
    )
