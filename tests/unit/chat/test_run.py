"""Lines like the last one: what follows from them is what follows when nothing is noted of the last one."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from securechat.chat import core
from securechat.chat.clock import Now
from securechat.chat.commands.dispatch import dispatch
from securechat.chat.items import Administer, Received
from securechat.chat.outcome import Outcome
from securechat.chat.people import RenameAccount
from securechat.chat.records import MessageSent, Record
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.chat.wordfilter import WordFilter
from securechat.irc.message import Message
from tests.support.world import EVERY_CAP, Crowd, World, called, channel_name, nick

CAPS = (EVERY_CAP, (), ("echo-message",), ("server-time", "message-tags"))
HERE, THERE = channel_name(0), channel_name(1)
MOST = 512 - len(f":{nick(0)}!{nick(0)}@chat.example.org PRIVMSG {HERE} :\r\n")
LIKE = [f"PRIVMSG {HERE} :hello"] * 3
MODES = (
    f"MODE {HERE} +m",
    f"MODE {HERE} +U",
    f"MODE {HERE} +W 5",
    f"MODE {HERE} +c",
    f"MODE {HERE} +b *!*@*",
)
BACK = [f"MODE {HERE} -mUWc", f"MODE {HERE} -b *!*@*"]
LINES = (
    *LIKE,
    *LIKE,
    f"PRIVMSG {HERE} word",
    f"PRIVMSG {HERE} :a b",
    f"PRIVMSG {HERE} :\x02bold",
    f"PRIVMSG {HERE} :one more",
    f"PRIVMSG {HERE} :one parameter :too many",
    f"PRIVMSG {HERE.upper()} :loud",
    f"PRIVMSG {HERE} :{'x' * MOST}",
    f"PRIVMSG {HERE} :{'x' * (MOST + 1)}",
    f"PRIVMSG {HERE} :{'ä' * (MOST // 2)}",
    f"PRIVMSG {HERE} :{'ä' * (MOST // 2 + 1)}",
    f"PRIVMSG {HERE} :",
    f"PRIVMSG {HERE}",
    f"PRIVMSG {THERE} :elsewhere",
    f"PRIVMSG {HERE},{THERE} :both",
    f"PRIVMSG @{HERE} :to some",
    f"PRIVMSG {nick(1)} :to one",
    "PRIVMSG #nowhere :is anybody there",
    f"NOTICE {HERE} :hear",
    f"NOTICE {HERE} :hear more",
    f"@label=7 PRIVMSG {HERE} :labelled",
    f"@+typing=done PRIVMSG {HERE} :tagged",
    f"@+draft/react=x TAGMSG {HERE}",
    f"@+some/tag=1 TAGMSG {HERE}",
    f"TAGMSG {HERE} :a text that no such message has",
    f"PRIVMSG {HERE},securechat :mode {HERE} +m",
    *MODES,
    f"TOPIC {HERE} :news",
    "AWAY :gone",
    "AWAY",
    "PING x",
    "NONSENSE",
)


def world(caps: tuple[str, ...], kind: str = "") -> World:
    """Some people in two channels; the first one is their founder, and may be an operator or a bot."""
    made = World(Crowd(accounts=4, channels=2, members=4, sessions=1, own=2, masks=0))
    if kind != "filtered":
        made.core.settings = replace(made.core.settings, words=WordFilter())
    for account, theirs in enumerate((caps, *CAPS[1:])):
        made.log_in(called(account), account, theirs)
    session = made.core.sessions[made.peers[called(0)]]
    assert session.account is not None
    if kind == "operator":
        session.operator = session.account
    if kind == "bot":
        made.core.registry.set_role(session.account, "bot")
    return made


def said(
    to: World, by: int, lines: list[str], *, together: bool, full: bool = False
) -> tuple[list[Record], dict[str, bytes]]:
    """Let somebody say lines in one turn; return what is stored of that, and what everybody gets.

    When they are not said together, nothing is noted of one for the next. The disk may be full.
    """
    peer = to.peers[called(by)]
    messages = peer.framer.feed("".join(f"{line}\r\n" for line in lines).encode())
    for item in [messages] if together else [[message] for message in messages]:
        if not together:
            to.core.sessions[peer].again = None
        to.core.handle(Received(peer, item), to.now)
    outcomes: list[Outcome] = to.core.take()
    if full:
        to.core.revert(outcomes, "The disk is full")
    for effect in [effect for outcome in outcomes for effect in outcome.effects]:
        to._perform(effect, [])
    to.delivery.flush()
    got = {name: b"".join(link.sendq) for name, link in to.peers.items()}
    for link in to.peers.values():
        link.sendq.clear()
        link.written = link.appended
    return [record for outcome in outcomes for record in outcome.records], got


@pytest.mark.parametrize("kind", ["", "filtered", "operator", "bot"])
@pytest.mark.parametrize("by", [0, 1])
@pytest.mark.parametrize("caps", CAPS, ids=len)
def test_together_is_like_one_by_one(caps: tuple[str, ...], by: int, kind: str) -> None:
    """For lines of every kind in every order, of a founder and of a member."""
    chance = random.Random(f"{len(caps)} {by}")
    one, other = world(caps, kind), world(caps, kind)
    for _ in range(60):
        before = BACK if chance.random() < 0.7 else [chance.choice(MODES)]
        assert said(one, 0, before, together=True) == said(other, 0, before, together=False)
        lines = chance.choices(LINES, k=chance.randrange(1, 30))
        assert said(one, by, lines, together=True) == said(other, by, lines, together=False)


def _silence(to: World) -> None:
    said(to, 0, [f"PRIVMSG securechat :channel ban {HERE} {nick(1)}"], together=True)


def _filter(to: World) -> None:
    to.core.reconfigure(replace(to.core.settings, words=WordFilter(["refuse *hello*"])))


def _operate(to: World) -> None:
    session = to.core.sessions[to.peers[called(1)]]
    session.operator = to.core.registry.accounts[1]


def _rename_account(to: World) -> None:
    to.core.handle(Administer(1, RenameAccount(nick(1), "other"), "root", "console"), to.now)


def _says(by: int, *lines: str) -> Callable[[World], None]:
    return lambda to: void(said(to, by, list(lines), together=True))


def void(_: object) -> None: ...


CHANGES: Mapping[str, Callable[[World], None]] = {
    "nothing": lambda to: None,
    "ban": _silence,
    "filter": _filter,
    "operator": _operate,
    "account renamed": _rename_account,
    "bot": lambda to: to.core.registry.set_role(to.core.registry.accounts[2], "bot"),
    **{mode.split()[2] + mode.split()[-1][:1]: _says(0, mode) for mode in MODES},
    "kicked": _says(0, f"KICK {HERE} {nick(1)}"),
    "kicked, from outside": _says(0, f"MODE {HERE} -n", f"KICK {HERE} {nick(1)}"),
    "kicked, and back": _says(0, f"KICK {HERE} {nick(1)}", f"INVITE {nick(1)} {HERE}"),
    "left": _says(1, f"PART {HERE}"),
    "left, and back": _says(1, f"PART {HERE}", f"JOIN {HERE}"),
    "elsewhere": _says(1, f"PRIVMSG {THERE} :elsewhere"),
    "echo": _says(1, "CAP REQ echo-message"),
    "no echo": _says(1, "CAP REQ -echo-message"),
    "tags": _says(2, "CAP REQ :message-tags server-time"),
    "another came": _says(3, f"PART {HERE}"),
    "called otherwise": _says(0, f"RENAME {HERE} {THERE[:-2]}aa"),
    "spelled otherwise": _says(0, f"RENAME {HERE} {HERE.upper()}"),
    "dropped": _says(0, f"PRIVMSG securechat :channel drop {HERE} {HERE}"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("caps", CAPS, ids=len)
def test_what_has_changed_since_counts(caps: tuple[str, ...], change: str) -> None:
    """Turns later, a line like the last one is what it is without a last one."""
    one, other = world(()), world(())
    for to, together in ((one, True), (other, False)):
        said(to, 1, [f"CAP REQ :{cap}" for cap in caps], together=True)
        assert said(to, 1, LIKE, together=together)[0], "they may speak"
        to.now = Now(to.now.wall + 500, to.now.mono + 0.5)
        CHANGES[change](to)
        to.core.take()
    assert said(one, 1, LIKE, together=True) == said(other, 1, LIKE, together=False)
    assert said(one, 1, LIKE, together=True) == said(other, 1, LIKE, together=False)


@pytest.mark.parametrize("caps", [EVERY_CAP, ("message-tags",)], ids=len)
def test_a_message_of_tags_alone_begins_no_run(caps: tuple[str, ...]) -> None:
    """One without tags says nothing, also behind one that has some and whatever else it holds."""
    one, other = world(caps), world(caps)
    lines = [f"@+some/tag=1 TAGMSG {HERE}", f"TAGMSG {HERE} :a text that no such message has"]
    stored, got = said(one, 0, lines, together=True)
    assert (stored, got) == said(other, 0, lines, together=False)
    assert len(stored) == 1


@pytest.mark.parametrize("caps", CAPS, ids=len)
def test_from_outside(caps: tuple[str, ...]) -> None:
    """Who is not in the channel speaks in it, and hears nobody but their own echo."""
    one, other = world(caps), world(caps)
    for each in (one, other):
        said(each, 0, [f"MODE {HERE} -n", f"PART {HERE}"], together=True)
    assert said(one, 0, LIKE, together=True) == said(other, 0, LIKE, together=False)


@pytest.mark.parametrize("caps", CAPS, ids=len)
def test_what_holds_for_all_of_them_is_asked_once(
    caps: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the first of some lines to one channel goes through the table of commands."""
    people = world(caps)
    asked: list[Message] = []

    def counted(table: Mapping[str, Command], ctx: Context) -> None:
        asked.append(ctx.message)
        dispatch(table, ctx)

    monkeypatch.setattr(core, "dispatch", counted)
    records, _ = said(people, 0, LIKE * 4, together=True)
    assert [type(record) for record in records] == [MessageSent] * 12
    said(people, 0, LIKE, together=True)
    assert len(asked) == 1, "also in a later turn"


