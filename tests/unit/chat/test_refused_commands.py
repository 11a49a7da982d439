"""What a full disk refuses: what of it goes on all the same."""

from pathlib import Path

from securechat.chat.effects import Effect, LoginFailed
from securechat.chat.jobs import Job
from tests.playbooks.runner import Playbook


class Listening(Playbook):
    """Notes the failed logins that would be in the log."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.failed: list[LoginFailed] = []

    def _perform(self, effect: Effect, jobs: list[Job]) -> None:
        if isinstance(effect, LoginFailed):
            self.failed.append(effect)
        super()._perform(effect, jobs)


PLAYED = """# A member tries an operator's powers while the audit log has no room
accounts: alice
login: alice
store: full
alice> OPER alice secret
alice! ok
alice< :chat.test FAIL OPER STORE_UNAVAILABLE alice :{any}
"""


def test_failed_login_is_logged(tmp_path: Path) -> None:
    """An attempt that failed is in the log, although the command that made it is refused."""
    path = tmp_path / "oper.irc"
    path.write_text(PLAYED)
    playbook = Listening(path)
    playbook.run()
    assert [(one.account, one.way, one.reason) for one in playbook.failed] == [
        ("alice", "OPER", "no administrator")
    ]
