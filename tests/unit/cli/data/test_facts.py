"""`--json` of the commands that copy everything: what was done, for programs."""

import json
from pathlib import Path

from securechat.cli.exits import ExitCode
from tests.unit.conftest import Command


def test_what_was_copied_is_printed_for_programs(command: Command, home: Path, tmp_path: Path) -> None:
    """One object on standard output; what people read stays on standard error."""
    assert command("adduser", "alice", "--generate").code == 0
    saved, lines = tmp_path / "saved", tmp_path / "lines"
    backup = command("backup", str(saved), "--json")
    held = {"accounts": 1, "messages": 1}
    assert json.loads(backup.out) == {"file": str(saved), "keys": False, "checked": False, **held}
    assert "1 account and 1 entry of history" in backup.err
    restored = json.loads(command("restore", str(saved), "--data-dir", str(tmp_path / "new"), "--json").out)
    assert restored == {"server": restored["server"], "files": ["securechat.db"], **held}
    exported = command("export", str(lines), "--all", "--json")
    assert json.loads(exported.out) == {"file": str(lines), "messages": 0}
    imported = json.loads(command("import", str(lines), "--json").out)
    assert imported == {
        "accounts": 0,
        "channels": 1,
        "messages": 0,
        "events": 0,
        "known": 1,
        "dropped": 0,
        "alone": 0,
    }
    assert command("backup", str(tmp_path / "other")).out == ""


def test_standard_output_is_not_two_things(command: Command) -> None:
    """An export that goes there itself leaves no room for the object."""
    ended = command("export", "--all", "--json")
    assert (ended.code, ended.out) == (ExitCode.USAGE, "") and "needs a FILE" in ended.err
