"""User administration: what `adduser` and its like do, with a running server and without one."""

from collections.abc import Callable, Iterator
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
from securechat.chat.request_kinds import Change, InSteps, Listing, OfAccount
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
    NoteBackup,
    NoteCertificate,
    NoteExport,
    NoteReload,
    RemoveAccount,
    ResetSecondFactor,
    RevokeDevice,
    RevokeInvitation,
    Row,
    SetFounder,
    SetPassword,
    SetRetention,
)
from securechat.chat.rules import (
    accounts,
    administrators,
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
from securechat.chat.rules.noting import Author, detail, note
from securechat.chat.sanctions import (
    AddBan,
    CloseReport,
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


def administer(chat: Chat, item: Administer) -> None:
    """Do what was asked and answer it."""
    request = item.request
    if isinstance(request, ListAudit):
        audit.list_audit(chat, item.ticket, request)
    elif isinstance(request, ListChannels | DropChannels) and request.unused:

        def noted(answer: Answer) -> None:
            if isinstance(request, DropChannels):
                note(chat, request, answer, Author(item.by, item.origin), "unused")

        many_channels.answer_unused(chat, item.ticket, request, noted)
    else:
        steps = Steps(chat)
        perform_then(
            steps, request, item.by, item.origin, lambda answer: chat.emit(Answered(item.ticket, answer))
        )


def perform_then(
    steps: Steps, request: Change | InSteps | Listing, by: str, origin: str, then: Callable[[Answer], None]
) -> None:
    """Do what `perform` does, or what takes several turns, and call `then` with the answer."""
    chat = steps.chat
    if isinstance(request, ListChannels):
        many_channels.list_channels(steps, request, then)
        return
    rows = _rows_of_all(chat, request)
    if rows is not None:
        steps.gather(rows, lambda listed: then(Done(listed)))
        return
    assert not isinstance(request, Listing)
    if isinstance(request, EndSessionsOf) and not request.name:
        _end_from(steps, request, Author(by, origin), then)
        return
    if not isinstance(request, InSteps):
        then(perform(chat, request, by, origin))
        return
    said = detail(chat, request)

    def begin(target: str) -> None:
        """Note it with the first step: what the audit log cannot have does not happen."""
        chat.enter(Audited(chat.now.wall, by, origin, OPERATION_NAMES[type(request)], target, said), None)

    match request:
        case AddBan() | RemoveBan() | Restraint() | Pardon():
            moderation.impose(steps, request, by, begin, then)
        case RemoveAccount():
            removal.remove(steps, request, begin, then)
        case DropChannels():
            many_channels.drop_channels(steps, request, begin, then)
        case SetFounder():
            many_channels.set_founder(steps, request, begin, then)
        case _:
            assert_never(request)


def _rows_of_all(chat: Chat, request: Change | InSteps | Listing) -> Iterator[Row | None] | None:
    """Return what makes the rows of an answer about everybody; None for another request."""
    match request:
        case ListAccounts():
            return accounts.rows(chat)
        case ListDevices(name=""):
            return devices.all_rows(chat)
        case ListInvitations():
            return invitations.rows(chat)
        case ListSecondFactors(name=""):
            return authenticators.all_rows(chat)
        case ListSessions(name=""):
            return sessions.all_rows(chat)
        case _:
            return None


def _end_from(steps: Steps, request: EndSessionsOf, author: Author, then: Callable[[Answer], None]) -> None:
    """End the sessions from a network; those to whom it is said have to be looked for among all."""

    def ended(answer: Answer) -> None:
        note(steps.chat, request, answer, author, detail(steps.chat, request))
        then(answer)

    sessions.end_from(steps, request, ended)


def perform(chat: Chat, request: Change, by: str, origin: str, *, spare: int | None = None) -> Answer:
    """Do what somebody who may asks for, and note it in the audit log: `by` is who, `origin` from where.

    When sessions end for it, that whose id is `spare` goes on.
    """
    said = detail(chat, request)
    answer = _answer(chat, request, by, spare)
    note(chat, request, answer, Author(by, origin), said)
    return answer


def _answer(chat: Chat, request: Change, by: str, spare: int | None) -> Answer:
    match request:
        case AddAccount():
            return accounts.add(chat, request)
        case AddAccounts():
            return accounts.add_many(chat, request)
        case CheckNames():
            return accounts.check_names(chat, request)
        case SetRetention():
            return set_retention(chat, request)
        case AddInvitation():
            return invitations.add(chat, request)
        case RevokeInvitation():
            return invitations.revoke(chat, request)
        case CloseReport() | SetSlowMode():
            return moderation.answer(chat, request, by)
        case ListBans() | ListReports() | ListRestraints() | ShowReport():
            return moderation.answer(chat, request, by)
        case NoteBackup() | NoteCertificate() | NoteExport() | NoteReload():
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
            refusal = administrators.refusal(chat, [account]) if not request.force else None
            if refusal is not None:
                return refusal
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
