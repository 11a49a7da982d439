"""What administrators ask for to keep the peace, handed to the rules that do it."""

from collections.abc import Callable
from typing import assert_never

from securechat.chat.requests import Answer
from securechat.chat.rules import bans, reports, restraints
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

Sanction = AddBan | Restraint | Pardon
"""What takes several turns."""
Quick = CloseReport | ListBans | ListReports | ListRestraints | RemoveBan | SetSlowMode | ShowReport
"""What is answered at once."""


def impose(
    steps: Steps, request: Sanction, by: str, begin: Callable[[str], None], then: Callable[[Answer], None]
) -> None:
    """Do what is asked for, in steps, and call `then` with the answer; `begin` notes whom it is for."""
    if isinstance(request, AddBan):
        bans.add(steps, request, by, begin, then)
    else:
        restraints.change(steps, request, begin, then)


def detail(chat: Chat, request: Sanction) -> str:
    """Return what the audit log says besides whom it is for: until when, and why."""
    return bans.detail(chat, request) if isinstance(request, AddBan) else restraints.detail(chat, request)


def answer(chat: Chat, request: Quick, by: str) -> Answer:
    """Do what is asked for."""
    match request:
        case ListBans():
            return bans.list_bans(chat, request)
        case RemoveBan():
            return bans.remove(chat, request, by)
        case ListRestraints():
            return restraints.list_restraints(chat, request)
        case ListReports():
            return reports.list_reports(chat, request)
        case ShowReport():
            return reports.show(chat, request)
        case SetSlowMode():
            return restraints.set_slow_mode(chat, request)
        case CloseReport():
            return reports.close(chat, request, by)
        case _:
            assert_never(request)
