"""When the last backup was begun: known from the audit log at the start, and from then on."""

from securechat.chat.clock import Now
from securechat.chat.core import Core
from securechat.chat.items import Administer
from securechat.chat.ports import Snapshot
from securechat.chat.requests import NoteBackup, NoteExport
from securechat.chat.settings import Settings


def test_the_last_backup_is_known() -> None:
    """An export is none, and one that the full disk refused has not been."""
    core = Core(Settings("chat.test", "Net", "1"), Snapshot((), (), frozenset(), 0, backup=5))
    assert core.counts()["last_backup"] == 5
    core.handle(Administer(1, NoteExport("*", "file")), Now(100, 0.0))
    assert core.counts()["last_backup"] == 5
    core.handle(Administer(2, NoteBackup("file")), Now(200, 0.0))
    assert core.counts()["last_backup"] == 200
    outcomes = core.take()
    core.handle(Administer(3, NoteBackup("file")), Now(300, 0.0))
    core.revert(core.take(), "the disk is full")
    assert core.counts()["last_backup"] == 200 and outcomes
