"""The table of commands: it is complete, says what is there, and fits on a terminal."""

from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup

import securechat.cli
from securechat.cli.commands import SECTIONS, built
from tests.unit.conftest import Command

ENTRIES = {name: entry for section in SECTIONS.values() for name, entry in section.items()}
# These add to a group of another module.
INNER = {"moderation.restraints", "host.public_certs"}


def test_every_command_of_a_module_is_in_the_table() -> None:
    """A command that is added to a module, and not to the table, could not be called."""
    for module in {entry.module for entry in ENTRIES.values()}:
        commands = built(module)
        assert commands.keys() == {name for name, entry in ENTRIES.items() if entry.module == module}
        assert all(isinstance(command, TyperCommand | TyperGroup) for command in commands.values())


def test_every_module_with_commands_is_in_the_table() -> None:
    """A module that registers something is found by the function that does it."""
    folder = Path(securechat.cli.__file__).parent
    files = [
        path.relative_to(folder) for path in folder.rglob("*.py") if "\ndef register(" in path.read_text()
    ]
    modules = {".".join(file.with_suffix("").parts) for file in files}
    assert modules == {entry.module for entry in ENTRIES.values()} | INNER


def test_the_help_text_has_a_line_for_each_command(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within 80 columns, by sections, and a name that is in two sections could be found in neither."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = command("--help").out.splitlines()
    for title, section in SECTIONS.items():
        assert f"{title}:" in lines
        for name, entry in section.items():
            assert any(line.split() == [name, *entry.about.split()] for line in lines), name
    assert len(ENTRIES) == sum(map(len, SECTIONS.values()))


def test_a_name_that_is_nearly_right_gets_a_suggestion(command: Command) -> None:
    """Among all commands, though none of them is imported before it is looked for."""
    assert "No such command 'sned'. Did you mean 'send'?" in command("sned").err
    assert "Did you mean" not in command("xyzzy").err
