"""Reports: what members tell the server's operators of, with what was said as it was at that time.

A member sees nothing of it, and no more than its number afterwards. Of each account there are so many in a
day, and so many are kept at all: when there are more, the oldest that is closed goes.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from securechat.chat.jobs import FindMessages, JobResult, MessagesRead
from securechat.chat.records import MessageSent, Report, ReportDropped, ReportKept
from securechat.chat.requests import Answer, Done, Refused, Row
from securechat.chat.rules import operators
from securechat.chat.rules.banning import Wrong, check_reason
from securechat.chat.rules.history import may_read
from securechat.chat.rules.references import key_of
from securechat.chat.sanctions import CloseReport, ListReports, ShowReport
from securechat.chat.state.account import Account
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context
from securechat.irc.names import is_channel
from securechat.irc.text import clip

A_DAY: Final = 10
"""Reports of an account within a day."""
MOST: Final = 2000
"""Reports that are kept."""
TEXT: Final = 2000
"""Bytes of a message that are kept with a report."""
FILTER: Final = 0
"""Who reports what the word filter has noticed: no account has this id."""
ROWS_AT_ONCE: Final = 100
DAY_MS: Final = 24 * 3600 * 1000

Say = Callable[[str], None]


class Subject(NamedTuple):
    """What a report is about; see `records.Report`."""

    named: str
    about: int | None
    place: str = ""
    said_by: str = ""
    text: str = ""


# What members do


def file(ctx: Context, named: str, reason: str, say: Say) -> None:
    """Tell the operators of a person, a channel or a message; `say` to the member how that ended."""
    try:
        _may(ctx, reason)
        subject = _found(ctx, named)
    except Wrong as wrong:
        say(str(wrong))
        return
    key = key_of(named)
    if subject is not None:
        _keep(ctx, subject, reason, say)
    elif key is None:
        say(f"{clip(named, 64)!r} is no nick, channel or message that you can see")
    else:
        job = FindMessages(ctx.session.link, ctx.user.account.id, (), (key,), edits=True)
        ctx.ask(job, partial(_looked_up, ctx, named, reason, say))


def _may(ctx: Context, reason: str) -> None:
    """Raise Wrong for a member who has told of enough for now."""
    check_reason(reason)
    reports, account, since = ctx.registry.reports, ctx.user.account.id, ctx.at - DAY_MS
    if sum(one.reporter == account and one.at > since for one in reports.values()) >= A_DAY:
        text = f"You have made {A_DAY} reports within a day, as many as you may: write to an operator"
        raise Wrong("LIMIT_REACHED", text)
    if len(reports) >= MOST and not any(one.closed for one in reports.values()):
        raise Wrong("LIMIT_REACHED", "The operators have too many reports to look at: try again later")


def _found(ctx: Context, named: str) -> Subject | None:
    """Return the channel or person that is named so; None for any other text. Raises Wrong."""
    if is_channel(named):
        channel = ctx.registry.channel(named)
        if channel is None or not channel.visible_to(ctx.user.id):
            raise Wrong("SUBJECT_UNKNOWN", "There is no such channel")
        return Subject(channel.name, None)
    known = ctx.registry.known(named)
    if known is None or known[0].phc is None:
        return None
    return Subject(known[1], known[0].id)


def _looked_up(ctx: Context, named: str, reason: str, say: Say, result: JobResult) -> None:
    """Keep a report of a message, if the member can see that."""
    if not isinstance(result, MessagesRead):
        say("The server is busy: nothing was reported, try again")
        return
    original = result.messages[0] if result.messages else None
    if original is None or original.redacted is not None or not _sees(ctx, original):
        say(f"{clip(named, 64)!r} is no nick, channel or message that you can see")
        return
    text = result.messages[-1].text  # the last edit, if there is one
    place = ctx.registry.channels.get(original.channel or 0)
    where = place.name if place is not None else ""
    _keep(ctx, Subject(named, original.sender, where, original.nick, clip(text, TEXT)), reason, say)


def _sees(ctx: Context, message: MessageSent) -> bool:
    """Return whether the user can read a message in the history."""
    own = ctx.user.account.id
    if message.channel is None:
        return own in (message.sender, message.recipient)
    channel = ctx.registry.channels.get(message.channel)
    member = channel.members.get(ctx.user.id) if channel is not None else None
    if channel is None or member is None or not may_read(ctx, channel, message):
        return False
    return ctx.settings.history_access == "all" or message.id >= member.joined_id


def _keep(ctx: Context, subject: Subject, reason: str, say: Say) -> None:
    report = _new(ctx, subject, reason, ctx.user.account.id)
    ctx.audit("report", subject.named, f"report {report.id}: {reason}")
    ctx.when_stored(lambda: _kept(ctx, report, say))


def _new(ctx: Context, subject: Subject, reason: str, reporter: int) -> Report:
    """Keep a report; an old one goes where there are too many."""
    reports = ctx.registry.reports
    report = Report(
        id=max(reports, default=0) + 1,
        at=ctx.at,
        reporter=reporter,
        about=subject.about,
        subject=subject.named,
        place=subject.place,
        said_by=subject.said_by,
        text=subject.text,
        reason=reason,
    )
    closed = next((one for one in reports.values() if one.closed), None)
    if len(reports) >= MOST and closed is not None:
        ctx.record(ReportDropped(closed))
    ctx.record(ReportKept(report))
    return report


def _kept(ctx: Context, report: Report, say: Say) -> None:
    """Tell the member, and the operators."""
    say(f"Report {report.id} was made: the server's operators will look at it")
    _tell_operators(ctx, report, ctx.nick)


def _tell_operators(ctx: Context, report: Report, who: str) -> None:
    """Tell every operator who is there."""
    where = f" in {report.place}" if report.place else ""
    by = f" by {report.said_by}{where}" if report.said_by else ""
    text = f"*** {who} reports {report.subject}{by}: {report.reason or 'no reason'} "
    text += f"(/msg securechat admin report {report.id})"
    for session in list(ctx.chat.operators):
        if session.user is not None:
            ctx.chat.later(partial(operators.say, ctx.chat, session, text))


def noticed(ctx: Context, place: str, text: str, word: str) -> None:
    """Keep a report of the word filter's own; of one account there are so many in a day."""
    reports, about, since = ctx.registry.reports, ctx.user.account.id, ctx.at - DAY_MS
    own = sum(one.reporter == FILTER and one.about == about and one.at > since for one in reports.values())
    if own >= A_DAY or (len(reports) >= MOST and not any(one.closed for one in reports.values())):
        return
    reason = f"the word filter: {word}"
    report = _new(ctx, Subject(ctx.nick, about, place, ctx.nick, clip(text, TEXT)), reason, FILTER)
    ctx.chat.later(partial(_tell_operators, ctx, report, "The word filter"))


