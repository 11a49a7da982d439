"""A turn of the hub whose records find no room, in which people came, went and were changed besides."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from securechat.chat.effects import Renamed
from securechat.chat.items import Administer, Disconnected, Item, JobDone, Received, Tick
from securechat.chat.jobs import PasswordChecked
from securechat.chat.people import RenameAccount, SetRole
from securechat.chat.requests import AddAccount, AddDevice, DisableAccount, EnableAccount
from securechat.chat.sanctions import AddBan, RemoveBan
from tests.playbooks.runner import Playbook


class Turns(Playbook):
    """A playbook in which several items come in one turn."""

    def together(self, *items: Item) -> None:
        """Let all of this happen in one turn."""
        *first, last = items
        for item in first:
            self.core.handle(item, self.now)
        self._happens(last)

    def line(self, name: str, *texts: str) -> Received:
        data = "".join([f"{text}\r\n" for text in texts]).encode()
        return Received(self.links[name], self.framers[name].feed(data))

    def comes(self, name: str) -> Received:
        """The lines with which the device of alice's that `name` is connected from logs in at once."""
        words = ("AUTHENTICATE EXTERNAL", "AUTHENTICATE +", "NICK alice", "USER a 0 * :A", "CAP END")
        return self.line(name, "CAP REQ sasl", *words)


@pytest.fixture(params=["account", "free"])
def turns(request: pytest.FixtureRequest) -> Iterator[Turns]:
    """Alice and an operator."""
    turns = Turns(Path("turns"))
    with turns.store:
        turns._do_settings(f"nicknames={request.param}")
        turns._do_accounts("alice")
        turns._do_admins("root")
        for name in ("alice", "root"):
            turns._do_login(name)
        turns._send("root", b"OPER root secret")
        turns._happens(JobDone(turns.jobs.pop("root"), PasswordChecked(True)))
        turns._happens(Administer(0, AddDevice("alice", "laptop", sha256(b"key").hexdigest())))
        yield turns


@pytest.mark.parametrize("name", ["alicia", "ALICE"])
def test_who_goes_while_renamed(turns: Turns, name: str) -> None:
    """The account has its old name, which nobody is called any more."""
    turns.store.full = True
    turns.together(
        Administer(0, RenameAccount("alice", name)), Disconnected(turns.links.pop("alice"), "gone")
    )
    turns.store.full = False
    turns._do_login("alice")
    assert [user.nick for user in turns.core.registry.users.values()].count("alice") == 1


def test_who_goes_while_called_otherwise(turns: Turns) -> None:
    """The same for SANICK."""
    turns.store.full = True
    turns.together(turns.line("root", "SANICK alice ALICE"), Disconnected(turns.links.pop("alice"), "gone"))
    turns.store.full = False
    turns._do_login("alice")
    assert turns.core.registry.user("alice") is not None


def test_who_goes_while_made_a_bot(turns: Turns) -> None:
    """Nobody who is gone counts as invisible."""
    turns._send("alice", b"MODE alice +i")
    turns.store.full = True
    turns.together(Administer(0, SetRole("alice", "bot")), Disconnected(turns.links.pop("alice"), "gone"))
    assert turns.core.registry.invisible == 0


def test_an_operator_who_goes_while_the_role_is_taken(turns: Turns) -> None:
    """Who is gone is no operator."""
    turns.store.full = True
    turns.together(
        Administer(0, SetRole("root", "member", force=True)), Disconnected(turns.links.pop("root"), "gone")
    )
    assert not turns.core.operators


def test_the_server_learns_of_a_name_that_is_stored(turns: Turns) -> None:
    """What tells of accounts (`top`) calls one as it is called."""
    turns.core.handle(Administer(0, RenameAccount("alice", "alicia")), turns.now)
    outcomes = turns.core.take()
    assert Renamed(1, "alicia") in [effect for outcome in outcomes for effect in outcome.effects]
    turns.core.revert(outcomes, "no room")
    assert not [effect for outcome in outcomes for effect in outcome.effects if isinstance(effect, Renamed)]


def test_who_comes_while_renamed(turns: Turns) -> None:
    """A device that logs in at this moment comes in under the old name."""
    turns._happens(Disconnected(turns.links.pop("alice"), "gone"))
    turns._do_device("a key")
    turns.store.full = True
    turns.together(Administer(0, RenameAccount("alice", "alicia")), turns.comes("a"))
    (user,) = turns.core.registry.users_of(turns.core.registry.accounts[1])
    assert (user.nick, user.source) == ("alice", "alice!alice@chat.test")


def test_who_comes_while_enabled(turns: Turns) -> None:
    """An account that is disabled after all has no session."""
    turns._happens(Administer(0, DisableAccount("alice")))
    turns._do_device("a key")
    turns.store.full = True
    turns.together(Administer(0, EnableAccount("alice")), turns.comes("a"))
    turns._happens(Tick())
    assert turns.links["a"].closed


@pytest.mark.parametrize("target", ["alice", "alice!*@*"])
def test_who_comes_while_unbanned(turns: Turns, target: str) -> None:
    """A ban that holds after all keeps out who came in just then."""
    turns._happens(Administer(0, AddBan(target)))
    turns._do_device("a key")
    turns.store.full = True
    turns.together(Administer(0, RemoveBan(target)), turns.comes("a"))
    turns._happens(Tick())
    assert turns.links["a"].closed


def test_a_login_to_an_account_that_is_not_stored(turns: Turns) -> None:
    """The password was right, but there is no such account after all."""
    turns._do_connect("new")
    turns.store.full = True
    turns.together(Administer(0, AddAccount("newcomer", "$n$")), turns.line("new", "PASS newcomer:secret"))
    turns.store.full = False
    turns._happens(Administer(0, AddAccount("other", "$o$")))
    turns._happens(JobDone(turns.jobs.pop("new"), PasswordChecked(True)))
    assert any(" 464 " in line for line in turns.links["new"].lines)
