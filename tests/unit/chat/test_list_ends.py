"""Bans and mutes of a channel end by the wall clock, as far as that can be believed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.playbooks.runner import Playbook

HOUR = 3_600_000


@pytest.fixture
def playbook() -> Iterator[Playbook]:
    """Alice, who has muted Bob for an hour in a channel of hers."""
    playbook = Playbook(Path("ends"))
    with playbook.store:
        playbook._run(
            [
                "# Ends",
                "accounts: alice bob",
                "login: alice",
                "alice> JOIN #a",
                "alice<?",
                "alice> PRIVMSG securechat :mute #a bob 1h",
                "alice<?",
            ]
        )
        yield playbook


def masks(playbook: Playbook) -> list[str]:
    """Return what is on the list of the channel, after a tick."""
    playbook._run(["# Ends", "+1s", "alice<?"])
    channel = playbook.core.registry.channel("#a")
    assert channel is not None
    return list(channel.lists["b"])


def test_a_clock_that_was_set_ahead_frees_nobody(playbook: Playbook) -> None:
    """What was on the list before the jump stays, and what is put there after it ends in time."""
    jumped = playbook.core.now.wall + 365 * 24 * HOUR
    playbook.core.steady_since = lambda: jumped
    playbook._run(["# Ends", "clock +365d"])
    assert masks(playbook) == ["$m:$a:bob"]
    playbook._run(["# Ends", "alice> PRIVMSG securechat :mute #a carol*!*@* 30m", "alice<?"])
    playbook._run(["# Ends", "clock +1h", "alice<?"])
    assert masks(playbook) == ["$m:$a:bob"]
    playbook.core.steady_since = lambda: 0
    assert masks(playbook) == []


def test_many_entries_end_in_more_than_one_turn(playbook: Playbook) -> None:
    """All of them go, and everybody in the channel sees each of them go."""
    for start in range(0, 90, 10):
        names = ",".join(f"x{number}!*@*" for number in range(start, start + 10))
        playbook._run(["# Ends", f"alice> PRIVMSG securechat :ban #a {names} 10m", "alice<?"])
    assert len(masks(playbook)) == 91
    playbook._run(["# Ends", "clock +2h", "alice<?"])
    assert masks(playbook) == []
