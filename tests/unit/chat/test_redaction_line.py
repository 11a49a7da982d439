"""Who a redaction in history comes from."""

from securechat.chat.lines.announcements.messages import redaction_line
from securechat.chat.ports import Snapshot
from securechat.chat.records import StoredAccount
from securechat.chat.state.registry import Registry
from tests.contracts.facts import ALICE, message


def test_a_redaction_by_an_erased_account_comes_from_the_server() -> None:
    """It does not look as if the author had taken the message back."""
    alice = StoredAccount(ALICE, "alice", None, "member", False, 1, None, {})
    registry = Registry("chat.test", Snapshot([alice], [], frozenset(), 900))
    left = message(5)._replace(text="", redacted=60, redacted_id=900)
    line = redaction_line(registry, left)
    assert (line.source, line.account) == ("chat.test", None)
    line = redaction_line(registry, left._replace(redacted_by=ALICE))
    assert (line.source, line.account) == ("alice!alice@chat.test", "alice")
