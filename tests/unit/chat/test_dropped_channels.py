"""What becomes of what people have read of a channel that is dropped."""

from pathlib import Path

from tests.playbooks.runner import Playbook

PLAYED = """# Two people have read a channel, and each other
accounts: alice bob
login: alice bob
alice> JOIN #dev,#ops
alice<?
bob> JOIN #dev
alice<?
bob<?
alice> MARKREAD #dev timestamp=2023-01-01T00:00:00.000Z
alice<?
alice> MARKREAD #ops timestamp=2023-01-01T00:00:00.000Z
alice<?
bob> MARKREAD #dev timestamp=2023-01-01T00:00:00.000Z
bob<?
bob> MARKREAD alice timestamp=2023-01-01T00:00:00.000Z
alice<?
bob<?
store: full
alice> PRIVMSG securechat :drop #dev #dev
alice<?
"""
AT = 1_672_531_200_000


def test_markers_go_with_the_channel(tmp_path: Path) -> None:
    """In memory and on disk, but not when a full disk refuses the drop; others stay."""
    path = tmp_path / "drop.irc"
    path.write_text(PLAYED)
    playbook = Playbook(path)
    with playbook.store:
        playbook._run(PLAYED.split("\n"))
        markers = playbook.core.registry.markers
        assert markers == playbook.store.load().markers == {1: {1: AT, 2: AT}, 2: {1: AT, -1: AT}}
        for line in ("store: ok", "alice> PRIVMSG securechat :drop #dev #dev"):
            playbook._line(line)
        assert markers == playbook.store.load().markers == {1: {2: AT}, 2: {-1: AT}}