def test_who_runs_out_of_room_is_refused_from_there_on() -> None:
    """The account pays for each line, and what it cannot pay for is said to nobody."""
    one, other = world(()), world(())
    for each in (one, other):
        each.core.settings = replace(
            each.core.settings, shares={**each.core.settings.shares, "stored_per_day": 1}
        )
    lines = [f"PRIVMSG {HERE} :{'x' * MOST}"] * 1500
    stored, got = said(one, 1, lines, together=True)
    assert (stored, got) == said(other, 1, lines, together=False)
    assert 0 < len(stored) < len(lines)
    assert b"LIMIT_REACHED" in got[called(1)]


@pytest.mark.parametrize("caps", CAPS, ids=len)
def test_a_full_disk_refuses_each_of_them(caps: tuple[str, ...]) -> None:
    """Each line has its own refusal, nobody hears any of them, and it is as if they had not been said."""
    one, other = world(caps), world(caps)
    stored, got = said(one, 0, LIKE, together=True, full=True)
    assert (stored, got) == said(other, 0, LIKE, together=False, full=True)
    assert stored == []
    assert got[called(0)].count(b"FAIL PRIVMSG STORE_UNAVAILABLE") == len(LIKE)
    assert not [name for name, data in got.items() if data and name != called(0)]
    channel = one.core.registry.channel(HERE)
    assert channel is not None and channel.said == 0
    assert said(one, 0, LIKE, together=True) == said(other, 0, LIKE, together=False)
