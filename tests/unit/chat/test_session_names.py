"""What is remembered of the names of sessions."""

from pathlib import Path

from securechat.chat.limits import REMEMBERED_NAMES
from tests.playbooks.runner import Playbook


def test_the_names_of_an_account_are_bounded() -> None:
    """The name that was away for longest is forgotten, in the store as well; a name that is here is not."""
    play = Playbook(Path("names"))
    with play.store:
        play._do_accounts("alice")
        for number in range(REMEMBERED_NAMES + 3):
            name = f"s{number}"
            play._do_connect(name)
            play._send(name, f"PASS alice@{name}:secret".encode())
            play._password_done(name, "ok")
            for line in ("NICK alice", "USER a 0 * :A", "PING here"):
                play._send(name, line.encode())
            assert play.links[name].lines[-1].endswith(":here")
            for link in play.links.values():
                link.lines.clear()
            if number:  # the first one stays
                play._step(name, ".", "gone")
        account = play.core.registry.account("alice")
        assert account is not None
        kept = {"s0", *(f"s{number}" for number in range(4, REMEMBERED_NAMES + 3))}
        assert {name for name, _ in account.known_positions()} == kept
        (stored,) = play.store.load().accounts
        assert set(stored.positions) == kept
