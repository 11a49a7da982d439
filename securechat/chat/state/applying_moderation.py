"""What a record of a ban or a report does to the registry, and its undoing (`applying`)."""

from typing import assert_never

from securechat.chat.records import BanAdded, BanRecord, BanRemoved, ReportDropped, ReportKept, ReportRecord
from securechat.chat.state.nested import put
from securechat.chat.state.registry import Registry


def change(registry: Registry, record: BanRecord | ReportRecord, back: bool) -> None:
    """Do it, or undo it."""
    if isinstance(record, BanRecord):
        _ban(registry, record, back)
    else:
        _report(registry, record, back)


def _ban(registry: Registry, record: BanRecord, back: bool) -> None:
    match record:
        case BanAdded() if back and record.previous is None:
            registry.bans.remove(record.ban)
        case BanAdded():
            registry.bans.put(record.previous if back and record.previous is not None else record.ban)
        case BanRemoved() if back:
            registry.bans.put(record.ban)
        case BanRemoved():
            registry.bans.remove(record.ban)
        case _:
            assert_never(record)


def _report(registry: Registry, record: ReportRecord, back: bool) -> None:
    key = record.report.id
    match record:
        case ReportKept():
            put(registry.reports, key, record.previous if back else record.report)
        case ReportDropped():
            put(registry.reports, key, record.report if back else None)
        case _:
            assert_never(record)
