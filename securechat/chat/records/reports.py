"""Facts about what members have told the server's operators of."""

from dataclasses import dataclass

from securechat.chat.records.stored import Report


@dataclass(frozen=True, slots=True)
class ReportKept:
    """There is a report, or something about one has changed: `previous` is what it was."""

    report: Report
    previous: Report | None = None


@dataclass(frozen=True, slots=True)
class ReportDropped:
    """A report is kept no more; `report` is what it was."""

    report: Report


ReportRecord = ReportKept | ReportDropped
