"""LIST of more channels than one piece holds."""

from pathlib import Path

import pytest

from tests.playbooks.runner import Playbook

CHANNELS = 120


@pytest.mark.parametrize("caps", ["", "labeled-response batch"])
def test_a_long_list_comes_whole_and_before_the_next_answer(caps: str) -> None:
    """Every channel once, one end, and then the reply to the next command."""
    play = Playbook(Path("lists"))
    with play.store:
        play._do_settings("flood=false channels_per_account=0 channels_per_day=0")
        play._do_accounts("alice")
        play._do_caps(caps)
        play._do_login("alice")
        link = play.links["alice"]
        for number in range(0, CHANNELS, 4):
            names = ",".join(f"#room{number + one}" for one in range(4))
            play._send("alice", f"JOIN {names}".encode())
        link.lines.clear()
        play._send("alice", b"@label=x LIST\r\nPING after")
        lines = link.lines
        assert len({line for line in lines if " 322 " in line}) == CHANNELS
        assert sum(" 323 " in line for line in lines) == 1
        assert lines[-1].endswith(" PONG chat.test :after")
        if caps:
            assert lines[0] == "@label=x :chat.test BATCH +1 labeled-response"
            assert lines[-2] == ":chat.test BATCH -1"
