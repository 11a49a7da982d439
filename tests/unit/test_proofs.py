"""docs/security.md names tests for its promises: each of them is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`([\w/*]+\.(?:py|irc)|(?:tests|chat|server|storage)/[\w/*]+/?)`")
ROWS = [
    line
    for line in (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
    if NAMED.search(line)
]


def is_there(name: str, folders: set[Path]) -> bool:
    """Return whether there is such a file or folder: from the root, of the program, in `folders`."""
    return any(any(folder.glob(name.rstrip("/"))) for folder in (ROOT, ROOT / "securechat", *folders))


@pytest.mark.parametrize("row", ROWS)
def test_what_proves_a_promise_is_there(row: str) -> None:
    """A file that was renamed is noticed; one named without its folder is beside another of the row."""
    names = NAMED.findall(row)
    folders = {(ROOT / name).parent for name in names if name.startswith("tests/")}
    assert [name for name in names if not is_there(name, folders)] == []
