"""The log: standard `logging` to one stream or file, as text for people or as JSON Lines.

What peers send may be in an entry (an address, a nick, the reason of a failed handshake), so no entry can
reach the terminal or forge another one: everything that is not plain printable text is escaped, and the
lines of a traceback are indented. JSON escapes all but ASCII. Tracebacks hold no local variables.

Who reads it decides how it looks, unless the configuration does: text on a terminal, JSON elsewhere. The
journal of systemd has a time of its own for each line, and takes its priority from the beginning of the line
(sd-daemon(3)). A file is opened again when its name leads to another one: logrotate may move it away.
"""

import json
import logging
import os
import re
import time
from collections.abc import Mapping
from logging.handlers import WatchedFileHandler
from typing import Final, Literal, TextIO

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "text", "json"]
Style = Literal["text", "json", "journal"]
"""How the lines look: those of the journal are text, too."""

_PACKAGE: Final = "securechat"
# Controls (C0, DEL, C1), soft hyphen, zero-width and bidi characters, line and paragraph separators,
# interlinear marks, surrogates, tags and noncharacters: what moves a cursor, hides or reorders text, or
# cannot be encoded. What is printed as JSON has none of it either (`cli.table`).
UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff"
    "\U000e0000-\U000e0fff]"
)


def style_of(form: Format, stream: TextIO, environment: Mapping[str, str]) -> Style:
    """Return how entries look on a stream."""
    if form != "json" and _is_journal(stream, environment.get("JOURNAL_STREAM", "")):
        return "journal"
    if form == "auto":
        return "text" if stream.isatty() else "json"
    return form


def set_up(
    level: Level, form: Format, stream: TextIO, environment: Mapping[str, str] = os.environ, file: str = ""
) -> None:
    """Log to `stream` from now on, or to the end of a file; a second call replaces the first.

    Any thread may log, one at a time calls this. Other packages are heard from level warning upwards. Raises
    OSError when the file cannot be used, and goes on as before then.
    """
    handler: logging.Handler = LogFile(file) if file else logging.StreamHandler(stream)
    style: Style = ("text" if form == "text" else "json") if file else style_of(form, stream, environment)
    handler.setFormatter(_FORMATTERS[style]())
    root = logging.getLogger()
    before = root.handlers
    # In one step: other threads may be logging.
    root.handlers = [handler]
    for old in before:
        if isinstance(old, LogFile):
            old.close()
    root.setLevel(logging.WARNING)
    logging.getLogger(_PACKAGE).setLevel(level.upper())
    # Not in any entry, so not worth a system call for each.
    logging.logProcesses = logging.logMultiprocessing = False


def escape(text: str) -> str:
    """Return `text` on one line, with everything escaped that is not plain printable text."""
    return UNSAFE.sub(_escaped, text)


class LogFile(WatchedFileHandler):
    """A file that may be moved away at any time: then the next entry is in a new one of its name.

    Where that cannot be made, entries are lost, and tried anew; whoever logs goes on.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, encoding="utf-8")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)


class TextFormatter(logging.Formatter):
    """`2026-11-22T11:45:00.123Z INFO server.hub: text`, in UTC; a traceback follows indented."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_instant(record)} {record.levelname} {_where(record)}: {escape(record.getMessage())}"
        trace = _trace(self, record)
        return "\n".join([line, *(f"    {escape(row)}" for row in trace.splitlines())]) if trace else line


class JournalFormatter(logging.Formatter):
    """`<6>server.hub: text`: the priority, and no time, since the journal has one.

    The lines of a traceback begin with it, too.
    """

    def format(self, record: logging.LogRecord) -> str:
        rows = [f"{_where(record)}: {escape(record.getMessage())}"]
        rows += [f"    {escape(row)}" for row in _trace(self, record).splitlines()]
        return "\n".join([f"<{_priority(record.levelno)}>{row}" for row in rows])


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, thread, text, and traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            "text": record.getMessage(),
        }
        trace = _trace(self, record)
        if trace:
            entry["traceback"] = trace
        return json.dumps(entry)


_FORMATTERS: Final[Mapping[Style, type[logging.Formatter]]] = {
    "text": TextFormatter,
    "json": JsonFormatter,
    "journal": JournalFormatter,
}


def _is_journal(stream: TextIO, named: str) -> bool:
    """Return whether a stream is the one of the journal: systemd names its device and inode."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):  # it is no file, or closed
        return False
    return named == f"{found.st_dev}:{found.st_ino}"


def _priority(level: int) -> int:
    """Return the priority of syslog(3) for a level."""
    steps = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
    return next((priority for least, priority in steps if level >= least), 7)


def _instant(record: logging.LogRecord) -> str:
    seconds, milliseconds = divmod(int(record.created * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{milliseconds:03d}Z"


def _where(record: logging.LogRecord) -> str:
    return record.name.removeprefix(f"{_PACKAGE}.")


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return formatter.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
