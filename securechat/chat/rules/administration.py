"""User administration: what `adduser` and its like do, with a running server and without one."""

from collections.abc import Callable
from functools import partial
from typing import assert_never

from securechat.chat.effects import Answered, HashAdded
from securechat.chat.items import Administer
from securechat.chat.people import (
    AddAccounts,
    CheckNames,
    EndSessionsOf,
    RenameAccount,
    RequirePassword,
    SetRole,
)
from securechat.chat.records import (
    AccountDisabled,
    AccountEnabled,
    Audited,
    PasswordSet,
)
from securechat.chat.requests import (
    OPERATION_NAMES,
    AddAccount,
    AddDevice,
    AddInvitation,
    Answer,
    DisableAccount,
    Done,
    DropChannels,
    EnableAccount,
    EndSession,
    ListAccounts,
    ListAudit,
    ListChannels,
    ListDevices,
    ListInvitations,
    ListSecondFactors,
    ListSessions,
    Note,
    NoteBackup,
    NoteCertificate,
    NoteExport,
    Refused,
    RemoveAccount,
    ResetSecondFactor,
    RevokeDevice,
    RevokeInvitation,
    SetFounder,
    SetPassword,
    SetRetention,
)
from securechat.chat.rules import (
    accounts,
    audit,
    authenticators,
    credentials,
    devices,
    invitations,
    many_channels,
    moderation,
    removal,
    renaming,
    roles,
    sessions,
)
from securechat.chat.rules.channel_settings import set_retention
from securechat.chat.rules.owed import owe
from securechat.chat.sanctions import (
    LOOKS,
    AddBan,
    CloseReport,
    InChannel,
    ListBans,
    ListReports,
    ListRestraints,
    Pardon,
    RemoveBan,
    Restraint,
    SetSlowMode,
    ShowReport,
)
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.steps import Steps

OfAccount = (
    SetPassword
    | RequirePassword
    | DisableAccount
    | EnableAccount
    | RenameAccount
    | SetRole
    | ListSessions
    | EndSession
    | EndSessionsOf
    | AddDevice
    | ListDevices
    | RevokeDevice
    | ListSecondFactors
    | ResetSecondFactor
)
"""What concerns one account, which has to be there."""
Change = (
    OfAccount
    | AddAccount
    | AddAccounts
    | CheckNames
    | ListAccounts
    | ListChannels
    | SetRetention
    | AddInvitation
    | Note
    | ListInvitations
    | RevokeInvitation
    | moderation.Quick
)
"""What is answered at once."""
InSteps = AddBan | InChannel | RemoveAccount | DropChannels | SetFounder
"""What is done in steps, for which the chat may take several turns."""

QUESTIONS = (
    CheckNames,
    ListAccounts,
    ListChannels,
    ListDevices,
    ListInvitations,
    ListSecondFactors,
    *LOOKS,
    ListSessions,
)
"""What changes nothing, and is not in the audit log."""


def administer(chat: Chat, item: Administer) -> None:
    """Do what was asked and answer it."""
    request = item.request
    if isinstance(request, ListAudit):
        audit.list_audit(chat, item.ticket, request)
    elif isinstance(request, ListChannels | DropChannels) and request.unused:

        def note(answer: Answer) -> None:
            _note(chat, request, answer, item.by, item.origin, "unused")

        many_channels.answer_unused(chat, item.ticket, request, note)
    else:
        steps = Steps(chat)
        perform_then(
            steps, request, item.by, item.origin, lambda answer: chat.emit(Answered(item.ticket, answer))
        )


def perform_then(
    steps: Steps, request: Change | InSteps, by: str, origin: str, then: Callable[[Answer], None]
) -> None:
    """Do what `perform` does, or what takes several turns, and call `then` with the answer."""
    chat = steps.chat
    if not isinstance(request, InSteps):
        then(perform(chat, request, by, origin))
        return
    detail = _detail(chat, request)

    def begin(target: str) -> None:
        """Note it with the first step: what the audit log cannot have does not happen."""
        chat.enter(Audited(chat.now.wall, by, origin, OPERATION_NAMES[type(request)], target, detail), None)

    match request:
        case AddBan() | Restraint() | Pardon():
            moderation.impose(steps, request, by, begin, then)
        case RemoveAccount():
            removal.remove(steps, request, begin, then)
        case DropChannels():
            many_channels.drop_channels(steps, request, begin, then)
        case SetFounder():
            many_channels.set_founder(steps, request, begin, then)
        case _:
            assert_never(request)


def perform(chat: Chat, request: Change, by: str, origin: str, *, spare: int | None = None) -> Answer:
    """Do what somebody who may asks for, and note it in the audit log: `by` is who, `origin` from where.

    When sessions end for it, that whose id is `spare` goes on.
    """
    detail = _detail(chat, request)
    answer = _answer(chat, request, by, spare)
    _note(chat, request, answer, by, origin, detail)
    return answer


