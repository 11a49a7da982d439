"""The log: one entry a line whatever peers send, as text or as JSON, without secrets that frames hold."""

import io
import json
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat import log

HOSTILE = "a\x1b]52;c;Zg==\x07\r\nb\x7f\x85\u2028\u202e\u2066\u200b\ufeff\udc80\U000e0041é😀"
ESCAPED = r"a\x1b]52;c;Zg==\x07\x0d\x0ab\x7f\x85\u2028\u202e\u2066\u200b\ufeff\udc80" + "\\U000e0041é😀"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave logging as it was found."""
    root, package = logging.getLogger(), logging.getLogger("securechat")
    handlers, levels = root.handlers[:], (root.level, package.level)
    switches = (logging.logProcesses, logging.logMultiprocessing)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    package.setLevel(levels[1])
    logging.logProcesses, logging.logMultiprocessing = switches


def test_escape_leaves_plain_text_alone() -> None:
    """Letters, signs and emoji of any language are no danger."""
    plain = "Zoë naïve 日本語 שלום 😀 \\x1b ~"
    assert log.escape(plain) == plain


def test_escape_takes_the_danger_out() -> None:
    """Controls, separators, bidi, zero-width and tag characters and lone surrogates become visible ASCII."""
    assert log.escape(HOSTILE) == ESCAPED


def test_every_control_and_format_character_is_escaped() -> None:
    """Nothing that Unicode calls a control, a surrogate or a line end passes."""
    for code in [
        *range(0x20),
        *range(0x7F, 0xA0),
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        0xD800,
        0xDFFF,
    ]:
        assert log.escape(chr(code)).isascii()
        assert len(log.escape(chr(code))) > 1


def test_text_entry() -> None:
    """Time in UTC, level, logger without the package's name, and the escaped text on one line."""
    stream = io.StringIO()
    log.set_up("info", "text", stream)
    logging.getLogger("securechat.server.hub").info("%s joined", HOSTILE)
    entry = stream.getvalue()
    assert entry.endswith(f" INFO server.hub: {ESCAPED} joined\n")
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO", entry)
    assert entry.count("\n") == 1


def test_json_entry() -> None:
    """One object a line, in ASCII, that gives back what was logged."""
    stream = io.StringIO()
    log.set_up("info", "json", stream)
    logging.getLogger("securechat.server.hub").warning("%s joined", HOSTILE)
    (line,) = stream.getvalue().splitlines()
    assert line.isascii()
    entry = json.loads(line)
    assert entry["text"] == f"{HOSTILE} joined"
    assert (entry["level"], entry["logger"], entry["thread"]) == (
        "warning",
        "securechat.server.hub",
        "MainThread",
    )
    assert set(entry) == {"time", "level", "logger", "thread", "text"}


def fail_with(secret: str) -> None:
    """Raise an error with a hostile text, while a local variable holds a secret."""
    assert secret
    raise ValueError("bad\n2026-11-22T11:45:00.123Z INFO forged: entry \x1b[31m")


def test_traceback_in_text_cannot_forge_an_entry() -> None:
    """Every line of a traceback is indented and escaped; local variables are not shown."""
    stream = io.StringIO()
    log.set_up("info", "text", stream)
    secret = "".join(["pass", "w0rd"])
    try:
        fail_with(secret)
    except ValueError:
        logging.getLogger("securechat.hub").exception("it failed")
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith(" ERROR hub: it failed")
    assert rest[0] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") for line in rest)
    assert "\x1b" not in stream.getvalue()
    assert secret not in stream.getvalue()


def test_traceback_in_json_is_in_the_same_line() -> None:
    """An entry with a traceback is still one line."""
    stream = io.StringIO()
    log.set_up("info", "json", stream)
    try:
        fail_with("x")
    except ValueError:
        logging.getLogger("securechat.hub").exception("it failed")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["traceback"].startswith("Traceback (most recent call last):\n")


