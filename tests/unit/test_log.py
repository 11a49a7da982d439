"""The log: one entry a line whatever peers send, as text or as JSON, without secrets that frames hold."""

import io
import json
import logging
import re
from collections.abc import Iterator

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
