"""The copy that a running server makes of its database: one at a time, and given up when the server stops."""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from securechat.app.online_copy import BAD_PLACE, OnlineCopy
from securechat.chat.requests import Answer, Done, Refused
from securechat.server.loan import Loan
from securechat.storage.copying import Progress, Turns
from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME


class Copying:
    """Stands for the copy of pages: it begins, reports, and goes on when it is told to."""

    def __init__(self, ending: Callable[[], None] = lambda: None) -> None:
        self.begun = Event()
        self.go_on = Event()
        self.ending = ending
        self.target: Path | None = None

    def __call__(self, target: Path, progress: Progress, turns: Turns) -> None:
        self.target = target
        progress(3, 10)
        self.begun.set()
        assert self.go_on.wait(10)
        progress(10, 10)
        self.ending()


def finished(copy: OnlineCopy) -> Answer:
    """Wait for the end of the thread and return what the next question is answered with."""
    assert copy._thread is not None
    copy._thread.join(10)
    return copy.status()


def test_progress_and_end(tmp_path: Path) -> None:
    """While it runs its progress is told, and no second one begins; afterwards another one may."""
    copying = Copying()
    copy = OnlineCopy(copying, Loan(lambda call: None))
    assert copy.start(str(tmp_path)) == Done()
    assert copying.begun.wait(10)
    assert copy.status() == Done([{"running": True, "done": 3, "total": 10}])
    again = copy.start(str(tmp_path))
    assert isinstance(again, Refused) and again.code == "BUSY"
    copying.go_on.set()
    assert finished(copy) == Done([{"running": False, "done": 10, "total": 10}])
    assert copying.target == tmp_path / DATABASE_NAME
    assert copy.start(str(tmp_path)) == Done()
    assert finished(copy) == Done([{"running": False, "done": 10, "total": 10}])


def test_a_failure_is_told_once_it_is_asked_for(tmp_path: Path) -> None:
    """The text says why; the next copy begins anew."""

    def fail() -> None:
        raise StorageError("the disk is full")

    copying = Copying(fail)
    copying.go_on.set()
    copy = OnlineCopy(copying, Loan(lambda call: None))
    copy.start(str(tmp_path))
    assert finished(copy) == Refused("COPY_FAILED", "the disk is full")
    copying.ending = lambda: None
    copy.start(str(tmp_path))
    assert isinstance(finished(copy), Done)


def test_an_unexpected_error_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The thread ends, the server does not; the log has the traceback."""

    def fail() -> None:
        raise ValueError("what is this")

    copying = Copying(fail)
    copying.go_on.set()
    copy = OnlineCopy(copying, Loan(lambda call: None))
    copy.start(str(tmp_path))
    answer = finished(copy)
    assert isinstance(answer, Refused) and "ValueError" in answer.text
    assert "what is this" in caplog.text


def test_stopping_gives_up(tmp_path: Path) -> None:
    """`stop` returns when the thread has ended, which it does at its next step."""
    copying = Copying()
    copy = OnlineCopy(copying, Loan(lambda call: None))
    copy.start(str(tmp_path))
    assert copying.begun.wait(10)
    copy._stopping.set()
    copying.go_on.set()
    copy.stop()
    assert copy.status() == Refused("COPY_FAILED", "the server stops")
    OnlineCopy(copying, Loan(lambda call: None)).stop()


def test_giving_up(tmp_path: Path) -> None:
    """A copy that nobody wants any more ends at its next step; the next one is not given up."""
    copying = Copying()
    commands = OnlineCopy(copying, Loan(lambda call: None)).commands()
    assert commands["copy-stop"]("") == Done([{"running": False, "done": 0, "total": 0}])
    assert commands["copy-start"](str(tmp_path)) == Done()
    assert copying.begun.wait(10)
    assert commands["copy-stop"]("") == Done([{"running": True, "done": 3, "total": 10}])
    copying.go_on.set()
    while isinstance(commands["copy-status"](""), Done):
        pass
    assert commands["copy-status"]("") == Refused("COPY_FAILED", "the copy was given up")
    commands["copy-start"](str(tmp_path))
    while (answer := commands["copy-status"]("")) != Done([{"running": False, "done": 10, "total": 10}]):
        assert isinstance(answer, Done)


def test_a_directory_that_will_not_do_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server says what is wrong with it, and nothing is begun."""
    copy = OnlineCopy(Copying(), Loan(lambda call: None))
    (tmp_path / "file").touch()
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    cases = [
        ("", "not absolute"),
        ("somewhere", "not absolute"),
        (f"{tmp_path}/missing", "cannot reach it (No such file or directory)"),
        (f"{tmp_path}/file/below", "cannot reach it (Not a directory)"),
        (f"{tmp_path}/\0", "cannot reach it"),
        (f"{tmp_path}/\udcff", "\\udcff': the server's user cannot reach it"),
        (f"{tmp_path}/file", "no directory"),
        (f"{tmp_path}/open", "other users can write to it"),
    ]
    for place, text in cases:
        answer = copy.start(place)
        assert isinstance(answer, Refused) and answer.code == BAD_PLACE and text in answer.text, answer
        answer.text.encode()
    monkeypatch.setattr(os, "access", lambda *arguments, **options: False)
    answer = copy.start(str(tmp_path))
    assert isinstance(answer, Refused) and "cannot write to it" in answer.text
    assert copy._thread is None
