"""Every playbook is a test; see `runner` for how they are written."""

from pathlib import Path

import pytest

from tests.playbooks.runner import Playbook

HERE = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(HERE.glob("**/*.irc")), ids=lambda path: str(path.relative_to(HERE)))
def test_playbook(path: Path) -> None:
    """The transcript is what happens, to the line."""
    Playbook(path).run()
