"""The floors of the client: a file imports what is on its own floor or below, also for type checking.

That no files of the package import each other in a circle is for `tests/unit/test_import_rule.py`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CLIENT: Final = Path(__file__).resolve().parents[3] / "securechat" / "client"
# From bottom to top.
FLOORS: Final = (
    # What stands in no folder: plain values.
    {
        *("errors", "clock", "address", "paths", "recent", "events", "invitation", "safe", "width", "haste"),
        *("deliveries", "device_events", "connection_events", "presence", "findings"),
    },
    {
        *("protocol", "protocol.labels", "protocol.batches", "protocol.outbox", "protocol.roster"),
        *("protocol.writing", "protocol.registration", "protocol.catchup", "protocol.history"),
    },
    {"protocol.state"},
    {"protocol.incoming"},
    {"protocol.session"},
    {"kept"},
    {"network"},
    {"account"},
    {"words"},
    {"plain", "api", "tui"},
    {"__init__"},
)


def files() -> dict[str, ast.Module]:
    """The client's files by their dotted name; a folder has its `__init__`'s."""
    found = {}
    for path in CLIENT.rglob("*.py"):
        name = ".".join(path.relative_to(CLIENT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text("utf-8"))
    return found


def imports(tree: ast.AST, names: set[str]) -> Iterator[str]:
    """The client's files that this one imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("securechat.client"):
            origin = (node.module or "").removeprefix("securechat.client").lstrip(".")
            for alias in node.names:
                name = f"{origin}.{alias.name}".lstrip(".")
                yield name if name in names else origin


def floor_of(name: str) -> int:
    """The floor of a file: its own, or that of the folder that it is in."""
    while name:
        for number, names in enumerate(FLOORS):
            if name in names:
                return number
        name = name.rpartition(".")[0]
    raise AssertionError("a file of the client is on no floor")


def graph() -> dict[str, set[str]]:
    trees = files()
    return {name: set(imports(tree, set(trees))) for name, tree in trees.items()}


def test_no_file_imports_from_a_floor_above() -> None:
    """Every import of a client's file points to its own floor or down."""
    upward = [
        f"{name} -> {target}"
        for name, targets in graph().items()
        for target in targets
        if floor_of(target) > floor_of(name)
    ]
    assert upward == []


def test_only_the_lazy_exports_are_imported_for_type_checking() -> None:
    """A file that names another one's types stands above it, and so it can import it plainly."""
    guarded = {
        name
        for name, tree in files().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test) and any(imports(node, {name}))
    }
    assert guarded == {"__init__"}
