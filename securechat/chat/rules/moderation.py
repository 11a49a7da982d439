"""What administrators ask for to keep the peace, handed to the rules that do it."""

from collections.abc import Callable
from typing import assert_never

from securechat.chat.requests import Answer
from securechat.chat.rules import ban_requests, reports, restraints
from securechat.chat.sanctions import (
    AddBan,
    CloseReport,
    ListBans,
    ListReports,
    ListRestraints,
    QuickSanction,
    RemoveBan,
    SetSlowMode,
    ShowReport,
    SlowSanction,
)
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.steps import Steps


def impose(
    steps: Steps, request: SlowSanction, by: str, begin: Callable[[str], None], then: Callable[[Answer], None]
) -> None:
    """Do what is asked for, in steps, and call `then` with the answer; `begin` notes whom it is for."""
    if isinstance(request, AddBan):
        ban_requests.add(steps, request, by, begin, then)
    elif isinstance(request, RemoveBan):
        ban_requests.remove(steps, request, by, begin, then)
    else:
        restraints.change(steps, request, begin, then)


def detail(chat: Chat, request: SlowSanction) -> str:
    """Return what the audit log says besides whom it is for: until when, and why."""
    if isinstance(request, AddBan):
        return ban_requests.detail(chat, request)
    return "" if isinstance(request, RemoveBan) else restraints.detail(chat, request)


def answer(chat: Chat, request: QuickSanction, by: str) -> Answer:
    """Do what is asked for."""
    match request:
        case ListBans():
            return ban_requests.list_bans(chat, request)
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
