"""docs/security.md names a test for each of its promises: a file, or one test of it, that is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`((?:[\w/*]+\.(?:py|irc)|(?:tests|chat|server|storage)/[\w/*]*)(?:::\w+)?)`")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ROWS = [line for line in TEXT.splitlines() if NAMED.search(line)]
PROMISES = "| promise | how | proof |"


def promises() -> Iterator[str]:
    """Yield the rows of the tables of promises."""
    for table in TEXT.split(PROMISES)[1:]:
        for line in table.splitlines()[2:]:
            if not line.startswith("|"):
                break
            yield line


def found(name: str, folders: set[Path]) -> Path | None:
    """Return the file of this name: from the root, of the program, or in `folders`."""
    places = [folder / name for folder in (ROOT, ROOT / "securechat", *folders)]
    return next((place for place in places if place.is_file()), None)


def is_there(named: str, folders: set[Path]) -> bool:
    """Return whether a name is that of a file, not a folder or several, and has the test that it names."""
    name, _, test = named.partition("::")
    file = found(name, folders)
    return file is not None and (not test or f"\ndef {test}(" in file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS)
def test_what_proves_a_promise_is_there(row: str) -> None:
    """A file that was renamed is noticed; one named without its folder is beside another of the row."""
    names = NAMED.findall(row)
    folders = {(ROOT / name.partition("::")[0]).parent for name in names if name.startswith("tests/")}
    assert [name for name in names if not is_there(name, folders)] == []


@pytest.mark.parametrize("row", list(promises()))
def test_every_promise_has_a_test(row: str) -> None:
    """It is named in the last column."""
    proof = row.split("|")[-2]
    assert any(name.startswith("tests/") for name in NAMED.findall(proof)), row


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_other_documents_name_is_there(document: Path) -> None:
    """Files of the repository that are named by their path."""
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests|scripts|docs|requirements)/[\w/.*-]+)", text)
    assert [name for name in named if not any(ROOT.glob(name.rstrip("/.")))] == []


@pytest.mark.parametrize(
    "name", ["tests/fuzz/", "tests/unit/test_p*.py", "tests/unit/test_proofs.py::test_no"]
)
def test_what_is_no_test_is_noticed(name: str) -> None:
    """A folder proves everything and nothing; so do several files at once."""
    assert NAMED.findall(f"`{name}`") == [name]
    assert not is_there(name, set())