# What operators do


def list_reports(chat: Chat, request: ListReports) -> Answer:
    """List the reports that are open, or all."""
    wanted = (one for one in chat.registry.reports.values() if one.id > request.after)
    some = [one for one in wanted if request.every or not one.closed]
    more = some[ROWS_AT_ONCE - 1].id if len(some) > ROWS_AT_ONCE else 0
    return Done([_row(chat, report) for report in some[:ROWS_AT_ONCE]], more)


def show(chat: Chat, request: ShowReport) -> Answer:
    """Show all of a report."""
    report = chat.registry.reports.get(request.id)
    return Done([_row(chat, report)]) if report is not None else _unknown(request.id)


def close(chat: Chat, request: CloseReport, by: str) -> Answer:
    """Note that a report has been looked at, and what came of it."""
    report = chat.registry.reports.get(request.id)
    if report is None:
        return _unknown(request.id)
    if report.closed:
        return Refused("REPORT_CLOSED", f"Report {report.id} was closed by {report.closed_by} already")
    try:
        check_reason(request.reason)
    except Wrong as wrong:
        return Refused(wrong.code, str(wrong))
    closed = report._replace(closed=chat.now.wall, closed_by=by, note=request.reason)
    chat.enter(ReportKept(closed, report), None)
    return Done([_row(chat, closed)])


def forget(chat: Chat, account: Account) -> None:
    """Take away what an account has said from reports: it is removed with its messages."""
    for report in list(chat.registry.reports.values()):
        if report.about == account.id and report.text:
            chat.enter(ReportKept(report._replace(text="", said_by=""), report), None)


def _unknown(number: int) -> Refused:
    return Refused("REPORT_UNKNOWN", f"There is no report {number}: `securechat reports list` lists them")


def _row(chat: Chat, report: Report) -> Row:
    accounts, about = chat.registry.accounts, report.about
    return {
        "id": report.id,
        "at": report.at,
        "reporter": accounts[report.reporter].name if report.reporter != FILTER else "word filter",
        "subject": report.subject,
        "about": accounts[about].name if about is not None else None,
        "place": report.place,
        "said_by": report.said_by,
        "text": report.text,
        "reason": report.reason,
        "closed": report.closed or None,
        "closed_by": report.closed_by,
        "note": report.note,
    }