def test_levels() -> None:
    """The level is that of this package; others are heard from warning upwards."""
    stream = io.StringIO()
    log.set_up("debug", "text", stream)
    logging.getLogger("securechat.hub").debug("one")
    logging.getLogger("alembic").info("two")
    logging.getLogger("alembic").warning("three")
    assert [line.rpartition(" ")[2] for line in stream.getvalue().splitlines()] == ["one", "three"]


def test_set_up_again_replaces() -> None:
    """A reload changes level and format; no entry is written twice."""
    stream = io.StringIO()
    log.set_up("debug", "text", stream)
    log.set_up("error", "json", stream)
    logger = logging.getLogger("securechat.hub")
    logger.info("one")
    logger.error("two")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["text"] == "two"


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_who_reads_decides_how_it_looks() -> None:
    """Text on a terminal, JSON elsewhere, unless the configuration says one of them."""
    pipe, terminal = io.StringIO(), Terminal()
    assert [log.style_of("auto", stream, {}) for stream in (terminal, pipe)] == ["text", "json"]
    assert [log.style_of("text", stream, {}) for stream in (terminal, pipe)] == ["text", "text"]
    assert [log.style_of("json", stream, {}) for stream in (terminal, pipe)] == ["json", "json"]


def test_the_journal_gets_text_without_a_time(tmp_path: Path) -> None:
    """Its own is beside each line; the level is at the beginning, also of each line of a traceback."""
    with (tmp_path / "journal").open("w+", encoding="utf-8") as stream:
        found = os.fstat(stream.fileno())
        environment = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        assert (
            log.style_of("auto", stream, environment)
            == log.style_of("text", stream, environment)
            == "journal"
        )
        assert log.style_of("json", stream, environment) == "json"
        assert log.style_of("auto", stream, {"JOURNAL_STREAM": "1:2"}) == "json"
        log.set_up("debug", "auto", stream, environment)
        logger = logging.getLogger("securechat.server.hub")
        logger.debug("one")
        logger.info("%s joined", HOSTILE)
        try:
            fail_with("x")
        except ValueError:
            logger.exception("it failed")
        stream.seek(0)
        lines = stream.read().splitlines()
    assert lines[:3] == ["<7>server.hub: one", f"<6>server.hub: {ESCAPED} joined", "<3>server.hub: it failed"]
    assert all(line.startswith("<3>    ") for line in lines[3:]) and len(lines) > 5


def test_a_file_that_is_moved_away_is_made_anew(tmp_path: Path) -> None:
    """As logrotate does: nothing is lost and nothing has to be told; it is JSON, and for its owner alone."""
    file, moved = tmp_path / "securechat.log", tmp_path / "securechat.log.1"
    before = os.umask(0o077)
    try:
        log.set_up("info", "auto", Terminal(), file=str(file))
        logger = logging.getLogger("securechat.hub")
        logger.info("one")
        file.rename(moved)
        logger.info("two")
    finally:
        os.umask(before)
    log.set_up("info", "text", io.StringIO())
    assert [json.loads(path.read_text())["text"] for path in (moved, file)] == ["one", "two"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_whoever_logs_goes_on_when_the_file_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The entry is lost, and the next one is tried anew."""
    place = tmp_path / "logs"
    place.mkdir()
    log.set_up("info", "text", io.StringIO(), file=str(place / "log"))
    logger = logging.getLogger("securechat.hub")
    (place / "log").unlink()
    place.rmdir()
    logger.info("lost")
    place.mkdir()
    logger.info("kept")
    log.set_up("info", "text", io.StringIO())
    assert (place / "log").read_text().endswith("hub: kept\n")
    assert "No such file" in capsys.readouterr().err


def test_a_file_that_cannot_be_opened_changes_nothing(tmp_path: Path) -> None:
    """The log goes on where it was."""
    stream = io.StringIO()
    log.set_up("info", "text", stream)
    with pytest.raises(OSError):
        log.set_up("info", "text", stream, file=str(tmp_path / "nowhere" / "log"))
    logging.getLogger("securechat.hub").info("still here")
    assert "still here" in stream.getvalue()
