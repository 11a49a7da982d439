#!/usr/bin/env python3
"""Write the table of metrics in docs/operations.md from the program's own list.

python scripts/metrics_table.py          # bring docs/operations.md up to date
python scripts/metrics_table.py --check  # exit 1 when it is not
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENT: Final = ROOT / "docs" / "operations.md"
sys.path.insert(0, str(ROOT))

from scripts._generated import rewritten, write_or_check  # noqa: E402
from securechat.app.metrics import DURATIONS, KNOWN, LABELS, OTHERS, PREFIX  # noqa: E402


def rows() -> Iterator[str]:
    """Every row of the table."""
    yield "| metric | kind | what it is |"
    yield "|---|---|---|"
    for known in KNOWN:
        yield _row(known.name, known.label, known.kind, known.text)
    for name, (kind, text) in OTHERS.items():
        yield _row(name, LABELS.get(name, ""), kind, text)
    for name, text in DURATIONS.items():
        yield _row(f"{name}_seconds", "", "histogram", text)


def _row(name: str, label: str, kind: str, text: str) -> str:
    labels = f"{{{label}}}" if label else ""
    return f"| `{PREFIX}{name}{labels}` | {kind} | {text} |"


def updated(document: str) -> str:
    """Return the document with the table written anew."""
    return rewritten(document, "metrics", rows())


if __name__ == "__main__":
    raise SystemExit(write_or_check(DOCUMENT, updated))
