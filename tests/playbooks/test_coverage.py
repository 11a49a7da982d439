"""Every command, capability and numeric is played at least once, and docs/protocol.md names exactly those."""

import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from securechat.chat.commands import COMMANDS
from securechat.irc.capabilities import CAPABILITIES

PLAYBOOKS = Path(__file__).parent
ROOT = PLAYBOOKS.parent.parent


@cache
def tables() -> ModuleType:
    """The script that writes the tables of docs/protocol.md."""
    specification = importlib.util.spec_from_file_location(
        "protocol_tables", ROOT / "scripts" / "protocol_tables.py"
    )
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@cache
def played() -> str:
    """All playbooks."""
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(PLAYBOOKS.rglob("*.irc")))


def test_every_command_is_explained_once() -> None:
    """Its syntax begins with its own name, in HELP and in docs/protocol.md."""
    assert [row.syntax.split(" ")[0] for row in COMMANDS.values()] == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_played(command: str) -> None:
    """Somebody sends it in a playbook."""
    assert re.search(rf"^[\w.-]+> (?:@\S+ )?{command}\b", played(), re.MULTILINE | re.IGNORECASE)


@pytest.mark.parametrize("capability", sorted(CAPABILITIES))
def test_every_capability_is_played(capability: str) -> None:
    """Somebody negotiates it in a playbook."""
    asked = re.findall(r"^caps: (.*)$|^[\w.-]+> CAP REQ :?(.*)$", played(), re.MULTILINE)
    assert capability in {name for line in asked for part in line for name in part.split()}


@pytest.mark.parametrize(("code", "name"), tables().sent_numerics())
def test_every_numeric_is_played(code: str, name: str) -> None:
    """Somebody gets it in a playbook, or in the welcome that the runner itself looks at."""
    if code not in {"001", "002", "003", "004", "005"}:
        assert re.search(rf"^[\w.-]+< (?:@\S+ )?:chat\.test {code} ", played(), re.MULTILINE), name


def test_the_protocol_document_says_what_the_program_does() -> None:
    """The tables in docs/protocol.md are the program's; scripts/protocol_tables.py writes them."""
    document = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    assert tables().updated(document) == document
