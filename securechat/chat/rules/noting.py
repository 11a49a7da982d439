"""What the audit log says of what administrators ask for."""

from typing import NamedTuple

from securechat.chat.people import AddAccounts, EndSessionsOf, RenameAccount, SetRole
from securechat.chat.records import Audited
from securechat.chat.request_kinds import QUESTIONS, Change, InSteps
from securechat.chat.requests import (
    OPERATION_NAMES,
    AddAccount,
    AddDevice,
    AddInvitation,
    Answer,
    DropChannels,
    EndSession,
    NoteBackup,
    NoteCertificate,
    NoteExport,
    NoteReload,
    Refused,
    RemoveAccount,
    RevokeDevice,
    SetFounder,
    SetPassword,
    SetRetention,
)
from securechat.chat.rules import accounts, moderation, removal, roles
from securechat.chat.rules.owed import owe
from securechat.chat.sanctions import AddBan, CloseReport, Pardon, RemoveBan, Restraint, SetSlowMode
from securechat.chat.turn.chat import Chat
from securechat.irc.text import count


class Author(NamedTuple):
    """Who asks for something, and from where."""

    by: str
    origin: str


def note(chat: Chat, request: Change | DropChannels, answer: Answer, author: Author, said: str) -> None:
    """Note in the audit log what was done, of many channels to which of them; `said` is the detail."""
    if isinstance(answer, Refused) or isinstance(request, QUESTIONS):
        return
    if isinstance(request, AddAccounts):
        action = OPERATION_NAMES[AddAccount]
        for new in request.read():
            made = Audited(chat.now.wall, author.by, author.origin, action, new.name, accounts.detail(new))
            chat.enter(made, None)
        return
    if isinstance(request, DropChannels):
        target = ",".join(str(row["name"]) for row in answer.rows)
    else:
        target = request.name or (request.address if isinstance(request, EndSessionsOf) else "")
    if target:
        action = OPERATION_NAMES[type(request)]
        audited = Audited(chat.now.wall, author.by, author.origin, action, target, said)
        if isinstance(request, EndSession | EndSessionsOf | NoteReload):
            owe(chat, audited)
        else:
            chat.enter(audited, None)
        if isinstance(request, NoteBackup):
            before, chat.backup = chat.backup, chat.now.wall
            chat.if_refused(lambda: _forget_backup(chat, before))


def _forget_backup(chat: Chat, before: int) -> None:
    chat.backup = before


def detail(chat: Chat, request: Change | InSteps) -> str:
    """Return what the audit log says of a request besides its name and the account."""
    match request:
        case AddAccount():
            return accounts.detail(request)
        case SetPassword():
            due = ", to be changed" if request.must_change else ""
            return ("sessions kept" if request.keep_sessions else "sessions ended") + due
        case EndSession():
            return f"session {request.id}"
        case EndSessionsOf():
            return f"from {request.address}" if request.address else "all sessions"
        case RenameAccount():
            return f"to {request.new}"
        case SetRole():
            return roles.detail(chat, request)
        case RemoveAccount():
            return removal.detail(chat, request)
        case AddBan() | RemoveBan() | Restraint() | Pardon():
            return moderation.detail(chat, request)
        case CloseReport():
            return request.reason
        case SetSlowMode():
            return count(request.seconds, "second")
        case SetFounder():
            return f"to {request.founder}" if request.founder else "to nobody"
        case SetRetention():
            return str(request.days)
        case AddDevice():
            return f"{request.device} ({request.kind}), {count(request.days, 'day')}"
        case RevokeDevice():
            return request.device
        case AddInvitation():
            return f"{count(request.uses, 'use')}, {count(request.days, 'day')}"
        case NoteReload():
            return request.changes
        case NoteBackup() | NoteCertificate():
            return request.how
        case NoteExport():
            return f"into {request.file}"
        case _:
            return ""
