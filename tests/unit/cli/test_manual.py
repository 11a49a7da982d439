"""What the shell completes, and the manual pages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from securechat.client.account.profiles import Profile, Profiles
from securechat.client.address import Address
from securechat.client.kept.bookmark_file import BookmarkFile
from securechat.client.paths import places
from securechat.client.protocol.history import Bookmarks
from tests.unit.conftest import Command


@pytest.fixture
def known(home: Path) -> None:
    """Two profiles; alice knows two channels and bob, carol another one."""
    where = places(os.environ)
    for profile in (Profile("", Address("b.test"), "carol"), Profile("", Address("a.test"), "alice")):
        Profiles(where).use(profile)
    file = BookmarkFile(where.bookmarks)
    file.store(Address("a.test"), "alice", Bookmarks(1, {"#ops": "m", "#general": "m", "bob": "m"}))
    file.store(Address("b.test"), "carol", Bookmarks(1, {"#other": "m"}))


def completed(line: str, shell: str = "bash") -> list[str]:
    """What the shell is offered for the last word of a line."""
    ended = subprocess.run(
        [sys.executable, "-m", "securechat"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={
            **os.environ,
            "_SECURECHAT_COMPLETE": f"complete_{shell}",
            "COMP_WORDS": line,
            "COMP_CWORD": str(line.count(" ")),
            "_TYPER_COMPLETE_ARGS": line,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        },
    )
    assert ended.stderr == ""
    return ended.stdout.split()


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("securechat his", ["history"]),
        ("securechat connect a", ["a.test"]),
        ("securechat tail --profile ", ["b.test", "a.test"]),
        ("securechat tail ", [r"\#general", r"\#ops", "bob"]),
        ("securechat tail \\#o", [r"\#ops"]),
        ("securechat send b", ["bob"]),
        ("securechat history --profile b.test ", [r"\#other"]),
        ("securechat tail --profile nope ", []),
    ],
)
def test_the_shell_completes(line: str, words: list[str]) -> None:
    """In bash a channel has a backslash, since # begins a comment there."""
    assert completed(line) == words


@pytest.mark.usefixtures("known")
def test_other_shells_quote_themselves() -> None:
    assert completed("securechat tail #", "fish") == ["#general", "#ops"]


def test_profiles_that_cannot_be_read_complete_nothing(home: Path) -> None:
    """A shell has no place for an error."""
    path = places(os.environ).profiles
    path.parent.mkdir(parents=True)
    path.write_text("[")
    assert completed("securechat connect ") == []
    assert completed("securechat tail ") == []


def test_the_manual_says_what_help_says(command: Command, tmp_path: Path) -> None:
    """A page for each command, with its options, that roff takes without a warning."""
    made = tmp_path / "man1"
    ended = command("man", str(made))
    assert ended.code == 0
    names = {path.name for path in made.iterdir()}
    assert {"securechat.1", "securechat-tail.1", "securechat-certs-show.1"} <= names
    page = (made / "securechat-tail.1").read_text()
    assert "\\-\\-since TIME" in page and "A lost connection is made again" in page
    if shutil.which("groff"):
        for path in made.iterdir():
            checked = subprocess.run(
                ["groff", "-man", "-Kutf8", "-Tutf8", "-ww", "-z", path],
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            assert checked.stderr == "", path


def test_a_directory_that_cannot_be_written(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = command("man", str(tmp_path / "file" / "man1"))
    assert ended.code == 1
    assert "cannot be written" in ended.err
