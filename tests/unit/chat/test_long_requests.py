"""What administrators ask for, and takes more than one turn of the hub."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.chat.effects import Answered, Effect
from securechat.chat.items import Administer, Disconnected
from securechat.chat.jobs import Job
from securechat.chat.requests import (
    Answer,
    Done,
    DropChannels,
    ListAudit,
    ListChannels,
    Refused,
    RemoveAccount,
    Request,
)
from securechat.chat.sanctions import AddBan, RemoveBan
from tests.playbooks.runner import Playbook


class Impatient(Playbook):
    """A playbook whose core does one step a turn, and whose store fills up after some of them."""

    turns = 1000

    def _happens(self, item: object) -> None:
        self.core.late = lambda: True
        self.turns -= 1
        if not self.turns:
            self.store.full = True
        super()._happens(item)  # type: ignore[arg-type]

    def _perform(self, effect: Effect, jobs: list[Job]) -> None:
        if isinstance(effect, Answered):
            self.raw.append(effect.answer)
        else:
            super()._perform(effect, jobs)

    def ask(self, request: Request) -> Answer:
        """Return the answer to an administrator's request."""
        self.raw: list[Answer] = []
        self._happens(Administer(1, request, "root", "here"))
        (answer,) = self.raw
        return answer


@pytest.fixture
def playbook() -> Iterator[Impatient]:
    """Alice, who founded three channels."""
    playbook = Impatient(Path("long"))
    with playbook.store:
        playbook.raw = []
        playbook._run(["# Alice", "accounts: alice", "login: alice", "alice> JOIN #a,#b,#c", "alice<?"])
        yield playbook


@pytest.mark.parametrize("request_", [RemoveAccount("alice", channels="drop"), DropChannels("#a,#b,#c")])
def test_what_found_no_room_is_refused_once(playbook: Impatient, request_: Request) -> None:
    """When a later step finds no room the request is refused, the log knows of it, and one can repeat it."""
    playbook.turns = 2
    answer = playbook.ask(request_)
    assert isinstance(answer, Refused) and answer.code == "STORE_UNAVAILABLE"
    assert 0 < len(playbook.core.registry.channels) < 3
    assert not playbook.core._consulted
    playbook.store.full = False
    log = playbook.ask(ListAudit())
    assert isinstance(log, Done) and [row["actor"] for row in log.rows] == ["administrator", "root"]
    assert isinstance(playbook.ask(request_), Done)
    assert not playbook.core.registry.channels


def test_of_two_administrators_one_stays() -> None:
    """Also when both are removed at the same time, in steps that take turns."""
    playbook = Impatient(Path("removals"))
    with playbook.store:
        playbook.raw = []
        playbook._run(["# Both", "admins: root boss", "login: root", "root> JOIN #a,#b", "root<?"])
        playbook.next.append(Administer(2, RemoveAccount("boss"), "root", "here"))
        playbook.raw = []
        playbook._happens(Administer(1, RemoveAccount("root"), "root", "here"))
        answers = [answer.code if isinstance(answer, Refused) else "" for answer in playbook.raw]
        assert answers == ["", "LAST_ADMIN"]
        assert playbook.ask(RemoveAccount("root", force=True)) == Done()


def test_a_ban_is_lifted_once(playbook: Impatient) -> None:
    """Whoever is slower than somebody else is told so; no operator reads of a ban of nobody."""
    assert isinstance(playbook.ask(AddBan("alice", "1h", "rest")), Done)
    playbook.raw = []
    playbook.next.append(Administer(2, RemoveBan("alice"), "boss", "here"))
    playbook._happens(Administer(1, RemoveBan("alice"), "root", "here"))
    answers = [answer.code if isinstance(answer, Refused) else len(answer.rows) for answer in playbook.raw]
    assert answers == [1, "BAN_UNKNOWN"]


def test_a_channel_that_is_dropped_meanwhile_is_not_listed(playbook: Impatient) -> None:
    """It would be listed without members, as it never was."""
    playbook.raw = []
    playbook.next.append(Administer(2, DropChannels("#c"), "boss", "here"))
    playbook._happens(Administer(1, ListChannels(), "root", "here"))
    (listed,) = [answer.rows for answer in playbook.raw if isinstance(answer, Done) and len(answer.rows) > 1]
    assert [(row["name"], row["members"]) for row in listed] == [("#a", 1), ("#b", 1)]


@pytest.mark.parametrize("at", [1, 3, 5, 7])
def test_a_ban_outlasts_its_author(at: int) -> None:
    """An operator who goes while a ban is being carried out: who is banned by then does not stay in."""

    class Leaving(Impatient):
        left = -1

        def _happens(self, item: object) -> None:
            self.left -= 1
            if not self.left:
                self.next.insert(0, Disconnected(self.links["root"], "gone"))
            super()._happens(item)

    playbook = Leaving(Path("ban"))
    with playbook.store:
        playbook.raw = []
        lines = [
            "# Gone",
            "accounts: bob carl",
            "admins: root",
            "login: root bob carl",
            "root> OPER root secret",
        ]
        playbook._run([*lines, "root! ok", "root<?"])
        playbook.left = at
        playbook._send("root", b"UBAN ADD bob 1h :bye")
        core = playbook.core
        names = {session.account.name for session in core.sessions.values() if session.account is not None}
        assert names == ({"carl"} if len(core.registry.bans) else {"bob", "carl"})
