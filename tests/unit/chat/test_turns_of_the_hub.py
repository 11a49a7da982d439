"""A core that is told that others have waited long enough goes on with everything in a later turn."""

from pathlib import Path

import pytest

from tests.playbooks.runner import Playbook

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"


class Impatient(Playbook):
    """A playbook whose core has no time left after anything that it does."""

    def _happens(self, item: object) -> None:
        self.core.late = lambda: True
        super()._happens(item)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", sorted(PLAYBOOKS.rglob("*.irc")), ids=lambda path: path.stem)
def test_a_transcript_does_not_depend_on_patience(path: Path) -> None:
    """Whatever comes in pieces, the lines are the same and in the same order."""
    Impatient(path).run()
