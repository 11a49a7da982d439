"""The shape of the package: who may import whom, and how large files and functions may be."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "securechat"

# What each part may import of ours besides itself. `cli` and `__main__` see everything.
ALLOWED = {
    "irc": set[str](),
    "chat": {"irc"},
    "storage": {"irc", "chat", "tls", "config", "log"},
    "server": {"irc", "chat", "tls", "config", "log"},
    "client": {"irc", "tls"},
    "app": {"irc", "chat", "storage", "server", "client", "tls", "config", "log"},
    "tls": set[str](),
    "config": set[str](),
    "log": set[str](),
    "__init__": set[str](),
}
COMPOSITION = {"cli", "__main__"}
# No I/O, no clock, no chance: time and identifiers come in as arguments.
PURE = {"irc", "chat"}
IMPURE = {
    "socket", "ssl", "threading", "selectors", "queue", "time", "random", "secrets", "sqlite3", "sqlalchemy",
    "logging", "os",
}  # fmt: skip
# `from securechat import __version__` makes nobody depend on a part; the pure parts get it as an argument.
ROOT_NAMES = {"__version__"}

# The floors of `chat`, the lowest first (docs/architecture.md): a file imports only its own floor and those
# below, also for its annotations. What stands in no folder is the lowest floor: plain values and ports.
FLOORS = (
    ("chat", "chat/records"),
    ("chat/state",),
    ("chat/lines",),
    ("chat/turn",),
    ("chat/rules",),
    ("chat/commands", "chat/service"),
)
ENGINE = Path("chat/core.py")

# What each group of commands may import of other groups. All may import what they share, which stands in no
# folder; that knows no group, except for `app`, which puts them together.
COMMANDS = {
    "client": set[str](),
    "data": set[str](),
    "moderation": set[str](),
    "people": {"moderation"},  # `deluser` asks what becomes of somebody's channels
    "host": {"people"},  # `service install` makes the first account
}
COMMAND_LINE = Path("cli/app.py")

MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 60


def imported(tree: ast.Module, module: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Every import anywhere in `tree`, also inside functions: line and absolute dotted name.

    `module` is the dotted name of the package that holds the file, which relative imports start from.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = module[: len(module) - node.level + 1] if node.level else ()
            origin = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def violations(source: str, file: Path) -> list[str]:
    """The imports of `source` that break the rule; `file` is its path inside the package."""
    part = file.parts[0].removesuffix(".py")
    found = []
    for line, name in imported(ast.parse(source), ("securechat", *file.parts[:-1])):
        root, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if part in PURE and root in IMPURE:
            found.append(f"{file}:{line} {part} does no I/O and may not import {root}")
        if root != "securechat" or part in COMPOSITION or target == part:
            continue
        if target in ROOT_NAMES and part not in PURE:
            continue
        if target not in ALLOWED[part]:
            found.append(f"{file}:{line} {part} may not import {name}")
    return found


def too_long(source: str, file: Path) -> list[str]:
    """The functions of `source`, and the file itself, that are longer than they may be."""
    found = []
    lines = len(source.splitlines())
    if lines > MAX_FILE_LINES:
        found.append(f"{file} has {lines} lines, {MAX_FILE_LINES} is the limit")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > MAX_FUNCTION_LINES:
                found.append(
                    f"{file}:{node.lineno} {node.name} has {size} lines, {MAX_FUNCTION_LINES} is the limit"
                )
    return found


def package_files() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.read_text("utf-8"), path.relative_to(PACKAGE)


def file_graph() -> dict[Path, set[Path]]:
    """Which files of the package each file imports, anywhere in it and also for annotations only."""
    files = {file for _, file in package_files()}
    graph: dict[Path, set[Path]] = {}
    for source, file in package_files():
        names = imported(ast.parse(source), ("securechat", *file.parts[:-1]))
        graph[file] = {to for _, name in names if (to := file_of(name, files)) is not None} - {file}
    return graph


def file_of(name: str, files: set[Path]) -> Path | None:
    """The file that an imported name stands in: its module's, or the package's that defines it."""
    parts = name.split(".")
    if parts[0] != "securechat":
        return None
    for length in range(len(parts), 0, -1):
        place = Path(*parts[1:length])
        for file in (place.with_suffix(".py") if place.name else None, place / "__init__.py"):
            if file in files:
                return file
    return None


def floor(file: Path) -> int:
    """The floor of a file of the chat, 0 for a file of another part."""
    if file == ENGINE:
        return len(FLOORS) + 1
    for number, folders in enumerate(FLOORS, start=1):
        if file.parent.as_posix() in folders or any(
            file.is_relative_to(folder) for folder in folders if folder != "chat"
        ):
            return number
    return 0


def group_of(file: Path) -> str:
    """The group of commands that a file is of, "" for what they share and for other parts."""
    return file.parts[1] if file.parts[0] == "cli" and len(file.parts) > 2 else ""


def circles(graph: dict[Path, set[Path]]) -> list[str]:
    """A circle of files for each place where there is one; nothing when all arrows lead one way."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" -> ".join(str(file) for file in error.args[1])]
    return []


