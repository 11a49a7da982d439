"""A directory of backups: each has the time in its name, and the oldest go."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"securechat-\d{8}T\d{6}Z\.backup", re.ASCII)


def next_name(directory: Path) -> Path:
    """Return the name of a backup that is made now."""
    return directory / f"securechat-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup"


def remove_oldest(directory: Path, keep: int, newest: Path) -> Sequence[Path]:
    """Remove all backups but `keep`, of which the `newest` is one in any case; return what was removed.

    Files with other names are nobody's business. Raises OSError.
    """
    others = sorted(
        path for path in directory.iterdir() if _NAME.fullmatch(path.name) and path.name != newest.name
    )
    old = others[: max(0, len(others) - (keep - 1))]
    for path in old:
        path.unlink()
    return old