def _note(
    chat: Chat, request: Change | DropChannels, answer: Answer, by: str, origin: str, detail: str
) -> None:
    """Note in the audit log what was done, of many channels to which of them."""
    if isinstance(answer, Refused) or isinstance(request, QUESTIONS):
        return
    if isinstance(request, AddAccounts):
        for new in request.read():
            made = Audited(
                chat.now.wall, by, origin, OPERATION_NAMES[AddAccount], new.name, accounts.detail(new)
            )
            chat.enter(made, None)
        return
    if isinstance(request, DropChannels | RemoveBan):
        target = ",".join(str(row.get("name") or row["target"]) for row in answer.rows)
    else:
        target = request.name or (request.address if isinstance(request, EndSessionsOf) else "")
    if target:
        action = OPERATION_NAMES[type(request)]
        audited = Audited(chat.now.wall, by, origin, action, target, detail)
        if isinstance(request, EndSession | EndSessionsOf):
            owe(chat, audited)
        else:
            chat.enter(audited, None)
        if isinstance(request, NoteBackup):
            before, chat.backup = chat.backup, chat.now.wall
            chat.if_refused(lambda: _forget_backup(chat, before))


def _forget_backup(chat: Chat, before: int) -> None:
    chat.backup = before


def _detail(chat: Chat, request: Change | InSteps) -> str:
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
        case AddBan() | Restraint() | Pardon():
            return moderation.detail(chat, request)
        case CloseReport():
            return request.reason
        case SetSlowMode():
            return _number(request.seconds, "second")
        case SetFounder():
            return f"to {request.founder}" if request.founder else "to nobody"
        case SetRetention():
            return str(request.days)
        case AddDevice():
            return f"{request.device} ({request.kind}), {_number(request.days, 'day')}"
        case RevokeDevice():
            return request.device
        case AddInvitation():
            return f"{_number(request.uses, 'use')}, {_number(request.days, 'day')}"
        case NoteBackup() | NoteCertificate():
            return request.how
        case NoteExport():
            return f"into {request.file}"
        case _:
            return ""


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _answer(chat: Chat, request: Change, by: str, spare: int | None) -> Answer:
    match request:
        case AddAccount():
            return accounts.add(chat, request)
        case AddAccounts():
            return accounts.add_many(chat, request)
        case CheckNames():
            return accounts.check_names(chat, request)
        case ListAccounts():
            return Done(accounts.rows(chat))
        case ListSessions(name=""):
            return Done(sessions.rows(chat, None))
        case EndSessionsOf(name=""):
            return sessions.end_many(chat, None, request, spare)
        case ListDevices(name=""):
            return devices.list_all(chat)
        case ListSecondFactors(name=""):
            return Done(authenticators.rows(chat))
        case ListChannels():
            return many_channels.list_channels(chat, request)
        case SetRetention():
            return set_retention(chat, request)
        case AddInvitation():
            return invitations.add(chat, request)
        case RevokeInvitation():
            return invitations.revoke(chat, request)
        case ListInvitations():
            return Done(invitations.rows(chat))
        case CloseReport() | RemoveBan() | SetSlowMode():
            return moderation.answer(chat, request, by)
        case ListBans() | ListReports() | ListRestraints() | ShowReport():
            return moderation.answer(chat, request, by)
        case NoteBackup() | NoteCertificate() | NoteExport():
            return Done()
        case _:
            return _of_account(chat, request, spare)


def _of_account(chat: Chat, request: OfAccount, spare: int | None) -> Answer:
    account = chat.registry.account(request.name)
    if account is None or account.phc is None:
        return removal.unknown(request.name)
    match request:
        case SetPassword():
            chat.enter(PasswordSet(account.id, request.phc, account.phc, chat.now.wall), None)
            chat.emit(HashAdded(request.phc))
            accounts.set_due(chat, account, request.must_change)
            if not request.keep_sessions:
                sessions.then_end(chat, account, "The password of this account was changed", spare=spare)
        case RequirePassword():
            accounts.set_due(chat, account, True)
            sessions.then_end(
                chat, account, "This account needs a new password: log in to set it", spare=spare
            )
        case DisableAccount():
            if not account.disabled:
                chat.enter(AccountDisabled(account.id, chat.now.wall), None)
            sessions.then_end(chat, account, "This account was disabled")
        case EnableAccount():
            if account.disabled:
                # Somebody may have come in at this moment, by a device.
                why = "This account was disabled"
                chat.if_refused(partial(chat.later, partial(sessions.then_end, chat, account, why)))
                chat.enter(AccountEnabled(account.id, chat.now.wall), None)
        case RenameAccount():
            return renaming.rename(chat, account, request)
        case SetRole():
            return roles.set_role(chat, account, request)
        case ListSessions():
            return Done(sessions.rows(chat, account))
        case EndSessionsOf():
            return sessions.end_many(chat, account, request, spare)
        case EndSession():
            return sessions.end_one(chat, account, request.id)
        case AddDevice() | ListDevices() | RevokeDevice() | ListSecondFactors() | ResetSecondFactor():
            return credentials.answer(chat, account, request)
        case _:
            assert_never(request)
    return Done()