def test_the_package_obeys_the_import_rule() -> None:
    """No file of the package imports a part that it may not know."""
    assert [broken for source, file in package_files() for broken in violations(source, file)] == []


def test_a_file_of_the_chat_imports_no_floor_above_its_own() -> None:
    """Rules know the state and the state does not know the rules, and so on for all seven floors."""
    graph = file_graph()
    arrows = {(file, to) for file, found in graph.items() for to in found if 0 < floor(file) < floor(to)}
    assert [f"{file} -> {to}" for file, to in arrows] == []


def test_no_files_import_each_other_in_a_circle() -> None:
    """Each file of the package can be read, and tested, before those that import it."""
    assert circles(file_graph()) == []


def test_groups_of_commands_know_each_other_only_where_they_must() -> None:
    """A group of commands is read with what all commands share, and without the other groups."""
    inside = {file: found for file, found in file_graph().items() if file.parts[0] == "cli"}
    crossing = [
        f"{file} -> {to}"
        for file, found in inside.items()
        for to in found
        if (group := group_of(to)) and file != COMMAND_LINE
        if group != group_of(file) and group not in COMMANDS.get(group_of(file), set())
    ]
    assert crossing == []
    assert {group_of(file) for file in inside} == {"", *COMMANDS}


def test_the_shells_of_the_chat_know_its_lowest_floor_only() -> None:
    """Threads and databases handle the chat's values and implement its ports; no rule is theirs to call."""
    graph = file_graph()
    shells = [file for file in graph if file.parts[0] in ("server", "storage")]
    assert [f"{file} -> {to}" for file in shells for to in graph[file] if floor(to) > 1] == []


def test_files_and_functions_stay_small() -> None:
    """No file of the package has more than 350 lines, no function more than 60."""
    assert [long for source, file in package_files() for long in too_long(source, file)] == []


def test_every_part_has_a_rule() -> None:
    """A new part of the package needs a line in ALLOWED before anything can import it."""
    parts = {file.parts[0].removesuffix(".py") for _, file in package_files()}
    assert parts - COMPOSITION <= ALLOWED.keys()


def test_a_forbidden_part_is_seen_in_every_form_of_import() -> None:
    """Absolute, relative, local and aliased imports of a part are all seen."""
    forms = [
        "import securechat.storage.engine as engine",
        "from securechat import storage",
        "from securechat.storage import engine",
        "from securechat.storage.engine import open_store",
        "from .. import storage",
        "from ..storage.engine import open_store",
        "def late():\n    from securechat.storage import engine",
        "if TYPE_CHECKING:\n    import securechat.storage",
    ]
    assert [len(violations(form, Path("server/hub.py"))) for form in forms] == [1] * len(forms)


def test_the_pure_parts_get_no_clock_no_chance_and_no_io() -> None:
    """`irc` and `chat` may not import a module that does I/O, also not a part of one."""
    for form in ("import os.path", "from time import monotonic", "import secrets as s, json"):
        for part in ("irc/message.py", "chat/commands/channel.py"):
            assert len(violations(form, Path(part))) == 1
    assert violations("import os, ssl, socket", Path("server/worker.py")) == []


def test_what_the_rule_allows_passes() -> None:
    """A part may import itself, the parts below it and, unless it is pure, the version."""
    allowed = {
        "chat/commands/channel.py": "from securechat.irc import numerics\nfrom ..registry import Registry",
        "server/hub.py": "from securechat.chat.core import Core\nfrom securechat import __version__, log",
        "client/session.py": "from securechat.tls import pins\nfrom .state import State",
        "cli/server.py": "from securechat.storage import engine\nfrom securechat.server import hub",
        "tls/files.py": "from .names import host\nimport ssl",
    }
    assert [found for file, source in allowed.items() for found in violations(source, Path(file))] == []
    assert violations("from securechat import __version__", Path("chat/welcome.py")) != []


def test_a_long_function_and_a_long_file_are_seen() -> None:
    """One line too many is one too many; exactly the limit is allowed."""
    fits = "def f():\n" + "    x = 1\n" * (MAX_FUNCTION_LINES - 1)
    assert too_long(fits, Path("irc/x.py")) == []
    assert len(too_long(fits + "    x = 1\n", Path("irc/x.py"))) == 1
    assert too_long("x = 1\n" * MAX_FILE_LINES, Path("irc/x.py")) == []
    assert len(too_long("x = 1\n" * (MAX_FILE_LINES + 1), Path("irc/x.py"))) == 1
