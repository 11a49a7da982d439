"""The audit log as administrators read it: only the store has it."""

from securechat.chat.effects import Answered
from securechat.chat.jobs import AuditRead, JobResult, ReadAudit
from securechat.chat.link import DESK
from securechat.chat.ports import AuditEntry
from securechat.chat.requests import Done, ListAudit, Refused, Row
from securechat.chat.turn.chat import Chat

AUDIT_ROWS = 500
"""Rows of the audit log in one answer."""


def list_audit(chat: Chat, ticket: int, request: ListAudit) -> None:
    """Answer with rows of the audit log, which only the store has."""

    def read(result: JobResult) -> None:
        if isinstance(result, AuditRead):
            chat.emit(Answered(ticket, Done([audit_row(entry) for entry in result.entries])))
        else:
            text = "The audit log could not be read now: try again"
            chat.emit(Answered(ticket, Refused("STORE_UNAVAILABLE", text)))

    chat.consult(ReadAudit(DESK, request.after, AUDIT_ROWS), read)


def audit_row(entry: AuditEntry) -> Row:
    """Return a row of the audit log for people and programs."""
    record = entry.record
    return {
        "id": entry.id,
        "at": record.at,
        "actor": record.actor,
        "origin": record.origin,
        "action": record.action,
        "target": record.target,
        "detail": record.detail,
        "hash": entry.hash,
    }
