"""Every command that the documents show is one that there is, with options that it has."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
import typer
from typer.core import TyperGroup

from securechat.cli.app import app
from securechat.cli.commands import Commands

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "Containerfile", *sorted((ROOT / "docs").glob("*.md"))]


class Parameter(Protocol):
    """An option or argument of a command."""

    opts: list[str]


PROGRAM = typer.main.get_command(app)
COMMANDS = Commands(name="securechat")
EVERYWHERE = {"--help", "-h"}


def shown(text: str) -> Iterator[str]:
    """Yield what a document shows as code: the lines of blocks, and words between backquotes."""
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("#   "):
            yield line.removeprefix("#")
        else:
            yield from re.findall(r"`([^`]*)`", line)


def commands() -> list[str]:
    """Return every command line, without its comment, once; a line of code may hold several."""
    found: dict[str, None] = {}
    for document in DOCUMENTS:
        for code in shown(document.read_text(encoding="utf-8")):
            for part in re.split(
                r"&& | {3,}|\| (?=securechat )|(?<=securechat) (?=securechat )|'(?=securechat )", code
            ):
                words = re.sub(r" +# .*", "", part).strip()
                if re.match(r"(\S*/)?securechat -?-?[a-z]", words):
                    found[words] = None
    return list(found)


def known(words: list[str]) -> tuple[str, set[str]]:
    """Return the name of the command that words begin with, and its options."""
    first, second, *_ = [*words, ""]
    command = COMMANDS.get_command(None, first)
    if command is None:
        return "", EVERYWHERE | options(PROGRAM.params)
    if isinstance(command, TyperGroup) and second in command.commands:
        return f"{first} {second}", EVERYWHERE | options(command.commands[second].params)
    return first, EVERYWHERE | options(command.params)


def options(parameters: Iterable[Parameter]) -> set[str]:
    """Return how the options among parameters are written."""
    return {option for parameter in parameters for option in parameter.opts}


@pytest.mark.parametrize("line", commands())
def test_a_command_that_is_shown_exists(line: str) -> None:
    """Its name and each of its options."""
    words = re.sub(r"[\[\]|…]", " ", line).split()[1:]
    name, own = known(words)
    assert name or words[0].startswith("--"), f"there is no command {words[0]}"
    assert {word for word in words if re.fullmatch(r"--[a-z-]+", word)} <= own


def test_the_documents_show_all_that_operators_need() -> None:
    """The search for commands finds them: of every group at least one."""
    names = {known(line.split()[1:])[0].split(" ")[0] for line in commands()}
    assert names >= {"server", "adduser", "ban", "certs", "backup", "restore", "doctor", "service", "totp"}
