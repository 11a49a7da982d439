"""Channels that nobody has used: how the server looks for them."""

from pathlib import Path

from tests.playbooks.runner import Playbook

PLAYED = """# Many channels are left at once
settings: channels_per_day=0
accounts: alice
login: alice
alice> JOIN #a,#b,#c
alice<?
queries: held
alice> JOIN 0
alice<?
"""


def test_one_query_at_a_time(tmp_path: Path) -> None:
    """However many channels are left at once, the store is asked for one of them, then for the next."""
    path = tmp_path / "left.irc"
    path.write_text(PLAYED)
    playbook = Playbook(path)
    with playbook.store:
        playbook._run(PLAYED.split("\n"))
        for left in (2, 1, 0):
            assert len(playbook.held) == 1
            playbook._line("queries: held")
            assert len(playbook.core.registry.channels) == left
        assert not playbook.held
