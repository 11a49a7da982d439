"""What an account keeps of channels is shown in pieces, between which channels can go."""

from securechat.chat.lines.metadata import own
from securechat.chat.membership import Membership
from securechat.chat.ports import Snapshot
from securechat.chat.records import (
    ChannelDropped,
    MetadataForgotten,
    Personal,
    StoredAccount,
    StoredChannel,
    Topic,
)
from securechat.chat.state import applying
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import Session
from tests.playbooks.runner import FakeLink

KEYS = ("soju.im/muted", "soju.im/pinned")
ALICE = StoredAccount(1, "alice", "$p$", "member", False, 1, None, {})


def test_channels_that_go_meanwhile() -> None:
    """A channel that goes between two lines is not looked for, whether its first line was shown or not."""
    channels = [
        StoredChannel(key, name, 1, 5, Topic("", "", 0), {1: Membership(5, 4, "q")}, {"n": ""}, {})
        for key, name in ((1, "#dev"), (2, "#ops"), (3, "#end"))
    ]
    kept = {1: {key: dict.fromkeys(KEYS, "1") for key in (1, 2, 3)}}
    registry = Registry("chat.test", Snapshot([ALICE], channels, frozenset(), 0, personal=kept))
    session = Session(1, FakeLink("alice"), "192.0.2.7")
    session.account = registry.accounts[1]
    lines = own(registry, session, KEYS, 9)
    shown = [next(lines)]
    for gone in (1, 2):
        values = tuple(Personal(1, gone, key, "1") for key in KEYS)
        applying.apply(registry, MetadataForgotten(gone, (), values))
        applying.apply(registry, ChannelDropped(9, gone, 9, "over", registry.channels[gone].stored()))
    shown += lines
    assert [line.params[1] for line in shown] == ["#dev", "#dev", "#end", "#end"]
