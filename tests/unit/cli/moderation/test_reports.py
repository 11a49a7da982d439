"""`securechat reports`: list, read and close what members have told, without a server."""

import json
from contextlib import closing
from pathlib import Path

from securechat.chat.records import Report, ReportKept
from securechat.cli.exits import ExitCode
from securechat.storage.sqlite import open_store
from tests.unit.conftest import Command

AT = 1_790_000_000_000
SAID = Report(1, AT, 1, 2, "0123456789abc", "#general", "bob", "first\nsecond \x9b31m\u202e", "rude " * 40)


def test_reports_are_read_and_closed(command: Command, home: Path) -> None:
    """What was said is shown safely; who closed what and why is in the audit log; deluser erases a text."""
    for name in ("alice", "bob"):
        assert command("adduser", name, "--generate").code == 0
    assert "No report is open" in command("reports", "list").err
    with closing(open_store(home)) as store:
        store.commit([ReportKept(SAID), ReportKept(SAID._replace(id=2, subject="#general", about=None))])
    listed = json.loads(command("reports", "list", "--json").out)
    assert [(row["id"], row["reporter"], row["about"], row["closed"]) for row in listed] == [
        (1, "alice", "bob", None),
        (2, "alice", None, None),
    ]
    assert [line.split()[0] for line in command("reports", "list").out.splitlines()] == ["ID", "1", "2"]
    shown = command("reports", "show", "1")
    assert "\x9b" not in shown.out and "\u202e" not in shown.out
    assert "#general" in shown.out
    assert json.loads(command("reports", "show", "1", "--json").out)["text"] == SAID.text
    closed = json.loads(command("reports", "close", "1", "--note", "banned", "--json").out)
    assert (closed[0]["note"], closed[0]["closed"] > AT) == ("banned", True)
    assert command("reports", "close", "1").code == ExitCode.REFUSED
    assert command("reports", "show", "3").code == ExitCode.REFUSED
    assert [row["id"] for row in json.loads(command("reports", "list", "--json").out)] == [2]
    assert len(json.loads(command("reports", "list", "--all", "--json").out)) == 2
    audit = json.loads(command("audit", "show", "--json").out.splitlines()[-1])
    assert (audit["action"], audit["target"], audit["detail"]) == ("close-report", "report 1", "banned")
    assert command("deluser", "bob", "--messages", "delete", "--yes").code == 0
    assert [row["text"] for row in json.loads(command("reports", "list", "--all", "--json").out)] == [
        "",
        SAID.text,
    ]
