"""Hashes that administrators' commands bring: the program that made them may have had other parameters."""

from securechat.chat.clock import Now
from securechat.chat.core import Core
from securechat.chat.effects import HashAdded
from securechat.chat.items import Administer
from securechat.chat.ports import Snapshot
from securechat.chat.requests import AddAccount, DisableAccount, Request, SetPassword
from securechat.chat.settings import Settings

NOW = Now(1_700_000_000_000, 10.0)


def added(core: Core, request: Request) -> list[str]:
    """Do what is asked; return the hashes that are told."""
    core.handle(Administer(1, request), NOW)
    effects = [effect for outcome in core.take() for effect in outcome.effects]
    return [effect.phc for effect in effects if isinstance(effect, HashAdded)]


def test_a_new_hash_is_told() -> None:
    """Of a new account and of a new password, and of nothing else."""
    core = Core(Settings("chat.test", "Net", "1", autojoin=()), Snapshot((), (), frozenset(), 0))
    assert added(core, AddAccount("alice", "$one$")) == ["$one$"]
    assert added(core, AddAccount("alice", "$two$")) == [], "the account is there already"
    assert added(core, SetPassword("alice", "$three$")) == ["$three$"]
    assert added(core, DisableAccount("alice")) == []
    assert "$three$" not in repr(HashAdded("$three$"))
