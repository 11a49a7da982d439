"""Tables of a document that are made from the program: they stand between two comments."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path


def rewritten(document: str, section: str, rows: Iterable[str]) -> str:
    """Return the document with a generated section written anew."""
    begin, end = f"<!-- generated: {section} -->", f"<!-- end: {section} -->"
    before, found, rest = document.partition(begin)
    _, ended, after = rest.partition(end)
    assert found and ended, f"the document has no section {section}"
    return "\n".join([before + begin, *rows, end + after])


def write_or_check(path: Path, updated: Callable[[str], str]) -> int:
    """Bring a document up to date, or with --check say whether it is; return the exit code."""
    if sys.argv[1:] not in ([], ["--check"]):
        print(f"usage: {sys.argv[0]} [--check]", file=sys.stderr)
        return 2
    document = path.read_text(encoding="utf-8")
    wanted = updated(document)
    if not sys.argv[1:]:
        path.write_text(wanted, encoding="utf-8")
    elif document != wanted:
        print(f"docs/{path.name} is not up to date: run {sys.argv[0]}", file=sys.stderr)
        return 1
    return 0
