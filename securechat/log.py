"""The log: standard `logging` to one stream, as text for people or as JSON Lines.

What peers send may be in an entry (an address, a nick, the reason of a failed handshake), so no entry can
reach the terminal or forge another one: everything that is not plain printable text is escaped, and the
lines of a traceback are indented. JSON escapes all but ASCII. Tracebacks hold no local variables.
"""

import json
import logging
import re
import time
from typing import Final, Literal, TextIO

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["text", "json"]

_PACKAGE: Final = "securechat"
# Controls (C0, DEL, C1), soft hyphen, zero-width and bidi characters, line and paragraph separators,
# interlinear marks, surrogates, tags and noncharacters: what moves a cursor, hides or reorders text, or
# cannot be encoded. What is printed as JSON has none of it either (`cli.table`).
UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff"
    "\U000e0000-\U000e0fff]"
)


def set_up(level: Level, form: Format, stream: TextIO) -> None:
    """Log to `stream` from now on; a second call replaces the first. Any thread may log, main calls this.

    Other packages are heard from level warning upwards.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    # In one step: other threads may be logging.
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(_PACKAGE).setLevel(level.upper())
    # Not in any entry, so not worth a system call for each.
    logging.logProcesses = logging.logMultiprocessing = False


def escape(text: str) -> str:
    """Return `text` on one line, with everything escaped that is not plain printable text."""
    return UNSAFE.sub(_escaped, text)


class TextFormatter(logging.Formatter):
    """`2026-11-22T11:45:00.123Z INFO server.hub: text`, in UTC; a traceback follows indented."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_instant(record)} {record.levelname} {_where(record)}: {escape(record.getMessage())}"
        trace = _trace(self, record)
        return "\n".join([line, *(f"    {escape(row)}" for row in trace.splitlines())]) if trace else line


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
